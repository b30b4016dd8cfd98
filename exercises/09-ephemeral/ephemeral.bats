# Exercise 9: ephemeral.
load ../../tests/check

# Starts the program and takes the port from its line.
start_ephemeral() {
    start_server_anywhere
}

@test "says the real port, sends it to its client, and ends" {
    likely 'Port 0 asks the kernel to choose. getsockname(2), after bind(2), tells what it has chosen, in network byte order.'
    read_first 'getsockname(2); ip(7); TUTORIAL.md, Step 5'
    # Twice: a port may look the same in either byte order.
    for _ in 1 2; do
        start_ephemeral
        call expect "$port\\n" expect-end
        wait_program
        exits 0
        prints "listening $port\\n"
    done
}

@test "the port is one of the kernel's choice" {
    likely 'bind(2) with port 0: no number is made up.'
    read_first 'ip(7), ip_local_port_range'
    local low high
    read -r low high </proc/sys/net/ipv4/ip_local_port_range
    start_ephemeral
    [ "$port" -ge "$low" ] && [ "$port" -le "$high" ] ||
        fail "a port from $low to $high, as the kernel chooses them" "$port"
    LABEL=second start_ephemeral
    call expect "$port\\n" expect-end
}

# Takes 390 ms.
@test "thirty at once all work" {
    likely 'A port that the program makes up itself is taken sooner or later. Is the answer the one of this program?'
    local n ports=
    for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
        LABEL=p$n start_program
    done
    for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
        name=p$n
        local since=$SECONDS
        until grep -qE '^listening [0-9]+$' "p$n.out"; do
            ! is_over "$since" && [ ! -s "p$n.report" ] || {
                grep -qE '^listening [0-9]+$' "p$n.out" && break
                fail "the line \"listening PORT\" from program $n of thirty" "$(shown_file "p$n.out")"
                return 1
            }
            pause
        done
        port=$(sed -n 's/^listening //p' "p$n.out")
        "$peer" -t 5 connect 127.0.0.1 "$port" expect "$port\\n" expect-end >call.log 2>call.complaint 3>&- 4>&- 8>&- || judge_peer call
    done
}

@test "waits for nothing from its client" {
    likely 'The client sends nothing: no read(2) is needed, and none must wait.'
    start_ephemeral
    start_call silent expect "$port\\n" expect-end say told pause 60000
    wait_for_log silent told
    wait_program
    exits 0
}

@test "a client that has gone at once is served, too: status 0" {
    likely 'A client counts as served once it was accepted. Writing to it may fail, and SIGPIPE must not end the program.'
    start_ephemeral
    call reset
    wait_program
    exits 0
}

@test "listens on 127.0.0.1 alone" {
    likely 'INADDR_ANY listens on all addresses of the machine: INADDR_LOOPBACK is 127.0.0.1. Without bind(2), listen(2) takes all of them.'
    start_ephemeral
    listens_on_loopback_only
}

@test "refuses arguments with status 2, before it opens a socket" {
    likely 'There are none: argc must be 1, also when an argument is empty.'
    refuses 0
    refuses 4001
    refuses ''
}

@test "output that cannot be written is status 1" {
    likely 'Whether the line "listening PORT" could be written, fflush(3) tells.'
    OUTPUT=/dev/full run_program
    exits 1
}

@test "no socket when none can be had: status 1" {
    likely 'What socket(2) returned is not looked at.'
    GUARD='-x' WATCH='' run_program
    complains 'socket|bind'
    prints_nothing
}
