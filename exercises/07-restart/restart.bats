# Exercise 7: restart PORT.
load ../../tests/check

@test "sends ok to each client and closes first, with an end of file" {
    likely 'Close without waiting for the client. A close with unread bytes would send a reset; here there are none.'
    read_first 'accept(2); close(2); TUTORIAL.md, Step 4'
    start_server
    prints "listening $port\\n"
    call expect 'ok\n' expect-end
    call expect 'ok\n' expect-end
    call open 3 each expect 'ok\n' each-backwards expect-end
}

@test "starts again at once, with clients in TIME_WAIT" {
    likely 'This side closed first, so its connections are in TIME_WAIT for a minute, and keep the port. Which option lets bind(2) take it, and when must it be set?'
    read_first 'socket(7), SO_REUSEADDR; TUTORIAL.md, No SO_REUSEADDR'
    start_server
    call expect 'ok\n' expect-end close
    stop_program
    start_program "$port"
    says "listening $port"
    call expect 'ok\n' expect-end
}

@test "starts again at once, with a client that has not closed" {
    likely 'The connection of the last run is still there at the other end. SO_REUSEADDR, before bind(2), allows it.'
    start_server
    start_call open expect 'ok\n' expect-end say told pause 60000
    wait_for_log open told
    stop_program
    start_program "$port"
    says "listening $port"
    call expect 'ok\n' expect-end
}

@test "nothing of the old run listens when it has ended" {
    likely 'Is there another process that still has the listener?'
    start_server
    call expect 'ok\n' expect-end
    send_signal TERM
    wait_program
}

@test "a second one on the same port is status 1, and names bind" {
    likely 'SO_REUSEPORT would let two servers listen on one port: SO_REUSEADDR does not. Trying again for ever is no answer, either.'
    read_first 'socket(7), SO_REUSEADDR and SO_REUSEPORT'
    start_server
    LABEL=second run_program "$port"
    complains 'bind|listen'
    call expect 'ok\n' expect-end
}

@test "says listening only when it is true" {
    likely 'The line stands before listen(2), or before it has worked.'
    serve accept
    run_program "$port"
    prints_nothing
    complains 'bind|listen'
    # Many starts: whoever reads the line can connect.
    free_port
    for _ in 1 2 3 4 5; do
        start_program "$port"
        says "listening $port"
        call expect 'ok\n' expect-end
        stop_program
    done
}

@test "waits for nothing from a client" {
    likely 'The client sends nothing: no read(2) is needed, and none must wait.'
    start_server
    start_call silent expect 'ok\n' expect-end say told pause 60000
    wait_for_log silent told
    call expect 'ok\n' expect-end
}

@test "a client that has gone at once costs only itself" {
    likely 'A client may have reset before it was accepted. Writing to it must not end the server: SIGPIPE.'
    start_server
    call open 4 each reset
    call each close
    call expect 'ok\n' expect-end
    runs || fail 'a server that goes on' 'its end'
}

@test "leaves no descriptor open, client after client" {
    likely 'Is the accepted descriptor closed, before the next accept(2)?'
    start_server
    call expect 'ok\n' expect-end
    local before
    before=$(descriptors)
    for _ in 1 2 3 4 5 6; do call open 4 each expect 'ok\n' each expect-end; done
    descriptors_fall_to "$before"
}

@test "listens on 127.0.0.1 alone" {
    likely 'INADDR_ANY listens on all addresses of the machine: INADDR_LOOPBACK is 127.0.0.1.'
    start_server
    listens_on_loopback_only
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
