# Exercise 10: inherited. Its standard input is a socket that somebody else has opened.
load ../../tests/check

# Runs the program with such a socket; it must print the names that its other end knows.
tells_names_of() {
    PARENT=$1 run_program
    exits 0
    prints_file names
}

@test "tells both names of a connection" {
    likely 'Descriptor 0 is the socket: open no other one. Local is its own name, from getsockname(2); peer is the other end, from getpeername(2).'
    read_first 'getsockname(2); getpeername(2); TUTORIAL.md, Step 5'
    tells_names_of connected
}

@test "a peer that has ended its sending side is still the peer" {
    likely 'An end of file says nothing about the names: do not read.'
    tells_names_of half-closed
}

@test "a socket that is not connected has no peer: none" {
    likely 'getpeername(2) fails with ENOTCONN then. That is an answer, and no failure.'
    read_first 'getpeername(2), ERRORS: ENOTCONN'
    tells_names_of listening
    tells_names_of bound
    tells_names_of fresh
}

@test "a connection that was reset has no peer any more: none" {
    likely 'getpeername(2) fails with ENOTCONN then. That is an answer, and no failure.'
    tells_names_of reset
}

@test "tells names of IPv6, too" {
    likely 'The family of the socket is not known before: a struct sockaddr_storage has room for any, and ss_family tells which it is.'
    read_first 'ipv6(7); socket(7), sockaddr_storage; inet_ntop(3)'
    (echo >/dev/tcp/::1/1) 2>&1 | grep -q 'Connection refused' || skip 'this machine has no IPv6'
    tells_names_of connected6
    tells_names_of listening6
}

@test "what is no socket is status 1, and a line that says so" {
    likely 'getsockname(2) fails with ENOTSOCK or EBADF. That is another case than ENOTCONN.'
    read_first 'getsockname(2), ERRORS: ENOTSOCK, EBADF'
    PARENT=pipe run_program
    is_refused
    PARENT=file run_program
    is_refused
    run_program
    is_refused
    GUARD='-c 0' run_program
    is_refused
}

# Status 1, one line on standard error, nothing on standard output.
is_refused() {
    exits 1
    prints_nothing
    [ "$(wc -l <"$name.err")" -eq 1 ] || fail 'one line on standard error that says what is wrong' "$(shown_file "$name.err")"
}

@test "prints nothing elsewhere when descriptor 1 is closed" {
    likely 'With 1 closed, nothing must be printed into something else: say that it cannot be written.'
    GUARD='-c 1' PARENT=connected run_program
    exits 1
}

@test "refuses arguments with status 2" {
    refuses 0
    refuses ''
}

@test "output that cannot be written is status 1" {
    likely 'printf(3) only fills a buffer: whether it could be written, fflush(3) tells.'
    PARENT=connected OUTPUT=/dev/full run_program
    exits 1
}
