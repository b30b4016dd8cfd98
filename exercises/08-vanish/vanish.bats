# Exercise 8: vanish PORT.
load ../../tests/check

setup_file() {
    seq 700000 >"$BATS_FILE_TMPDIR/more"
    head -n 200000 "$BATS_FILE_TMPDIR/more" >"$BATS_FILE_TMPDIR/lines"
}

@test "streams the lines 1, 2, 3 and so on" {
    likely 'Each number is a line of its own, from 1, as long as the client is there.'
    read_first 'TUTORIAL.md, Step 4'
    start_server
    call expect '1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n' reset
}

@test "goes on for as long as the client takes it: here 1,288,895 bytes" {
    start_server
    call expect-file "$BATS_FILE_TMPDIR/lines" reset
}

@test "a client that resets is gone, and the next is served from 1" {
    likely 'Writing to a connection that is gone raises SIGPIPE, or fails with ECONNRESET or EPIPE. Each of them means that this client has gone, and no more.'
    read_first 'write(2), ERRORS: EPIPE; signal(7); TUTORIAL.md, SIGPIPE'
    start_server
    call expect '1\n2\n' reset
    says_times gone 1
    call expect '1\n2\n3\n' reset
    says_times gone 2
    prints "listening $port\\ngone\\ngone\\n"
}

# Waits until the line was printed so often.
says_times() {
    local since=$SECONDS
    until [ "$(grep -cxF -e "$1" "$name.out")" -ge "$2" ]; do
        if [ -s "$name.report" ]; then
            fail "the line \"$1\", $2 time(s), and a server that goes on" "$(shown_file "$name.out"), and then its end"
            return 1
        fi
        if is_over "$since"; then
            fail "the line \"$1\", $2 time(s)" "$(shown_file "$name.out" | sed 's/"$/", and nothing more/')"
            return 1
        fi
        pause
    done
}

@test "a client that closes is gone as well" {
    likely 'The first write after the peer has closed still works; the second raises SIGPIPE, or fails with EPIPE.'
    start_server
    call expect '1\n2\n' close
    says_times gone 1
    # One that ends its side first, reads on, and then goes.
    call end expect-file "$BATS_FILE_TMPDIR/lines" reset
    says_times gone 2
    # One that was reset by the time it is accepted.
    call reset
    says_times gone 3
    call expect '1\n2\n3\n' reset
}

@test "a client that ends its sending side is still there" {
    likely 'An end of file from the client only says that it sends no more: it may read.'
    start_server
    call end expect '1\n2\n3\n' pause 30 expect '4\n5\n6\n7\n8\n' reset
}

# Takes 340 ms.
@test "waits while a client does not read, and then goes on" {
    likely 'When the buffers are full, a blocking write(2) waits. A non-blocking one needs poll(2).'
    start_server
    # More than the buffers of the connection hold.
    mkfifo go
    exec 9<>go
    PEER='-b 65536' CALL_INPUT=go start_call stalled unread accepted say there wait expect-file "$BATS_FILE_TMPDIR/more" say all reset
    wait_for_log stalled there
    # For a while: who does not read for a moment has not gone.
    stays_idle
    echo >&9
    wait_for_log stalled all
    called stalled
    says_times gone 1
}

@test "a client that resets while it does not read is gone as well" {
    likely 'A write(2) that waits for room fails when the connection is reset: ECONNRESET.'
    start_server
    start_call stalled unread pause 60 reset
    called stalled
    says_times gone 1
    call expect '1\n2\n3\n' reset
    says_times gone 2
}

@test "leaves no descriptor open, client after client" {
    likely 'Is the accepted descriptor closed, before the next accept(2)?'
    start_server
    call expect '1\n' reset
    says_times gone 1
    local before n
    before=$(descriptors)
    for n in 2 3 4 5 6; do
        call expect '1\n2\n' reset
        says_times gone "$n"
    done
    descriptors_fall_to "$before"
}

@test "goes on after clients that close with a reset in every moment" {
    start_server
    for _ in 1 2 3 4 5 6 7 8 9 10; do call unread reset; done
    says_times gone 10
    runs || fail 'a server that goes on' 'its end'
}

@test "listens on 127.0.0.1 alone" {
    likely 'INADDR_ANY listens on all addresses of the machine: INADDR_LOOPBACK is 127.0.0.1.'
    start_server
    listens_on_loopback_only
}

@test "a port that somebody else has is status 1, and names bind" {
    fails_on_a_taken_port
}

@test "refuses wrong usage with status 2, before any socket" {
    likely 'PORT is a number from 1 to 65535, and there is nothing else.'
    refuses_ports
    refuses 0
}

@test "output that cannot be written is status 1" {
    likely 'Whether the line "listening PORT" could be written, fflush(3) tells.'
    free_port
    OUTPUT=/dev/full run_program "$port"
    exits 1
}
