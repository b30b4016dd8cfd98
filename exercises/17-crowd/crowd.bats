# Exercise 17: crowd PORT.
load ../../tests/check

# 10,000 clients, or as many as this machine allows a process to have.
setup_file() {
    local allowed
    allowed=$(ulimit -Hn)
    [ "$allowed" != unlimited ] || allowed=20000
    clients=10000
    [ "$allowed" -ge 10100 ] || clients=$((allowed - 100))
    export clients
}

@test "echoes what a client sends" {
    likely 'What read(2) gives is written back to the same client.'
    read_first 'epoll(7); poll(2)'
    start_server
    call send 'hello\n' expect 'hello\n' send 'a\0b\xff' expect 'a\0b\xff'
}

@test "serves many at once, whoever speaks first" {
    likely 'Only a call for all descriptors may wait: epoll_wait(2) or poll(2).'
    start_server
    call accepted open 49 each-backwards send 'hello\n' each expect 'hello\n' use 7 echo 100000
}

@test "loses nothing when calls transfer less than was asked for" {
    likely 'What write(2) did not take is kept, and sent when the descriptor is ready again. With EPOLLET, read(2) until EAGAIN.'
    read_first 'epoll(7), on edge-triggered'
    FORCE='input=1000' start_server
    call send 'hello\n' expect 'hello\n' flood 5000 expect-flood 5000
    stop_program
    FORCE='input=1000 output=300' start_server
    call flood 5000 expect-flood 5000 echo 100000
}

@test "echoes a million bytes to a client that reads and sends at once" {
    start_server
    call echo 1000000
}

@test "a client that ends its sending side gets all of its echo" {
    likely 'At the end of file there may still be something to send: close when all of it has gone.'
    start_server
    call send 'hello\n' end expect 'hello\n' expect-end
    stop_program
    FORCE='output=1000' start_server
    call flood 200000 end expect-flood 200000 expect-end
    # All has come, and the end as well, before the program looks.
    pause_program
    start_call ending flood 50000 end say sent expect-flood 50000 expect-end
    wait_for_log ending sent
    go_on_program
    called ending
}

@test "sleeps while nothing happens" {
    likely 'epoll_wait(2) returns at once, again and again, for what nobody deals with: EPOLLOUT with nothing to send, a hang-up, an end of file.'
    start_server
    start_call idle accepted open 1 accepted open 1 accepted use 1 send 'x' expect 'x' use 2 end say there pause 60000
    wait_for_log idle there
    call accepted reset
    is_idle
}

@test "a client that does not read does not hold up the others" {
    likely 'A write(2) to a client that does not read must not wait: O_NONBLOCK.'
    read_first 'fcntl(2), O_NONBLOCK; write(2), ERRORS: EAGAIN'
    start_server
    PEER='-b 4096' start_call greedy accepted open 1 accepted say there each flood 50000000
    wait_for_log greedy there
    is_idle
    call echo 100000
}

# Takes 250 ms.
@test "keeps no more than it must for a client that does not read" {
    likely 'As long as a client does not take its echo, nothing more need be read from it.'
    RUN=PLAIN start_server
    PEER='-b 4096' start_call greedy accepted say there flood 100000000 say all
    wait_for_log greedy there
    stays_idle
    uses_at_most 32768
}

@test "a client that has gone costs only itself" {
    likely 'Reading or writing fails for a client that has gone, or raises SIGPIPE: that is the end of this client only.'
    start_server
    call accepted close
    call accepted reset
    call accepted open 3 accepted use 1 flood 100000 reset use 2 flood 100000 end reset use 3 send 'hello' close use 4 send 'hello' expect 'hello'
    # It ends its side, and then resets, before the program looks: the next write is EPIPE.
    pause_program
    call send 'hello' end reset
    go_on_program
    call send 'hello' expect 'hello'
}

@test "leaves no descriptor open, client after client" {
    likely 'Is the descriptor of each client closed that has gone?'
    start_server
    call send 'hello' expect 'hello'
    local before
    before=$(descriptors)
    call send 'hello' end expect 'hello' expect-end
    for _ in 1 2 3; do call accepted open 3 each send 'hello' use 1 end use 2 reset; done
    descriptors_fall_to "$before"
}

@test "more clients than the soft limit allows, up to the hard one" {
    likely 'getrlimit(2) tells how many descriptors are allowed at most, setrlimit(2) raises the soft limit to that. select(2) takes descriptors below FD_SETSIZE alone: 1024.'
    likely_when 'Too many open files' 'getrlimit(2) tells how many descriptors are allowed at most, setrlimit(2) raises the soft limit to that.'
    read_first 'getrlimit(2), RLIMIT_NOFILE; accept(2), ERRORS: EMFILE; select(2), BUGS'
    GUARD='-n 256 -N 2000' start_server
    call accepted open 1499 accepted each send 'hello\n' each expect 'hello\n' each reset
}

# Takes 500 ms.
@test "10,000 clients at once" {
    likely 'Is there an array of fixed size? Is the hard limit used in full?'
    seconds=20
    start_server
    call accepted open "$((clients - 1))" accepted each send 'hello\n' each-backwards expect 'hello\n' each reset
}

@test "out of descriptors, it serves those who are there, and sleeps" {
    likely 'accept(2) fails with EMFILE, and the listener stays ready: do not ask for it again before a client has left.'
    read_first 'accept(2), ERRORS: EMFILE; epoll_ctl(2), EPOLL_CTL_MOD'
    GUARD='-n 24 -N 24' start_server
    start_call many accepted open 29 use 1 send 'one' expect 'one' use 10 send 'ten' expect 'ten' say there pause 60000
    wait_for_log many there
    is_idle
    runs || fail 'a server that goes on' 'its end'
}

@test "out of descriptors, it takes new clients when others leave" {
    likely 'When a client leaves, a descriptor is free again: ask for the listener again.'
    GUARD='-n 24 -N 24' start_server
    call accepted open 29 use 2 send 'two' expect 'two' use 30 send 'last' \
        use 1 close use 2 close use 3 reset use 4 close use 5 reset use 6 end expect-end use 7 close use 8 close \
        use 9 close use 10 close use 11 reset use 12 close use 13 close use 14 close use 15 close use 30 expect 'last'
    # And once more.
    call accepted open 29 use 1 send 'one' expect 'one' each reset
    call send 'hello' expect 'hello'
}

@test "all in one process" {
    start_server
    start_call two accepted open 1 accepted each send 'x' each expect 'x' say there pause 60000
    wait_for_log two there
    local others
    others=$(wc -w <"/proc/$pid/task/$pid/children")
    [ "$others" -eq 0 ] || fail 'one process' "$((others + 1)) processes"
}

@test "listens on 127.0.0.1 alone, PORT 0 being the kernel's choice" {
    likely 'getsockname(2) tells the port. INADDR_ANY listens on all addresses of the machine: INADDR_LOOPBACK is 127.0.0.1.'
    start_server_anywhere 0
    listens_on_loopback_only
}

@test "starts again on its port at once" {
    likely 'SO_REUSEADDR, set before bind(2), allows it: exercise 7.'
    starts_again send 'a' expect 'a'
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

@test "nothing but its echo goes to a client" {
    likely 'With 0, 1 and 2 closed, the sockets take these numbers: "standard output" is then a connection.'
    sends_only 'hello' send 'hello' end
}
