# Exercise 3: send-all ADDRESS PORT.
load ../../tests/check

@test "sends standard input, closes, and says how many bytes it were" {
    likely_when 'connect' 'Is the port in network byte order (htons(3))? Is the family set?'
    read_first 'connect(2); write(2); TUTORIAL.md, Step 2'
    serve accept expect 'hello\n' expect-end
    INPUT="echo hello" run_program 127.0.0.1 "$port"
    exits 0
    served
    prints 'sent 6\n'
}

@test "sends every byte, also NUL and those above 127" {
    likely 'The input is treated as text: strlen(3) and fgets(3) stop at a NUL or a newline. read(2) says how many bytes there are.'
    serve accept expect 'a\0b\xff\n\0\0c' expect-end
    INPUT="printf 'a\\0b\\377\\n\\0\\0c'" run_program 127.0.0.1 "$port"
    served
    exits 0
    prints 'sent 8\n'
}

@test "sends all, however little each write takes" {
    likely 'write(2) may take less than it was given: what it returned must be looked at, and the rest written, not all again.'
    read_first 'write(2), RETURN VALUE; TUTORIAL.md, experiment 2.6'
    seq 300 >wanted
    serve accept expect-file wanted expect-end
    INPUT='seq 300' FORCE='output=1' run_program 127.0.0.1 "$port"
    served
    exits 0
    prints 'sent 1092\n'
}

@test "counts what was taken, piece by piece" {
    likely 'The sum of what write(2) returned is what was sent.'
    seq 20000 >wanted
    serve accept expect-file wanted expect-end
    INPUT='seq 20000' FORCE='output=777' run_program 127.0.0.1 "$port"
    served
    exits 0
    prints 'sent 108894\n'
}

@test "an empty input is sent, too: nothing, and the end" {
    serve accept expect-end
    run_program 127.0.0.1 "$port"
    served
    exits 0
    prints 'sent 0\n'
}

@test "a peer that reads slowly loses nothing: here 6,888,896 bytes" {
    likely 'When the buffers are full, write(2) waits, or takes a part. All that was not taken must be sent later.'
    seq 1000000 >wanted
    PEER='-b 8192' serve accept pause 100 expect-file wanted expect-end
    INPUT='seq 1000000' run_program 127.0.0.1 "$port"
    served
    exits 0
    prints 'sent 6888896\n'
}

@test "waits for nobody: the peer neither reads nor closes" {
    likely 'After the last byte was taken, nothing is to be waited for: no answer, and no end of the peer.'
    serve accept pause 60000
    INPUT='echo hello' run_program 127.0.0.1 "$port"
    exits 0
    prints 'sent 6\n'
}

@test "a connection that is refused is status 1, and names connect" {
    likely 'connect(2) returns -1 when nobody listens there.'
    read_first 'connect(2), ERRORS: ECONNREFUSED'
    free_port
    INPUT='echo hello' run_program 127.0.0.1 "$port"
    complains connect
    prints_nothing
}

@test "a peer that resets while there is more to send is status 1" {
    likely 'Writing to a connection that is gone raises SIGPIPE, which ends the program. Ignored, or with MSG_NOSIGNAL, the call fails with EPIPE instead.'
    read_first 'write(2), ERRORS: EPIPE; signal(7); TUTORIAL.md, SIGPIPE'
    serve accept read 100 reset
    INPUT='seq 1000000' run_program 127.0.0.1 "$port"
    complains 'write|send|flush|splice|copy|put|close'
    prints_nothing
    # After a first write that failed, or found the peer gone, the next one raises SIGPIPE.
    serve accept close say closed
    start_program_with_pipe 127.0.0.1 "$port"
    wait_for_log server closed
    # As often as it takes: the kernel must first hear that the peer has gone.
    local block
    block=$(seq 1000)
    for _ in $(seq 100); do
        runs || break
        type_in "$block"
        pause
    done
    end_input
    wait_program
    # What was all taken before it was known counts as sent: either status will do.
    survives
}

@test "standard input that cannot be read is status 1" {
    likely 'read(2) returns -1 when it fails, and 0 at the end: these are two cases. A closed descriptor 0 may even be the new socket.'
    serve accept read-to-end
    GUARD='-c 0' run_program 127.0.0.1 "$port"
    exits 1
    prints_nothing
    # A directory can be opened, but not read.
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
    refuses 127.0.0.1 ''
}

@test "output that cannot be written is status 1" {
    likely 'printf(3) only fills a buffer: whether it could be written, fflush(3) or fclose(3) tells.'
    serve accept expect 'hello\n' expect-end
    INPUT='echo hello' OUTPUT=/dev/full run_program 127.0.0.1 "$port"
    exits 1
}

@test "nothing but the input goes to the peer" {
    likely 'With descriptor 1 closed, socket(2) gives 1: "sent N" then goes to the peer.'
    serve accept save got
    INPUT='echo hello' GUARD='-c 1' run_program 127.0.0.1 "$port"
    got_only 'hello\n'
    serve accept save got
    INPUT='echo hello' GUARD='-c 1 -c 2' run_program 127.0.0.1 "$port"
    got_only 'hello\n'
}
