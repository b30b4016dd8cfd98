# Exercise 4: half-close ADDRESS PORT.
load ../../tests/check

@test "sends its input, says that it was all, and prints the answer" {
    likely_when 'connect' 'Is the port in network byte order (htons(3))? Is the family set?'
    likely 'The peer answers only when it has seen the end of what you send. close(2) would end both directions, shutdown(2) ends one.'
    read_first 'shutdown(2); TUTORIAL.md, Half-close'
    serve accept expect 'question\n' expect-end send 'answer\n' close
    INPUT='echo question' run_program 127.0.0.1 "$port"
    served
    exits 0
    prints 'answer\n'
}

@test "prints the whole answer, however small its pieces are" {
    likely 'One read gives what has come until now, not all. Read until read(2) returns 0.'
    serve accept expect 'question' expect-end drip 'a\0b\nc\xff' flood 300000 close
    INPUT='printf question' run_program 127.0.0.1 "$port"
    served
    exits 0
    { printf 'a\0b\nc\377' && flood 300000; } >wanted
    prints_file wanted
}

@test "sends all, however little each write takes, and then its end" {
    likely 'Is everything sent before shutdown(2)? write(2) may take less than it was given.'
    seq 2000 >wanted
    serve accept expect-file wanted expect-end send 'all\n' close
    INPUT='seq 2000' FORCE='output=100' run_program 127.0.0.1 "$port"
    served
    exits 0
    prints 'all\n'
}

@test "a peer that reads slowly gets all: here 6,888,896 bytes" {
    likely 'Is everything sent before shutdown(2)?'
    seq 1000000 >wanted
    PEER='-b 8192' serve accept pause 100 expect-file wanted expect-end send 'all\n' close
    INPUT='seq 1000000' run_program 127.0.0.1 "$port"
    served
    exits 0
    prints 'all\n'
}

@test "an empty input and an empty answer are no failure" {
    serve accept expect-end close
    run_program 127.0.0.1 "$port"
    served
    exits 0
    prints_nothing
}

@test "connects first, before it reads its input" {
    likely 'The connection is made before the input is there: connect(2) first, then read(2).'
    serve accept say connected expect 'late' expect-end send 'ok' close
    start_program_with_pipe 127.0.0.1 "$port"
    wait_for_log server connected
    type_in late
    end_input
    wait_program
    exits 0
    prints 'ok'
}

@test "a connection that is refused is status 1, and names connect" {
    likely 'connect(2) returns -1 when nobody listens there.'
    free_port
    INPUT='echo hello' run_program 127.0.0.1 "$port"
    complains connect
    prints_nothing
}

@test "a reset in the answer is status 1, after what came before it" {
    likely 'read(2) returns -1 after a reset: that is not the end of file, which is 0.'
    read_first 'read(2), ERRORS: ECONNRESET; TUTORIAL.md, Reset'
    serve accept expect 'question' expect-end send 'half' drained reset
    INPUT='printf question' run_program 127.0.0.1 "$port"
    complains 'read|recv|get|splice|copy'
    prints 'half'
}

@test "a peer that resets before all was sent is status 1" {
    likely 'Writing to a connection that is gone raises SIGPIPE, which ends the program. Ignored, or with MSG_NOSIGNAL, the call fails with EPIPE instead.'
    read_first 'write(2), ERRORS: EPIPE; signal(7); TUTORIAL.md, SIGPIPE'
    serve accept close say closed
    start_program_with_pipe 127.0.0.1 "$port"
    wait_for_log server closed
    local block
    block=$(seq 1000)
    for _ in $(seq 100); do
        runs || break
        type_in "$block"
        pause
    done
    end_input
    wait_program
    complains 'write|send|flush|read|recv|shutdown|splice|copy|put|close'
    prints_nothing
}

@test "standard input that cannot be read is status 1" {
    likely 'read(2) returns -1 when it fails, and 0 at the end: these are two cases.'
    serve accept read-to-end
    INPUT_FILE=/ run_program 127.0.0.1 "$port"
    complains 'read|get|stdin|standard input|sendfile|splice|copy|map'
    prints_nothing
}

@test "refuses wrong usage with status 2, before any socket" {
    likely 'ADDRESS is what inet_pton(3) takes for AF_INET, PORT a number from 1 to 65535.'
    read_first 'inet_pton(3), RETURN VALUE; strtol(3)'
    refuses
    refuses 127.0.0.1
    refuses 127.0.0.1 80 more
    refuses localhost 80
    refuses 127.1 80
    refuses 127.0.0.1 0
    refuses 127.0.0.1 65536
    refuses 127.0.0.1 80x
}

@test "output that cannot be written is status 1" {
    likely 'What write(2), or fflush(3) at the end, returned is not looked at.'
    serve accept expect-end send 'hello\n' close
    OUTPUT=/dev/full run_program 127.0.0.1 "$port"
    exits 1
}

@test "nothing but the input goes to the peer" {
    likely 'With descriptor 1 closed, socket(2) gives 1: "standard output" is then the connection.'
    serve accept send 'early answer' save got
    INPUT='echo hello' GUARD='-c 1' run_program 127.0.0.1 "$port"
    got_only 'hello\n'
}
