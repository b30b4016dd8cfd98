# Exercise 14: deadline ADDRESS PORT MS.
load ../../tests/check

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return
    { head -c 1048575 /dev/zero | tr '\0' x && echo; } >longest
}

# Runs the program, which must be too late: status 3, no output, between MS and MS + 200 ms
# after its start. Takes its arguments. On a busy machine it may be later, by no fault of its
# own: three times is none.
is_too_late() {
    local try limit=$3
    for try in 1 2 3; do
        run_program "$@"
        exits 3
        prints_nothing
        if [ "$lasted_ms" -ge "$limit" ] && [ "$lasted_ms" -le $((limit + 200)) ]; then
            return
        fi
        [ "$lasted_ms" -ge "$limit" ] || break
    done
    fail "its end between $limit and $((limit + 200)) ms after its start" "$lasted_ms ms${try:+, at try $try}"
}

@test "prints the line that it gets" {
    read_first 'poll(2); clock_gettime(2)'
    serve accept send 'hello\n' close
    run_program 127.0.0.1 "$port" 3000
    exits 0
    prints 'hello\n'
}

@test "ends at the newline, and does not wait for more" {
    likely 'The line is complete at its newline: what comes behind it, and when the peer closes, is of no interest.'
    serve accept send 'hello\nmore\nand' pause 60000
    run_program 127.0.0.1 "$port" 500
    exits 0
    prints 'hello\n'
}

@test "the line may come in pieces" {
    likely 'One read(2) gives what has come until now. Read on until the newline.'
    serve accept drip 'hello\n' pause 60000
    run_program 127.0.0.1 "$port" 2000
    exits 0
    prints 'hello\n'
}

@test "prints bytes of any value as they came" {
    likely 'The line is no string: it may hold a NUL.'
    serve accept send 'a\0b\xff\r\n' pause 60000
    run_program 127.0.0.1 "$port" 2000
    exits 0
    prints 'a\0b\377\r\n'
}

@test "takes a line of 1 MiB" {
    likely 'The line may have 1048576 bytes.'
    serve accept send-file "$BATS_FILE_TMPDIR/longest" pause 60000
    run_program 127.0.0.1 "$port" 4000
    exits 0
    prints_file "$BATS_FILE_TMPDIR/longest"
}

@test "a last line without a newline counts, also an empty one" {
    likely 'At the end of file, what has come is the line.'
    serve accept send 'hello' close
    run_program 127.0.0.1 "$port" 3000
    exits 0
    prints 'hello'
    serve accept close
    run_program 127.0.0.1 "$port" 3000
    exits 0
    prints_nothing
}

# Takes 310 ms.
@test "too late is status 3, and nothing is printed" {
    likely 'Each wait must end when the time is over: poll(2) takes a limit.'
    read_first 'poll(2), timeout'
    serve accept pause 60000
    is_too_late 127.0.0.1 "$port" 150
    serve accept send 'half a li' pause 60000
    is_too_late 127.0.0.1 "$port" 100
}

# Takes 240 ms.
@test "a byte now and then does not give it more time" {
    likely 'The limit holds for all of it: before each wait, compute what is left.'
    read_first 'clock_gettime(2), CLOCK_MONOTONIC; poll(2), timeout'
    serve accept send 'a' pause 70 send 'b' pause 70 send 'c' pause 70 send 'd' pause 70 send 'e' pause 70 send 'f' \
        pause 70 send 'g' pause 70 send 'h' pause 70 send 'i\n' pause 60000
    is_too_late 127.0.0.1 "$port" 200
}

# Takes 150 ms.
@test "a peer that never accepts makes no difference" {
    likely 'connect(2) succeeds before accept(2) is called; then nothing comes.'
    serve pause 60000
    is_too_late 127.0.0.1 "$port" 100
}

# Takes 200 ms.
@test "the limit holds for connecting as well" {
    likely 'When the queue of a listener is full, connect(2) waits, for minutes. Make the socket non-blocking: connect(2) fails with EINPROGRESS, and poll(2) tells when it is done.'
    read_first 'connect(2), ERRORS: EINPROGRESS; listen(2), backlog'
    serve pause 60000
    start_call crowd open 40
    local hex tries=0
    hex=$(printf ':%04X' "$port")
    # The queue of the listener is full when as many wait in it as it allows, and one more.
    until awk -v port="$hex" '$4 == "0A" && index($2, port) && $5 ~ /:00000011$/ { found = 1 } END { exit !found }' /proc/net/tcp; do
        [ $((tries += 1)) -le 500 ] || fail 'a full queue' 'a queue that takes more'
        pause
    done
    note "# The queue of the listener is full: nobody can connect."
    is_too_late 127.0.0.1 "$port" 150
}

@test "does not burn the processor while it waits" {
    likely 'A loop that looks again and again at the clock is not a wait: poll(2) sleeps.'
    serve accept say there pause 60000
    start_program 127.0.0.1 "$port" 20000
    wait_for_log server there
    is_idle
}

@test "the longest limit is a long one" {
    likely '2147483647 ms fit into an int, but so many microseconds or nanoseconds do not.'
    serve accept pause 40 send 'hello\n' pause 60000
    run_program 127.0.0.1 "$port" 2147483647
    exits 0
    prints 'hello\n'
}

@test "a connection that is refused is status 1, and names connect" {
    likely 'After poll(2), SO_ERROR tells how the connect has ended.'
    read_first 'connect(2), ERRORS: EINPROGRESS; getsockopt(2); socket(7), SO_ERROR'
    free_port
    run_program 127.0.0.1 "$port" 1000
    complains connect
    prints_nothing
}

@test "a reset is status 1, and nothing is printed" {
    likely 'read(2) returns -1 after a reset: that is not the end of file, which is 0. Print the line when it is complete, and not before.'
    serve accept send 'half' drained reset
    run_program 127.0.0.1 "$port" 3000
    complains 'read|recv|get'
    prints_nothing
}

@test "prints all, however little each write takes" {
    likely 'write(2) may take less than it was given: what it returned must be looked at.'
    serve accept send 'a line of some length\n' close
    FORCE='input=1 output=1' run_program 127.0.0.1 "$port" 3000
    exits 0
    prints 'a line of some length\n'
}

@test "sends nothing to the peer, not even an end" {
    serve accept send 'x' drained quiet 30 send '\n' drained
    run_program 127.0.0.1 "$port" 3000
    served
    exits 0
    prints 'x\n'
}

@test "refuses wrong usage with status 2, before any socket" {
    likely 'MS is a number from 1 to 2147483647.'
    refuses
    refuses 127.0.0.1 80
    refuses 127.0.0.1 80 100 more
    refuses localhost 80 100
    refuses 127.0.0.1 0 100
    refuses 127.0.0.1 65536 100
    refuses 127.0.0.1 80 0
    refuses 127.0.0.1 80 -1
    refuses 127.0.0.1 80 100x
    refuses 127.0.0.1 80 ''
    refuses 127.0.0.1 80 2147483648
}

@test "output that cannot be written is status 1" {
    likely 'What write(2), or fflush(3), returned is not looked at.'
    serve accept send 'hello\n' close
    OUTPUT=/dev/full run_program 127.0.0.1 "$port" 3000
    exits 1
}

@test "prints nothing into the connection when descriptor 1 is closed" {
    likely 'With descriptor 1 closed, socket(2) gives 1: "standard output" is then the connection.'
    serve accept send 'hello\n' end save got
    GUARD='-c 1' run_program 127.0.0.1 "$port" 3000
    got_only ''
}
