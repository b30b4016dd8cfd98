# Exercise 12: names HOST SERVICE. Nothing here asks a server of names (DNS).
load ../../tests/check

# What the functions for names say, in glibc and in musl: gai_strerror(3).
unknown='not known|not supported|not resolve|[Uu]nrecognized service|unknown|Unknown|[Tt]emporary failure|[Nn]on-recoverable'

# Standard output must have these lines, in any order. Takes a text with escapes of printf.
prints_in_any_order() {
    # shellcheck disable=SC2059
    printf "$1" | sort >wanted
    sort "$name.out" >sorted
    cmp -s wanted sorted || fail "on standard output, in any order, $(shown_file wanted)" "$(shown_file "$name.out")"
}

@test "an IPv4 address and a port are printed as they are, once" {
    likely 'Without SOCK_STREAM in ai_socktype, getaddrinfo(3) gives each address three times: for TCP, for UDP, and raw. The port in a struct is in network byte order.'
    read_first 'getaddrinfo(3), above all hints; getnameinfo(3)'
    run_program 127.0.0.1 80
    exits 0
    prints '127.0.0.1 80\n'
}

@test "an IPv6 address as well" {
    likely 'AF_UNSPEC asks for both families. The struct that holds an address depends on its family: getnameinfo(3) knows them all.'
    read_first 'getaddrinfo(3), hints: ai_family; getnameinfo(3), NI_NUMERICHOST'
    run_program ::1 443
    exits 0
    prints '::1 443\n'
    run_program 2001:DB8:0:0::7 65535
    exits 0
    prints '2001:db8::7 65535\n'
    run_program ::ffff:127.0.0.1 1
    exits 0
    prints '::ffff:127.0.0.1 1\n'
}

@test "every address of a host, of both families, a line each" {
    likely 'getaddrinfo(3) gives a list: ai_next leads from one to the next. AF_UNSPEC asks for both families.'
    read_first 'getaddrinfo(3), above all ai_next and ai_family'
    FORCE='getaddrinfo=5' run_program localhost 4012
    exits 0
    prints_in_any_order '2001:db8::1 4012\n192.0.2.2 4012\n2001:db8::3 4012\n192.0.2.4 4012\n2001:db8::5 4012\n'
}

@test "localhost, as this machine knows it" {
    likely 'localhost is a name like any other: getaddrinfo(3) looks it up, in /etc/hosts.'
    run_program localhost 80
    exits 0
    grep -qxE '(127\.0\.0\.1|::1) 80' program.out && ! grep -qvxE '(127\.[0-9.]*|::1) 80' program.out ||
        fail '"127.0.0.1 80" or "::1 80", or both' "$(shown_file program.out)"
}

@test "a service by its name; an unknown one is status 1, and why" {
    likely 'getaddrinfo(3) takes the name of a service too, and finds its number in /etc/services. It returns its error, which is not in errno: gai_strerror(3) has the words.'
    read_first 'getaddrinfo(3), service; gai_strerror(3); getnameinfo(3), NI_NUMERICSERV; services(5)'
    local service number=''
    for service in domain http smtp ssh; do
        number=$(awk -v service="$service" '$1 == service && $2 ~ /\/tcp/ { sub(/\/.*/, "", $2); print $2; exit }' /etc/services 2>/dev/null || true)
        [ -z "$number" ] || break
    done
    # A machine without /etc/services knows no service by name.
    if [ -n "$number" ]; then
        run_program 127.0.0.1 "$service"
        exits 0
        prints "127.0.0.1 $number\\n"
    fi
    run_program 127.0.0.1 no-such-service
    complains "$unknown"
    prints_nothing
}

@test "the interface of a link-local address is printed with it" {
    likely 'fe80::1%lo is address 1 of the link of the interface lo. getnameinfo(3) writes both.'
    read_first 'getnameinfo(3); ipv6(7), sin6_scope_id'
    if [ -e /sys/class/net/lo ] || grep -q '^ *lo:' /proc/net/dev; then
        run_program fe80::1%lo 80
        exits 0
        prints 'fe80::1%%lo 80\n'
    fi
}

@test "an unknown host as well" {
    likely 'getaddrinfo(3) returns its error. It is not in errno: gai_strerror(3) has the words.'
    # A part of a name has 63 characters at most: nobody need be asked for this one.
    run_program xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx 80
    complains "$unknown"
    prints_nothing
}

@test "a number above 65535 is no service, nor is an empty one" {
    likely 'getaddrinfo(3) takes any number, and cuts it to 16 bits; an empty text is 0 to it. You must look at SERVICE before.'
    local service
    for service in 65536 70000 99999999999999999999 ''; do
        run_program 127.0.0.1 "$service"
        complains "$unknown"
        prints_nothing
    done
    run_program 127.0.0.1 65535
    exits 0
    prints '127.0.0.1 65535\n'
}

@test "refuses wrong usage with status 2, before any socket" {
    likely 'There are two arguments, HOST and SERVICE.'
    refuses
    refuses localhost
    refuses localhost 80 more
}

@test "output that cannot be written is status 1" {
    likely 'Whether the lines could be written, fflush(3) tells.'
    OUTPUT=/dev/full run_program 127.0.0.1 80
    exits 1
    GUARD='-c 1' run_program 127.0.0.1 80
    exits 1
}
