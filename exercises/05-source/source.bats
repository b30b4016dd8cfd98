# Exercise 5: source SOURCE ADDRESS PORT.
load ../../tests/check

@test "comes from SOURCE: the peer says whom it saw" {
    likely_when 'connect' 'Is the port in network byte order (htons(3))? Is the family set? Is it ADDRESS that it connects to?'
    likely 'Without bind(2) before connect(2) the kernel chooses the address: 127.0.0.1. It is the same socket that is bound and connected.'
    read_first 'bind(2); TUTORIAL.md, Step 3'
    serve accept send '\P\n' close
    run_program 127.0.0.5 127.0.0.1 "$port"
    exits 0
    served
    comes_from 127.0.0.5
    serve accept send '\P\n' close
    run_program 127.0.0.77 127.0.0.1 "$port"
    exits 0
    comes_from 127.0.0.77
}

# The answer must be this address with any port, on one line, and what the peer saw.
comes_from() {
    sed -n 's/^accepted //p' server.log >wanted
    if ! cmp -s wanted "$name.out" || ! grep -q "^$1:" wanted; then
        fail "a connection from $1, told as the peer has sent it: \"$1:PORT\\n\"" "$(shown_file "$name.out"), and the peer saw $(cat wanted)"
    fi
}

@test "lets the kernel choose the port: a second one works, too" {
    likely 'The port of SOURCE is 0: the kernel chooses one. A fixed one is taken already.'
    read_first 'ip(7), ip_local_port_range; bind(2), ERRORS: EADDRINUSE'
    serve accept say first accept send '\P\n' close pause 60000
    LABEL=first start_program 127.0.0.6 127.0.0.1 "$port"
    wait_for_log server first
    run_program 127.0.0.6 127.0.0.1 "$port"
    exits 0
    # And again at once, when the connection before is still in TIME_WAIT.
    serve accept send 'x' close
    run_program 127.0.0.6 127.0.0.1 "$port"
    exits 0
    prints 'x'
}

@test "copies the answer to the end, byte for byte" {
    likely 'One read gives what has come until now, not all. Read until read(2) returns 0.'
    serve accept drip 'a\0b\nc\xff' flood 300000 close
    run_program 127.0.0.5 127.0.0.1 "$port"
    served
    exits 0
    { printf 'a\0b\nc\377' && flood 300000; } >wanted
    prints_file wanted
}

@test "SOURCE that is not of this machine is status 1, and names bind" {
    likely 'What bind(2) returned is not looked at: then the kernel chooses the address.'
    read_first 'bind(2), ERRORS: EADDRNOTAVAIL'
    foreign_address
    serve accept send 'x' close
    run_program "$foreign" 127.0.0.1 "$port"
    complains bind
    prints_nothing
}

# An address for documentation (RFC 5737) that this machine does not have, in `foreign`.
foreign_address() {
    for foreign in 192.0.2.1 198.51.100.1 203.0.113.1; do
        "$peer" listen "$foreign" 0 stop-listening 2>&1 | grep -q 'Cannot assign' && return
    done
    skip 'every address for documentation is one of this machine'
}

@test "a connection that is refused is status 1, and names connect" {
    likely 'connect(2) returns -1 when nobody listens there.'
    free_port
    run_program 127.0.0.5 127.0.0.1 "$port"
    complains connect
    prints_nothing
}

@test "sends nothing to the peer, not even an end" {
    serve accept send 'x' drained quiet 50 end expect-end
    run_program 127.0.0.5 127.0.0.1 "$port"
    served
    exits 0
    prints 'x'
}

@test "a reset is status 1, after what came before it" {
    likely 'read(2) returns -1 after a reset: that is not the end of file, which is 0.'
    serve accept send 'half' drained reset
    run_program 127.0.0.5 127.0.0.1 "$port"
    complains 'read|recv|get|splice|copy'
    prints 'half'
}

@test "refuses wrong usage with status 2, before any socket" {
    likely 'SOURCE and ADDRESS are what inet_pton(3) takes for AF_INET, PORT a number from 1 to 65535.'
    refuses
    refuses 127.0.0.1 127.0.0.1
    refuses 127.0.0.1 127.0.0.1 80 more
    refuses localhost 127.0.0.1 80
    refuses 127.0.0.1 localhost 80
    refuses 127.1 127.0.0.1 80
    refuses 127.0.0.1 127.0.0.1 0
    refuses 127.0.0.1 127.0.0.1 65536
    refuses 127.0.0.1 127.0.0.1 80x
}

@test "output that cannot be written is status 1" {
    likely 'What write(2), or fflush(3) at the end, returned is not looked at.'
    serve accept send 'hello\n' close
    OUTPUT=/dev/full run_program 127.0.0.5 127.0.0.1 "$port"
    exits 1
}
