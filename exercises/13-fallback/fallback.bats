# Exercise 13: fallback PORT ADDRESS...
# On 127.0.0.1 a peer listens. On 127.0.0.2 and the like nobody does.
load ../../tests/check

# Standard error must have a line with each of these addresses.
complains_of() {
    local address
    for address in "$@"; do
        grep -qF -e "$address" "$name.err" ||
            fail "a line on standard error with the address $address" "$(shown_file "$name.err")"
    done
    [ "$(grep -c . "$name.err")" -ge $# ] || fail "$# lines on standard error, one for each address" "$(shown_file "$name.err")"
}

@test "connects to an address, says which, and copies what it sends" {
    read_first 'connect(2); exercise 2'
    serve accept send 'hello\n' close
    run_program "$port" 127.0.0.1
    exits 0
    prints 'connected 127.0.0.1\nhello\n'
}

@test "tries the next address when nobody listens at the first" {
    likely 'connect(2) returns -1: that is the end of this attempt, and not of the program.'
    read_first 'connect(2), ERRORS: ECONNREFUSED'
    serve accept send 'hello\n' close
    run_program "$port" 127.0.0.2 127.0.0.3 127.0.0.1
    exits 0
    prints 'connected 127.0.0.1\nhello\n'
}

@test "takes them in their order, and the first that connects" {
    likely 'Once connected, the others are not tried: leave the loop.'
    serve accept send 'one\n' close
    SERVE=second ADDRESS=127.0.0.2 AT=$port serve accept send 'two\n' close
    run_program "$port" 127.0.0.2 127.0.0.1
    exits 0
    prints 'connected 127.0.0.2\ntwo\n'
    nobody_came_to server
}
nobody_came_to() {
    ! grep -q accepted "$1.log" || fail 'no connection to the other address' 'a connection'
}

@test "says of each address that failed that it did" {
    likely 'For each address that failed, a line on standard error tells which, and why.'
    serve accept close
    run_program "$port" 127.0.0.2 127.0.0.33 127.0.0.1
    exits 0
    complains_of 127.0.0.2 127.0.0.33
    prints 'connected 127.0.0.1\n'
}

@test "takes any failure of connect for a reason to go on" {
    likely 'Not only ECONNREFUSED: ENETUNREACH, EADDRNOTAVAIL, EHOSTUNREACH, ETIMEDOUT ... all say that this address is no good.'
    read_first 'connect(2), ERRORS; ip(7), ERRORS'
    # A broadcast address is reached by no connection: the kernel says ENETUNREACH.
    serve accept send 'hello\n' close
    run_program "$port" 127.255.255.255 127.0.0.1
    exits 0
    prints 'connected 127.0.0.1\nhello\n'
    complains_of 127.255.255.255
    serve accept close
    FORCE='connect:1=EADDRNOTAVAIL connect:2=EHOSTUNREACH connect:3=EACCES connect:4=ETIMEDOUT' \
        run_program "$port" 127.0.0.2 127.0.0.3 127.0.0.4 127.0.0.5 127.0.0.1
    exits 0
    prints 'connected 127.0.0.1\n'
}

@test "all failed is status 1" {
    likely 'When no address is left, the program has failed.'
    free_port
    run_program "$port" 127.0.0.2 127.0.0.3
    exits 1
    complains_of 127.0.0.2 127.0.0.3
    prints_nothing
    run_program "$port" 127.0.0.4
    exits 1
    prints_nothing
}

@test "says that it is connected at once, and not only at the end" {
    likely 'The line is still in the buffer of standard output: fflush(3).'
    serve accept pause 60000
    start_program "$port" 127.0.0.2 127.0.0.1
    says 'connected 127.0.0.1'
}

@test "closes the sockets that failed, before it tries the next" {
    likely 'Each attempt opens a socket: one that has failed must be closed.'
    likely_when 'Too many open files' 'Each attempt opens a socket: one that has failed must be closed.'
    read_first 'close(2); connect(2), NOTES: after a failure, close the socket and make a new one'
    serve accept send 'hello\n' close
    GUARD='-n 10' run_program "$port" 127.0.0.2 127.0.0.3 127.0.0.4 127.0.0.5 127.0.0.6 127.0.0.7 127.0.0.8 127.0.0.9 127.0.0.10 127.0.0.11 127.0.0.12 127.0.0.1
    exits 0
    prints 'connected 127.0.0.1\nhello\n'
}

@test "a reset is status 1, and no other address is tried then" {
    likely 'It was connected: what goes wrong from then on is no reason to try another address.'
    read_first 'read(2), ERRORS: ECONNRESET; exercise 2'
    serve accept send 'half' drained reset
    SERVE=second ADDRESS=127.0.0.2 AT=$port serve accept send 'other' close
    run_program "$port" 127.0.0.1 127.0.0.2
    exits 1
    prints 'connected 127.0.0.1\nhalf'
    nobody_came_to second
}

@test "copies bytes of any value, however many, and sends none" {
    likely 'Read until read(2) returns 0; write(2) may take less than it was given.'
    serve accept drip 'a\0b\xff' quiet 0 flood 1000000 end expect-end
    run_program "$port" 127.0.0.2 127.0.0.1
    served
    exits 0
    { printf 'connected 127.0.0.1\na\0b\377' && flood 1000000; } >wanted
    prints_file wanted
    serve accept flood 500 close
    FORCE='input=3 output=1' run_program "$port" 127.0.0.1
    exits 0
    { printf 'connected 127.0.0.1\n' && flood 500; } >wanted
    prints_file wanted
}

@test "refuses wrong usage with status 2, before any socket" {
    likely 'PORT is a number from 1 to 65535, and each ADDRESS what inet_pton(3) takes for AF_INET: look at all of them first.'
    refuses
    refuses 4001
    refuses 0 127.0.0.1
    refuses 65536 127.0.0.1
    refuses 80x 127.0.0.1
    refuses 127.0.0.1 80
    refuses 80 localhost
    refuses 80 ''
    refuses 80 127.1
    refuses 80 127.0.0.1 127.0.0.2 127.0.0.256
}

@test "no socket when none can be had: status 1" {
    likely 'What socket(2) returned is not looked at.'
    GUARD='-x' WATCH='' run_program 4001 127.0.0.1
    exits 1
    prints_nothing
}

@test "output that cannot be written is status 1" {
    likely 'What write(2), or fflush(3), returned is not looked at.'
    serve accept send 'hello\n' close
    OUTPUT=/dev/full run_program "$port" 127.0.0.1
    exits 1
}

@test "prints nothing into the connection when descriptor 1 is closed" {
    likely 'With descriptor 1 closed, socket(2) gives 1: "standard output" is then the connection.'
    serve accept send 'hello\n' end save got
    GUARD='-c 1' run_program "$port" 127.0.0.1
    got_only ''
}
