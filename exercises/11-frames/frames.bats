# Exercise 11: frames PORT.
load ../../tests/check

# Large frames, as files: 00 01 02 03 is a length of 66051 bytes; 00 10 00 00 is 1 MiB.
setup_file() {
    cd "$BATS_FILE_TMPDIR" || return
    yes 'frames are messages in a stream of bytes' | head -c 1048576 >text
    { printf '\0\1\2\3' && head -c 66051 text; } >large
    { printf '\0\20\0\0' && cat text; } >longest
    { printf '\0\0\1\54' && head -c 300 text; } >short
    head -c 12000 /dev/zero >many
}

@test "echoes a frame: its four bytes of length, and its bytes" {
    likely 'The length comes in network byte order, the most significant byte first: ntohl(3).'
    read_first 'ntohl(3); memcpy(3); recv(2), MSG_WAITALL'
    start_server
    call send '\0\0\0\x05hello' expect '\0\0\0\x05hello'
}

@test "echoes one frame after another, of any length and any bytes" {
    likely 'All four bytes of the length count. The bytes of a frame are no text: a NUL or a newline is one of them.'
    start_server
    call send '\0\0\0\x01a' expect '\0\0\0\x01a' \
        send '\0\0\0\x06\n\0\xff\r\0\n' expect '\0\0\0\x06\n\0\xff\r\0\n' \
        send-file "$BATS_FILE_TMPDIR/large" expect-file "$BATS_FILE_TMPDIR/large"
}

@test "a frame of length 0 comes back as four zero bytes" {
    likely 'A frame without bytes is a frame. read(2) of 0 bytes returns 0, and that is no end of file.'
    start_server
    call send '\0\0\0\0' expect '\0\0\0\0' send '\0\0\0\x02hi' expect '\0\0\0\x02hi'
}

@test "a frame may come byte by byte" {
    likely 'read(2) gives what is there: it may be a part of the length, or a part of the frame. Read on until all of it is there.'
    read_first 'read(2), RETURN VALUE; TUTORIAL.md, TCP is a stream of bytes'
    start_server
    call drip '\0\0\0\x05hello' expect '\0\0\0\x05hello'
}

@test "frames may come glued together" {
    likely 'One read(2) may bring the end of one frame and the beginning of the next: keep what belongs to the next.'
    start_server
    call send '\0\0\0\x03one\0\0\0\x03two\0\0\0\x05three' expect '\0\0\0\x03one\0\0\0\x03two\0\0\0\x05three'
}

@test "echoes a frame as soon as it is complete" {
    likely 'Does the program wait for more than the frame, or for the end of the connection?'
    start_server
    call send '\0\0\0\x03one\0\0\0\x09incomp' expect '\0\0\0\x03one' \
        send 'let' expect '\0\0\0\x09incomplet'
}

@test "loses nothing when calls transfer less than was asked for" {
    likely 'What read(2) and write(2) return counts, not what they were asked for.'
    FORCE='input=1 output=1' start_server
    call send-file "$BATS_FILE_TMPDIR/short" expect-file "$BATS_FILE_TMPDIR/short"
    stop_program
    FORCE='input=1000 output=700' start_server
    call send-file "$BATS_FILE_TMPDIR/large" send-file "$BATS_FILE_TMPDIR/short" \
        expect-file "$BATS_FILE_TMPDIR/large" expect-file "$BATS_FILE_TMPDIR/short"
}

@test "a frame of 1 MiB, the longest one allowed, comes back" {
    likely '1 MiB is 1048576 bytes, and is allowed.'
    start_server
    call send-file "$BATS_FILE_TMPDIR/longest" expect-file "$BATS_FILE_TMPDIR/longest"
}

@test "a longer frame closes that client: nothing of it comes back" {
    likely 'The length is what a stranger says: look at it before you use it. As a signed number, 0x80000000 is negative.'
    start_server
    call send '\0\0\0\x02ok\0\x10\0\x01much' expect '\0\0\0\x02ok' expect-closed
    call send '\xff\xff\xff\xffmuch' expect-closed
    call send '\x80\0\0\0much' expect-closed
    call send '\0\0\0\x02ok' expect '\0\0\0\x02ok'
}

@test "an end in mid-frame: the frames before it come back, no part" {
    likely 'A frame that is not complete is not echoed, not even its length.'
    start_server
    call send '\0\0\0\x03one\0\0\0\x05hell' end expect '\0\0\0\x03one' expect-closed
    call send '\0\0\0\x03one\0\0\0' end expect '\0\0\0\x03one' expect-closed
}

@test "a client that ends its sending side gets all of its frames" {
    likely 'An end of file between two frames is the regular end: what came before is echoed, then the connection is closed.'
    start_server
    call send '\0\0\0\x03one\0\0\0\x03two' end expect '\0\0\0\x03one\0\0\0\x03two' expect-end
}

@test "serves the next client after one that has gone, however" {
    likely 'Writing to a client that has gone raises SIGPIPE, or fails: that must end this client only.'
    start_server
    call close
    call reset
    call send '\0\0' reset
    # Many frames of length 0, and the client has gone before it could get them.
    for _ in 1 2 3 4 5; do call send-file "$BATS_FILE_TMPDIR/many" end reset; done
    call send '\0\0\0\x02ok' expect '\0\0\0\x02ok'
}

@test "leaves no descriptor open, client after client" {
    likely 'Is the accepted descriptor closed, before the next accept(2)? Also after a bad frame?'
    start_server
    call send '\0\0\0\x02ok' expect '\0\0\0\x02ok'
    local before
    call send '\0\0\0\x02ok' expect '\0\0\0\x02ok' end expect-end
    before=$(descriptors)
    for _ in 1 2 3; do
        call send '\0\0\0\x02ok' end expect '\0\0\0\x02ok' expect-closed
        call send '\xff\0\0\0' expect-closed
    done
    descriptors_fall_to "$before"
}

@test "sleeps while it waits for the rest of a frame, or for a client" {
    likely 'At the end of file read(2) returns 0 at once, again and again.'
    start_server
    start_call slow send '\0\0\0\x09inc' drained say sent pause 60000
    wait_for_log slow sent
    is_idle
    kill -TERM "$peer_slow"
    wait "$peer_slow" || true
    call send '\0\0\0\x02ok' expect '\0\0\0\x02ok' close
    is_idle
}

@test "listens on 127.0.0.1 alone, PORT 0 being the kernel's choice" {
    likely 'getsockname(2) tells the port. INADDR_ANY listens on all addresses of the machine: INADDR_LOOPBACK is 127.0.0.1.'
    start_server_anywhere 0
    listens_on_loopback_only
}

@test "starts again on its port at once" {
    likely 'SO_REUSEADDR, set before bind(2), allows it: exercise 7.'
    starts_again send '\0\0\0\x02ok' expect '\0\0\0\x02ok'
}

@test "a port that somebody else has is status 1, and names bind" {
    fails_on_a_taken_port
}

@test "refuses wrong usage with status 2, before any socket" {
    likely 'PORT is a number from 0 to 65535, and there is nothing else.'
    refuses_ports
}

@test "output that cannot be written is status 1" {
    likely 'Whether the line "listening PORT" could be written, fflush(3) tells.'
    free_port
    OUTPUT=/dev/full run_program "$port"
    exits 1
}

@test "nothing but frames goes to a client" {
    likely 'With 0, 1 and 2 closed, the sockets take these numbers: "standard output" is then a connection.'
    sends_only '\0\0\0\2ok' send '\0\0\0\x02ok' end
}
