# Step 3: what 03-bind/bind shows.
load steps

@test "bind succeeds, and the address is held until standard input ends" {
    start_with_input holder "$step3" "$address" "$port"
    wait_for holder.out '... the address is held'
    has holder.out "bind(3, $address:$port, 16) = 0"
    has_not holder.out 'close(3)'
    end_input
    wait_for_end "$pid"
    equals "$status" 0
    has holder.out 'close(3) = 0'
}

@test "Enter ends it, and nothing else that is typed" {
    start_with_input holder "$step3" "$address" "$port"
    wait_for holder.out '... the address is held'
    printf 'not yet' >&9
    # It is still there: nobody else can have the address.
    run -1 limited "$step3" "$address" "$port"
    echo >&9
    wait_for_end "$pid"
    equals "$status" 0
    has holder.out 'close(3) = 0'
}

@test "a second bind of the address gets EADDRINUSE; once the first has ended, it succeeds" {
    start_with_input holder "$step3" "$address" "$port"
    wait_for holder.out '... the address is held'
    run -1 limited "$step3" "$address" "$port"
    has "$output" "bind(3, $address:$port, 16) = -1 EADDRINUSE (Address already in use)"
    has "$output" 'close(3) = 0'
    has "$output" 'bind: bind: Address already in use'
    end_input
    wait_for_end "$pid"
    run -0 limited "$step3" "$address" "$port"
    has "$output" "bind(3, $address:$port, 16) = 0"
}

@test "a killed holder leaves the address free at once" {
    start_with_input holder "$step3" "$address" "$port"
    wait_for holder.out '... the address is held'
    kill -KILL "$pid"
    wait_for_end "$pid"
    run -0 limited "$step3" "$address" "$port"
}

@test "Ctrl-C ends it at once" {
    start_with_input holder "$step3" "$address" "$port"
    wait_for holder.out '... the address is held'
    kill -INT "$pid"
    wait_for_end "$pid"
    equals "$status" 130
}

@test "connecting to a bound address that nobody listens on is refused" {
    start_with_input holder "$step3" "$address" "$port"
    wait_for holder.out '... the address is held'
    run -1 limited "$step2" "$address" "$port"
    has "$output" "connect(3, $address:$port, 16) = -1 ECONNREFUSED"
}

@test "0.0.0.0 takes the port of every address, and every address the port of 0.0.0.0" {
    any_port
    start_with_input holder "$step3" 0.0.0.0 "$port"
    wait_for holder.out '... the address is held'
    run -1 limited "$step3" 127.0.0.1 "$port"
    has "$output" "bind(3, 127.0.0.1:$port, 16) = -1 EADDRINUSE"
    end_input
    wait_for_end "$pid"

    rm holder.in
    start_with_input holder "$step3" 127.0.0.1 "$port"
    wait_for holder.out '... the address is held'
    run -1 limited "$step3" 0.0.0.0 "$port"
    has "$output" "bind(3, 0.0.0.0:$port, 16) = -1 EADDRINUSE"
}

@test "the same port can be had on two addresses of this machine" {
    [ "$(uname)" = Linux ] || skip "only Linux has all of 127.0.0.0/8"
    start_with_input holder "$step3" "$address" "$port"
    wait_for holder.out '... the address is held'
    run -0 limited "$step3" "127.254.${address#127.*.}" "$port"
}

@test "port 0 is allowed, and the program says that it does not know which port it got" {
    run -0 limited "$step3" "$address" 0
    has "$output" "bind(3, $address:0, 16) = 0"
    has "$output" 'but bind does not'
    has_not "$output" 'The address is taken'
}

@test "two holders of port 0 do not disturb each other" {
    start_with_input holder "$step3" "$address" 0
    wait_for holder.out '... the address is held'
    run -0 limited "$step3" "$address" 0
}

@test "an address that is not this machine's: EADDRNOTAVAIL" {
    # 192.0.2.0/24 is for examples (RFC 5737): no machine should have it, nothing is sent.
    run -1 limited "$step3" 192.0.2.1 "$port"
    has "$output" "bind(3, 192.0.2.1:$port, 16) = -1 EADDRNOTAVAIL"
}

@test "a port below 1024 without the rights of root: EACCES" {
    # In a network of its own: there, ports below 1024 are root's, whatever this machine does.
    needs_namespace
    [ "$(id -u)" -ne 0 ] || needs_setpriv
    local drop=(setpriv --bounding-set -net_bind_service)
    run -1 limited "${in_namespace[@]}" "${drop[@]}" "$step3" 0.0.0.0 1023
    has "$output" 'bind(3, 0.0.0.0:1023, 16) = -1 EACCES'
    run -0 limited "${in_namespace[@]}" "${drop[@]}" "$step3" 0.0.0.0 1024
}
