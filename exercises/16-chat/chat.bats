# Exercise 16: chat PORT.
load ../../tests/check

# Long lines: of 4096 bytes with their newline, the longest that is allowed, of one more, and of a
# million; and 51 of the longest, 208896 bytes.
setup_file() {
    cd "$BATS_FILE_TMPDIR" || return
    printf '%4095s\n' '' | tr ' ' x >longest
    { printf x && cat longest; } >longer
    yes "$(cat longest)" | head -n 51 >speech
    printf '%1000000s\n' '' >million
}

@test "a line of one client goes to another" {
    likely 'Each line that is complete is written to every client but its sender.'
    read_first 'poll(2); TUTORIAL.md, Step 4'
    start_server
    call accepted open 1 accepted use 1 send 'hello\n' use 2 expect 'hello\n'
}

@test "it goes to all others, and never to its sender" {
    likely 'Is the sender passed over, and nobody else?'
    start_server
    # The sender gets the answer, and nothing before it.
    call accepted open 1 accepted open 1 accepted open 1 accepted \
        use 3 send 'hello\n' use 1 expect 'hello\n' use 2 expect 'hello\n' use 4 expect 'hello\n' \
        use 2 send 'hi\n' use 3 expect 'hi\n' use 4 expect 'hi\n' use 1 expect 'hi\n'
}

@test "half a line waits until its end has come" {
    likely 'Keep what a client has sent of its line until the newline comes, for each client apart.'
    read_first 'TUTORIAL.md, Step 2, on reads and messages'
    start_server
    call accepted open 1 accepted open 1 accepted \
        use 1 send 'hel' drained use 2 send 'from ' drained use 1 send 'lo\n' use 3 expect 'hello\n' \
        use 2 send 'two\n' use 3 expect 'from two\n' use 1 expect 'from two\n'
}

@test "lines may come byte by byte, or several at once" {
    likely 'One read(2) may bring several lines, and a part of the next.'
    start_server
    call accepted open 1 accepted use 1 drip 'slow\n' use 2 expect 'slow\n' \
        use 1 send 'one\ntwo\n\nthr' use 2 expect 'one\ntwo\n\n' use 1 send 'ee\n' use 2 expect 'three\n'
}

@test "a line has up to 4096 bytes, of any value" {
    likely 'A line is no string: it may hold a NUL. The newline is one of the 4096 bytes.'
    start_server
    call accepted open 1 accepted use 1 send 'a\0b\r\xff\n' use 2 expect 'a\0b\r\xff\n' \
        use 1 send-file "$BATS_FILE_TMPDIR/longest" use 2 expect-file "$BATS_FILE_TMPDIR/longest"
}

@test "a longer line closes its client, and nothing of it is passed on" {
    likely 'Without a newline in 4096 bytes, the line is too long: close this client, and forget what it has sent of it.'
    start_server
    call accepted open 1 accepted open 1 accepted use 1 send-file "$BATS_FILE_TMPDIR/longer" expect-closed \
        use 2 send 'next\n' use 3 expect 'next\n'
    # A million bytes: it may be closed before it has sent them all.
    start_call long accepted send-file "$BATS_FILE_TMPDIR/million" expect-closed
    wait "$peer_long" || true
    call accepted open 1 accepted use 1 send 'on\n' use 2 expect 'on\n'
}

@test "half a line of a client that has left goes to nobody" {
    likely 'What is left of a line when its client goes is thrown away, also when another client gets its place.'
    likely_when 'ECONNRESET|reset|Broken pipe' 'Reading or writing fails for a client that has gone: that is the end of this client only.'
    start_server
    call accepted open 1 accepted open 1 accepted open 1 accepted \
        use 1 send 'half' drained close use 2 send 'half' drained end use 3 send 'half' drained reset \
        open 1 accepted send 'next\n' use 4 expect 'next\n'
}

