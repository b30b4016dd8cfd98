# Step 5: what 05-names/names shows.
load steps

# The cell of the table that names prints: the row of this socket, the column (3 is its
# own name, 4 its peer's).
cell() {
    awk -v row="$1" -v column="$2" '$1 == row { print $column }' <<<"$output"
}

@test "port 0 becomes a real port" {
    run -0 limited "$step5"
    has "$output" 'bind(3, 127.0.0.1:0, 16) = 0'
    local name
    name=$(cell listener 3)
    equals "${name%:*}" 127.0.0.1
    [ "${name#*:}" -ge 1 ] && [ "${name#*:}" -le 65535 ]
    has "$output" "getsockname(3, $name, [16]) = 0"
    has "$output" "connect(4, $name, 16) = 0"
}

@test "client and accepted socket mirror each other" {
    run -0 limited "$step5"
    equals "$(cell client 3)" "$(cell accepted 4)"
    equals "$(cell client 4)" "$(cell accepted 3)"
    equals "$(cell client 4)" "$(cell listener 3)"
    has "$output" "accept(3, $(cell client 3), [16]) = 5"
    equals "$(cell listener 2) $(cell client 2) $(cell accepted 2)" '3 4 5'
    has "$output" 'Client and accepted socket mirror each other'
}

@test "the listener has no peer: ENOTCONN, and that is no failure" {
    run -0 --separate-stderr limited "$step5"
    has "$output" 'getpeername(3, ?, [16]) = -1 ENOTCONN'
    equals "$(cell listener 4)" none
    equals "$stderr" ''
}

@test "connect succeeds before accept is called" {
    run -0 limited "$step5"
    equals "$(sed -n 's/^\([a-z]*\)(.*/\1/p' <<<"$output" | tr '\n' ' ')" \
        'socket setsockopt bind listen getsockname getpeername socket connect accept getsockname getpeername getsockname getpeername close close close '
}

@test "bound to 0.0.0.0, the accepted socket's own address is the specific one" {
    run -0 limited "$step5" 0.0.0.0
    equals "$(cell listener 3)" "0.0.0.0:$(cell client 4 | sed 's/.*://')"
    equals "$(cell accepted 3)" "127.0.0.1:$(cell listener 3 | sed 's/.*://')"
    has "$output" "connect(4, $(cell accepted 3), 16) = 0"
    has "$output" 'Client and accepted socket mirror each other'
}

@test "an address and a port can be chosen, again and again at once" {
    local i
    for i in 1 2 3; do
        run -0 limited "$step5" "$address" "$port"
        equals "$(cell listener 3)" "$address:$port"
        equals "$(cell client 4)" "$address:$port"
    done
}

@test "when another client is faster, the table shows it and the program says so" {
    FORCE='connect=stop' start names "$root/tests/build/forced-names" "$address" "$port"
    local names=$pid
    wait_until_stopped "$names"
    start_with_input faster "$peer" connect "$address" "$port" say connected hold
    wait_for faster.out connected
    kill -CONT "$names"
    wait_for_end "$names"
    equals "$status" 0
    has names.out 'They do not mirror each other: another client was faster than ours.'
}

@test "an address that is not this machine's: EADDRNOTAVAIL" {
    run -1 limited "$step5" 192.0.2.1
    has "$output" 'bind(3, 192.0.2.1:0, 16) = -1 EADDRNOTAVAIL'
    has "$output" 'close(3) = 0'
}

@test "a port in use: EADDRINUSE" {
    start_server server
    run -1 limited "$step5" "$address" "$port"
    has "$output" "bind(3, $address:$port, 16) = -1 EADDRINUSE"
}

@test "all three sockets are closed, the last opened first" {
    run -0 limited "$step5"
    equals "$(grep '^close' <<<"$output" | tr '\n' ' ')" 'close(5) = 0 close(4) = 0 close(3) = 0 '
}
