# Exercise 1: descriptor FAMILY TYPE.
load ../../tests/check

@test "prints the descriptor that socket(2) gave" {
    read_first 'socket(2), RETURN VALUE'
    # 2 is AF_INET, 1 is SOCK_STREAM.
    run_program 2 1
    exits 0
    prints 'fd=3\n'
}

@test "prints the number that the kernel gave, whichever it is" {
    likely 'The number is made up, or 0 is taken for a failure. Only -1 is one.'
    read_first 'socket(2), RETURN VALUE'
    GUARD='-c 0' run_program 2 1
    exits 0
    prints 'fd=0\n'
}

@test "says what failed on standard error, and ends with status 1" {
    likely 'A call that fails returns -1: then nothing is printed but a complaint.'
    read_first 'socket(2), ERRORS; perror(3)'
    # There is no family 99, and no type 77.
    run_program 99 1
    complains socket
    prints_nothing
    run_program 2 77
    complains socket
    prints_nothing
}

@test "-1 goes to socket(2), too, and fails there" {
    likely 'A minus is allowed: it is for the kernel to say that there is no such family.'
    run_program -1 1
    complains socket
    prints_nothing
    run_program 2 -1
    complains socket
    prints_nothing
}

@test "passes on FAMILY and TYPE, in this order" {
    likely 'Are both arguments passed to socket(2), the family first, the type second?'
    read_first 'socket(2), SYNOPSIS'
    # Family 1, AF_UNIX, has the type 5, SOCK_SEQPACKET; a family 5 there is not.
    run_program 1 5
    exits 0
    run_program 5 1
    complains socket
}

@test "opens a socket, and nothing else, to get the number" {
    likely 'Here the kernel refuses every call of socket(2), and the program has not noticed: is it called?'
    GUARD='-x' WATCH='' run_program 2 1
    complains socket
    prints_nothing
}

@test "refuses wrong usage with status 2, before any socket" {
    likely 'Exactly two arguments, each a whole number in decimal digits. strtol(3) tells where it stopped.'
    read_first 'strtol(3); the task in README.md'
    refuses
    refuses 2
    refuses 2 1 0
    refuses 2x 1
    refuses 2 ''
    refuses ' 2' 1
    refuses 2 '1 '
    refuses + 1
    refuses 2 0x1
    refuses 99999999999999999999 1
    refuses 2 4294967297
    refuses AF_INET 1
}

@test "output that cannot be written is status 1" {
    likely 'printf(3) only fills a buffer: whether it could be written, fflush(3) or fclose(3) tells.'
    read_first 'printf(3), RETURN VALUE; fclose(3)'
    OUTPUT=/dev/full run_program 2 1
    exits 1
}