@test "loses nothing when calls transfer less than was asked for" {
    likely 'What write(2) did not take is kept for this client, and sent when poll(2) says POLLOUT.'
    FORCE='input=1 output=3' start_server
    call accepted open 1 accepted use 1 send 'a line of some length\n' use 2 expect 'a line of some length\n' \
        use 1 flood 3200 use 2 expect-flood 3200
}

@test "a client that only ends its sending side still hears the others" {
    likely 'An end of file says that this client sends no more. It may read on.'
    read_first 'TUTORIAL.md, Half-close'
    start_server
    call accepted open 1 accepted use 1 end drained use 2 send 'one\n' send 'two\n' use 1 expect 'one\ntwo\n'
}

@test "nobody is passed over when clients leave at the same moment" {
    likely 'When a client is removed, another one may take its place in the array: it must not be skipped.'
    start_server
    mkfifo go
    exec 9<>go
    CALL_INPUT=go start_call all accepted open 1 accepted open 1 accepted open 1 accepted open 1 accepted open 1 accepted say here wait \
        use 2 reset use 3 reset use 5 reset use 1 send 'one\n' say sent wait \
        use 4 expect 'one\n' use 6 expect 'one\n' send 'two\n' use 4 expect 'two\n' use 1 expect 'two\n'
    wait_for_log all here
    # All of it happens while the program is stopped: it sees it at once.
    pause_program
    echo >&9
    wait_for_log all sent
    go_on_program
    echo >&9
    called all
}

@test "a client that leaves costs only itself" {
    likely 'Writing to a client that has gone raises SIGPIPE, or fails: that is the end of this client only.'
    likely_when 'ECONNRESET|reset|Broken pipe' 'Reading or writing fails for a client that has gone: that is the end of this client only.'
    start_server
    call accepted close
    call accepted reset
    call accepted open 1 accepted open 1 accepted use 3 reset use 1 send 'one\n' use 2 expect 'one\n'
    call accepted open 1 accepted open 1 accepted use 1 send 'half' close use 2 send 'one\ntwo\n' use 3 expect 'one\ntwo\n'
    # The third ends its side, and then resets, while there is a line for it: to write is EPIPE.
    mkfifo go
    exec 9<>go
    CALL_INPUT=go start_call all accepted open 1 accepted open 1 accepted say here wait \
        use 1 send 'one\n' use 3 end reset say sent use 2 expect 'one\n' send 'two\n' use 1 expect 'two\n'
    wait_for_log all here
    pause_program
    echo >&9
    wait_for_log all sent
    go_on_program
    called all
}

@test "a client that never reads does not hold up the others" {
    likely 'A write(2) that waits for one client makes all others wait. Descriptors that are non-blocking never wait.'
    read_first 'fcntl(2), O_NONBLOCK; write(2), ERRORS: EAGAIN'
    start_server
    PEER='-b 4096' start_call deaf accepted open 1 accepted say there pause 60000
    wait_for_log deaf there
    talk 4
}

# Two clients talk: so many times, the one sends 208896 bytes and then the other gets them.
talk() {
    local n actions=(accepted open 1 accepted) speech=$BATS_FILE_TMPDIR/speech
    for ((n = 0; n < $1; n++)); do actions+=(use 1 send-file "$speech" use 2 expect-file "$speech"); done
    call "${actions[@]}"
}

@test "keeps up to 1 MiB for a client that does not read now" {
    likely 'What a client does not take now is kept, until it takes it: at least 1 MiB.'
    start_server
    PEER='-b 4096' call accepted open 1 accepted use 1 flood 1000000 drained use 2 expect-flood 1000000
}

