# Exercise 2: fetch ADDRESS PORT.
load ../../tests/check

@test "prints what the peer sends, and ends when it closes" {
    read_first 'connect(2); read(2), RETURN VALUE; TUTORIAL.md, Step 2'
    likely_when 'connect' 'Is the port in network byte order (htons(3))? Is the family set?'
    serve accept send 'hello\n' close
    run_program 127.0.0.1 "$port"
    exits 0
    prints 'hello\n'
}

@test "reads until the end, however small the pieces are" {
    likely 'One read gives what has come until now, not all. Read until read(2) returns 0.'
    read_first 'read(2), RETURN VALUE; TUTORIAL.md, experiment 2.3'
    serve accept drip 'one\ntwo\nthree' close
    run_program 127.0.0.1 "$port"
    served
    exits 0
    prints 'one\ntwo\nthree'
}

@test "copies every byte, also NUL, and adds no newline" {
    likely 'The bytes are treated as text: printf("%s") and strlen(3) stop at a NUL. read(2) says how many there are.'
    read_first 'read(2), RETURN VALUE; fwrite(3)'
    serve accept send 'a\0b\xff\x80\r\n\0\0end\0' close
    run_program 127.0.0.1 "$port"
    exits 0
    prints 'a\0b\377\200\r\n\0\0end\0'
}

@test "copies as much as comes: here 3,000,000 bytes" {
    likely 'Is there a buffer of one size for everything? Read and write in turn, piece by piece.'
    serve accept flood 3000000 close
    run_program 127.0.0.1 "$port"
    served
    exits 0
    flood 3000000 >wanted
    prints_file wanted
}

@test "a peer that sends nothing and closes is no failure" {
    likely 'An end of file at once is an answer, too: an empty one.'
    serve accept close
    run_program 127.0.0.1 "$port"
    exits 0
    prints_nothing
}

@test "sends nothing to the peer, not even an end" {
    likely 'Nothing is asked for: only read. A shutdown(2) before the peer has closed is an end, too.'
    serve accept send 'x' drained quiet 50 send 'y' drained quiet 0 end expect-end
    run_program 127.0.0.1 "$port"
    served
    exits 0
    prints 'xy'
}

@test "writes all, however little each write takes" {
    likely 'write(2) may take less than it was given: what it returned must be looked at, and the rest written again.'
    read_first 'write(2), RETURN VALUE'
    serve accept send 'a line, and another\n' flood 1000 close
    FORCE='output=1' run_program 127.0.0.1 "$port"
    exits 0
    printf 'a line, and another\n' >wanted
    flood 1000 >>wanted
    prints_file wanted
}

@test "a connection that is refused is status 1, and names connect" {
    likely 'connect(2) returns -1 when nobody listens there.'
    read_first 'connect(2), ERRORS: ECONNREFUSED'
    free_port
    run_program 127.0.0.1 "$port"
    complains connect
    prints_nothing
}

@test "a reset is status 1, after what came before it" {
    likely 'read(2) returns -1 after a reset: that is not the end of file, which is 0.'
    read_first 'read(2), ERRORS: ECONNRESET; TUTORIAL.md, Reset'
    serve accept send 'half' drained reset
    run_program 127.0.0.1 "$port"
    complains 'read|recv|get|splice|copy'
    prints 'half'
}

@test "goes to the address that it is given, not only to 127.0.0.1" {
    ADDRESS=127.0.0.3 serve accept send 'three' close
    run_program 127.0.0.3 "$port"
    exits 0
    prints 'three'
}

@test "no socket when none can be had: status 1" {
    likely 'What socket(2) returned is not looked at.'
    GUARD='-x' WATCH='' run_program 127.0.0.1 4001
    complains 'socket|connect'
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
    refuses 127.0.0.1 -1
    refuses 127.0.0.1 ' 80'
    refuses 127.0.0.1 ''
    refuses 127.0.0.1 18446744073709551696
}

@test "output that cannot be written is status 1" {
    likely 'What write(2), or fflush(3) at the end, returned is not looked at.'
    serve accept send 'hello\n' close
    OUTPUT=/dev/full run_program 127.0.0.1 "$port"
    exits 1
}

@test "prints nothing into the connection when descriptor 1 is closed" {
    likely 'With descriptor 1 closed, socket(2) gives 1: "standard output" is then the connection.'
    serve accept send 'hello\n' end save got
    GUARD='-c 1' run_program 127.0.0.1 "$port"
    got_only ''
}
