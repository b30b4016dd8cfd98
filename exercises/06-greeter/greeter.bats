# Exercise 6: greeter PORT CLIENTS.
load ../../tests/check

@test "listens, and tells a client its own address and port" {
    likely 'accept(2) writes the address of the client, in network byte order (ntohs(3), inet_ntop(3)), if its third argument says that there is room: set it before the call.'
    read_first 'accept(2); inet_ntop(3); TUTORIAL.md, Step 4'
    # Twice: a port may look the same in either byte order.
    for _ in 1 2; do
        start_server 1
        call expect 'you are \L\n' expect-end
        wait_program
        exits 0
        prints "listening $port\\n"
    done
}

@test "serves as many clients as CLIENTS says, then ends with status 0" {
    likely 'accept(2) gives one connection: send the line, close(2) the connection, and call accept(2) again, on the same listener.'
    start_server 3
    call expect 'you are \L\n' expect-end
    call expect 'you are \L\n' expect-end
    runs || fail 'a server that waits for its third client' 'a server that has ended after two'
    call expect 'you are \L\n' expect-end
    wait_program
    exits 0
}

@test "each client is told its own address, not that of another" {
    likely 'The length argument of accept(2) is read and written: it must be set before each call.'
    read_first 'accept(2): addrlen is a value-result argument'
    start_server 5
    for from in 127.0.0.9 127.0.0.200 127.100.200.250; do
        come_from "$from"
    done
    call expect 'you are \L\n' open 1 expect 'you are \L\n'
    wait_program
    exits 0
}

# A client that is bound to an address, with step 5's words: exercise 5's model answer plays it.
come_from() {
    local got
    note "a client that is bound to $1 connects"
    got=$("$BATS_FILE_TMPDIR/source" "$1" 127.0.0.1 "$port")
    case $got in
    "you are $1:"[0-9]*) ;;
    *) fail "the line \"you are $1:PORT\"" "$got" ;;
    esac
}
setup_file() {
    cc -o "$BATS_FILE_TMPDIR/source" "$ROOT/tests/answers/05-source/reference.c"
}

@test "several that come at once are served in turn" {
    start_server 4
    call open 3 each expect 'you are \L\n' each expect-end
    wait_program
    exits 0
}

@test "closes each connection at once" {
    likely 'Is the accepted descriptor closed, before the next accept(2)?'
    read_first 'close(2); TUTORIAL.md, The accepted descriptor left open'
    start_server 2
    call expect 'you are \L\n' expect-end
    runs || fail 'a server that waits for its second client' 'its end'
    call expect 'you are \L\n' expect-end
    wait_program
    exits 0
}

@test "leaves no descriptor open, client after client" {
    likely 'Is the accepted descriptor closed, before the next accept(2)?'
    start_server 40
    call expect 'you are \L\n' expect-end
    local before
    before=$(descriptors)
    for _ in 1 2 3 4 5 6; do call open 4 each expect 'you are \L\n' each expect-end; done
    descriptors_fall_to "$before"
}

@test "waits for nothing from a client" {
    likely 'The client sends nothing: no read(2) is needed, and none must wait.'
    start_server 2
    start_call silent expect 'you are \L\n' expect-end say told pause 60000
    wait_for_log silent told
    call expect 'you are \L\n' expect-end
    wait_program
    exits 0
}

@test "a client that has gone at once costs only itself" {
    likely 'A client may have reset before it was accepted. Writing to it must not end the server: SIGPIPE.'
    start_server 3
    call reset
    call close
    call expect 'you are \L\n' expect-end
    wait_program
    exits 0
}

@test "listens on 127.0.0.1 alone" {
    likely 'INADDR_ANY listens on all addresses of the machine: INADDR_LOOPBACK is 127.0.0.1.'
    start_server 1
    listens_on_loopback_only
}

@test "listens as long as a client is to come, and no longer" {
    likely 'Is the listener closed before the last client has come? Does the server go on after it?'
    start_server 2
    call expect 'you are \L\n' expect-end
    listens_on_loopback_only
    call expect 'you are \L\n' expect-end
    wait_program
    exits 0
}

@test "a port that somebody else has is status 1, and names bind" {
    likely 'What bind(2) returned is not looked at.'
    fails_on_a_taken_port 1
}

@test "refuses wrong usage with status 2, before any socket" {
    likely 'PORT is a number from 1 to 65535, CLIENTS a number from 1 on.'
    refuses
    refuses 4001
    refuses_ports 1
    refuses 0 1
    refuses 4001 0
    refuses 4001 -1
    refuses 4001 1x
    refuses 4001 ''
}

@test "output that cannot be written is status 1" {
    likely 'Whether the line "listening PORT" could be written, fflush(3) tells.'
    free_port
    OUTPUT=/dev/full run_program "$port" 1
    exits 1
}

@test "nothing but its line goes to a client" {
    likely 'With 0 and 1 closed, the sockets take these numbers: "standard output" is then a connection.'
    free_port
    GUARD='-c 0 -c 1 -c 2' start_program "$port" 1
    local tries=0
    while runs && [ $((tries += 1)) -le 50 ]; do
        "$peer" -t 5 connect 127.0.0.1 "$port" save got >/dev/null 2>&1 3>&- 4>&- 8>&- || true
        pause
    done
    # It may have ended at once, since it cannot say that it listens.
    [ ! -s got ] || grep -qE '^you are 127.0.0.1:[0-9]+$' got || fail 'the line for the client, or nothing' "$(shown_file got)"
}