@test "a client that reads too little gets whole lines all the same" {
    likely 'When there is no room for a line, the whole line is dropped, or the client closed.'
    start_server
    mkfifo go
    exec 9<>go
    PEER='-b 4096' CALL_INPUT=go start_call deaf accepted say there wait save got
    wait_for_log deaf there
    talk 10
    # Now it reads, until it is up to date, or closed.
    echo >&9
    local tries=0
    until grep -qx end got || ! kill -0 "$peer_deaf" 2>/dev/null || [ $((tries += 1)) -gt 200 ]; do
        call accepted send 'end\n' close
    done
    stop_program
    wait "$peer_deaf" || true
    # The last one may be cut: the client was closed, or the program stopped.
    local bad
    bad=$(awk '$0 != "end" && length($0) != 4095 { print NR ": of " length($0) + 1 " bytes" }' got | head -n 1)
    [ -z "$bad" ] || [ "${bad%%:*}" -eq "$(awk 'END { print NR }' got)" ] ||
        fail 'lines of 4096 bytes, as they were sent' "line $bad"
}

@test "its memory stays bounded" {
    likely 'Once 1 MiB is owed to a client, what more comes for it need not be kept.'
    RUN=PLAIN start_server
    PEER='-b 4096' start_call deaf accepted open 1 accepted open 1 accepted open 1 accepted say there pause 60000
    wait_for_log deaf there
    talk 34
    uses_at_most 16384
}

@test "leaves no descriptor open, client after client" {
    likely 'Is a client that has gone closed, also when it had ended its side before?'
    start_server
    call accepted open 1 accepted use 1 send 'a\n' use 2 expect 'a\n'
    local before
    talk_to_the_gone
    before=$(descriptors)
    for _ in 1 2 3 4; do
        call accepted open 1 accepted use 1 end use 2 reset
        call accepted send 'half' close
    done
    talk_to_the_gone
    descriptors_fall_to "$before"
}

# Whether a client has gone shows when something is sent to it: a second line, at the latest.
talk_to_the_gone() {
    call accepted open 1 accepted use 1 send 'a\n' use 2 expect 'a\n' use 1 send 'b\n' use 2 expect 'b\n' each reset
}

# Takes 100 ms.
@test "sleeps while nothing happens" {
    likely 'poll(2) returns at once, again and again, for what nobody deals with: POLLHUP, POLLERR, an end of file, POLLOUT with nothing to send.'
    start_server
    start_call idle accepted open 1 accepted open 1 accepted use 1 send 'half' end use 2 send 'half' say there pause 60000
    wait_for_log idle there
    call accepted end close
    call accepted reset
    is_idle
}

@test "all in one process" {
    start_server
    call accepted open 1 accepted use 1 send 'a\n' use 2 expect 'a\n' say there
    start_call two accepted open 1 accepted say there pause 60000
    wait_for_log two there
    local others
    others=$(wc -w <"/proc/$pid/task/$pid/children")
    [ "$others" -eq 0 ] || fail 'one process' "$((others + 1)) processes"
}

@test "serves 40 clients at a time" {
    start_server
    local n actions=(accepted)
    for ((n = 1; n < 40; n++)); do actions+=(open 1 accepted); done
    call "${actions[@]}" use 30 send 'hello\n' use 40 expect 'hello\n' send 'hi\n' use 1 expect 'hello\nhi\n' use 30 expect 'hi\n'
}

@test "listens on 127.0.0.1 alone, PORT 0 being the kernel's choice" {
    likely 'getsockname(2) tells the port. INADDR_ANY listens on all addresses of the machine: INADDR_LOOPBACK is 127.0.0.1.'
    start_server_anywhere 0
    listens_on_loopback_only
}

@test "starts again on its port at once" {
    likely 'SO_REUSEADDR, set before bind(2), allows it: exercise 7.'
    starts_again accepted
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

@test "nothing but lines of others goes to a client" {
    likely 'With 0, 1 and 2 closed, the sockets take these numbers: "standard output" is then a connection.'
    # The second client sends too long a line: so it is closed, and all that came is there.
    sends_only 'hello\n' accepted open 1 accepted use 1 send 'hello\n' use 2 unread send-file "$BATS_FILE_TMPDIR/longer"
}
