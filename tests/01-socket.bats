# Step 1: what 01-socket/socket shows.
load steps

@test "the descriptor is 3, the lowest free one" {
    run -0 limited "$step1"
    has "$output" 'socket(AF_INET, SOCK_STREAM, 0) = 3'
    has "$output" 'close(3) = 0'
}

@test "the descriptor is 0 when standard input is closed" {
    run -0 limited sh -c '"$0" <&-' "$step1"
    has "$output" 'socket(AF_INET, SOCK_STREAM, 0) = 0'
    has "$output" 'close(0) = 0'
    has "$output" '    0 is a file descriptor'
    has "$output" '    0 is free again'
    has_not "$output" 'standard input, output and error'
}

@test "the descriptor is 5 when 3 and 4 are taken, and 3 when only 4 is" {
    run -0 limited sh -c '"$0" 3</dev/null 4</dev/null' "$step1"
    has "$output" 'SOCK_STREAM, 0) = 5'
    run -0 limited sh -c '"$0" 3<&- 4</dev/null' "$step1"
    has "$output" 'SOCK_STREAM, 0) = 3'
}

@test "TCP, UDP and Unix sockets can be made, by name and by number" {
    local family type
    for family in AF_INET AF_UNIX; do
        for type in SOCK_STREAM SOCK_DGRAM; do
            run -0 limited "$step1" "$family" "$type"
            has "$output" "socket($family, $type, 0) = 3"
        done
    done
    run -0 limited "$step1" 2 1 6
    has "$output" 'socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3'
    run -0 limited "$step1" AF_INET SOCK_DGRAM IPPROTO_UDP
    has "$output" 'socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 3'
}

@test "an IPv6 socket can be made where the kernel has IPv6" {
    [ -e /proc/net/if_inet6 ] || skip "this kernel has no IPv6"
    run -0 limited "$step1" AF_INET6 SOCK_DGRAM
    has "$output" 'socket(AF_INET6, SOCK_DGRAM, 0) = 3'
}

@test "a family that no kernel has: EAFNOSUPPORT" {
    run -1 limited "$step1" 99
    has "$output" 'socket(99, SOCK_STREAM, 0) = -1 EAFNOSUPPORT ('
    run -1 limited "$step1" AF_UNSPEC
    has "$output" 'socket(AF_UNSPEC, SOCK_STREAM, 0) = -1 EAFNOSUPPORT ('
}

@test "a protocol of another type: EPROTONOSUPPORT" {
    run -1 limited "$step1" AF_INET SOCK_STREAM IPPROTO_UDP
    has "$output" 'socket(AF_INET, SOCK_STREAM, IPPROTO_UDP) = -1 EPROTONOSUPPORT ('
    run -1 limited "$step1" AF_INET SOCK_RAW
    has "$output" 'socket(AF_INET, SOCK_RAW, 0) = -1 EPROTONOSUPPORT ('
}

@test "a type that no kernel has: EINVAL; one that the family has not: ESOCKTNOSUPPORT" {
    [ "$(uname)" = Linux ] || skip "other kernels have other errors here"
    run -1 limited "$step1" AF_INET 99
    has "$output" 'socket(AF_INET, 99, 0) = -1 EINVAL ('
    run -1 limited "$step1" AF_INET SOCK_SEQPACKET
    has "$output" 'socket(AF_INET, SOCK_SEQPACKET, 0) = -1 ESOCKTNOSUPPORT ('
}

@test "a raw socket without rights: EPERM" {
    needs_setpriv
    run -1 limited "${without_rights[@]}" "$step1" AF_INET SOCK_RAW IPPROTO_ICMP
    has "$output" 'socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) = -1 EPERM ('
}

@test "a ping socket for a group that may not have one: EACCES" {
    needs_namespace
    # A new network namespace allows no group to ping: ping_group_range in icmp(7).
    run -1 limited "${in_namespace[@]}" "$step1" AF_INET SOCK_DGRAM IPPROTO_ICMP
    has "$output" 'socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP) = -1 EACCES ('
}

@test "no descriptor left under ulimit -n 3: EMFILE" {
    # Where make could not link it statically (see Makefile), it cannot even start.
    (ulimit -n 3 && "$step1" --help) >/dev/null 2>&1 || skip "no static C library here"
    run -1 limited bash -c 'ulimit -n 3; exec "$0"' "$step1"
    has "$output" 'socket(AF_INET, SOCK_STREAM, 0) = -1 EMFILE ('
    has "$output" 'socket: socket: Too many open files'
}

@test "a failure is one line on standard error, its reason on standard output" {
    run -1 --separate-stderr limited "$step1" 99
    equals "$stderr" 'socket: socket: Address family not supported by protocol'
    equals "${#lines[@]}" 3
    has "${lines[1]}" '    The kernel has no such family'
}

@test "output that cannot be written is a failure" {
    [ -e /dev/full ] || skip "this system has no /dev/full"
    run -1 limited sh -c '"$0" >/dev/full' "$step1"
    equals "$output" 'socket: standard output: cannot be written'
}
