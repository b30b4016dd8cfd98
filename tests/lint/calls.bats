# What the steps print about their calls is what happened: every socket call, held against
# strace(1). Linux alone has strace.
load ../steps

compare=$root/tests/lint/compare-calls

# Compares the calls that a step told with those that it made, and looks for a text in
# what it told, so that the case is the one that is meant. Takes the text and the command.
same_calls() {
    local text=$1
    shift
    limited "$compare" "$@"
    has calls.out "$text"
}

# The same for a server: it must end by itself, after the clients. Takes the name of a
# function that plays them, the text, and the number of clients.
same_calls_of_server() {
    local clients=$1 text=$2
    start comparison "$compare" "$step4" "$address" "$port" "$3"
    wait_for calls.out '... accept waits'
    "$clients"
    wait_for_end "$pid"
    cat comparison.out
    equals "$status" 0
    has calls.out "$text"
}

@test "strace is here, and sees what a step does" {
    strace -V >/dev/null
    same_calls 'socket(AF_INET, SOCK_STREAM, 0) = 3' "$step1"
    has calls.made 'socket(AF_INET, SOCK_STREAM, 0) = 3'
    has calls.made 'close(3) = 0'
}

@test "socket: all families, types and protocols, known and unknown" {
    local domain type protocol
    for domain in AF_INET AF_INET6 AF_UNIX AF_UNSPEC 99; do
        for type in SOCK_STREAM SOCK_DGRAM SOCK_RAW SOCK_SEQPACKET 7 99; do
            same_calls "socket($domain, $type, 0) = " "$step1" "$domain" "$type"
        done
    done
    same_calls 'socket(AF_UNIX, SOCK_STREAM, 1) = ' "$step1" AF_UNIX SOCK_STREAM 1
    same_calls 'socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP) = ' "$step1" AF_INET6 SOCK_STREAM 6
    for protocol in IPPROTO_TCP IPPROTO_UDP IPPROTO_ICMP IPPROTO_RAW; do
        for type in SOCK_STREAM SOCK_DGRAM SOCK_RAW; do
            same_calls "socket(AF_INET, $type, $protocol) = " "$step1" AF_INET "$type" "$protocol"
        done
    done
}

@test "socket: no descriptor left, and standard input closed" {
    same_calls ') = 0' sh -c 'exec "$0" <&-' "$step1"
    same_calls ') = -1 EMFILE (' sh -c 'ulimit -n 3; exec "$0"' "$step1"
}

@test "connect: refused, no route, answered" {
    same_calls ') = -1 ECONNREFUSED (' "$step2" "$address" "$port"
    same_calls ') = -1 ENETUNREACH (' "$step2" 255.255.255.255 "$port"
    start_server server
    same_calls 'read(3, "you said: hello\n", 4096) = 16' "$step2" "$address" "$port"
    same_calls 'write(3, "\n", 1) = 1' "$step2" "$address" "$port" ''
}

@test "connect: all 255 values that a byte of a message can have, shown as strace shows them" {
    local message
    # The octal numbers of all bytes, and printf(1) makes bytes of them.
    message=$(printf '%b' "$(printf '\\0%03o' {1..255})x")
    start_server server
    local from
    # 40 bytes at a time: more than 48 are cut.
    for from in 0 40 80 120 160 200 240; do
        same_calls 'read(3, "you said: ' "$step2" "$address" "$port" "${message:from:40}"
    done
    same_calls '"...,' "$step2" "$address" "$port" "$message"
    # An octal number before a digit, and at the end of what is shown.
    same_calls 'write(3, "\0010\18\0017\n", ' "$step2" "$address" "$port" $'\0010\0018\0017'
    same_calls '"...,' "$step2" "$address" "$port" "$(printf 'x%.0s' {1..47})"$'\00177'
}

@test "connect: a long answer, with bytes of all values and NULs, in pieces" {
    head -c 300000 /dev/urandom >answer
    start server "$peer" listen "$address" "$port" accept expect 'hello\n' send-file answer
    wait_for server.out listening
    same_calls 'Received in all: 300000 bytes' "$step2" "$address" "$port"
}

@test "connect: the peer resets" {
    start server "$peer" listen "$address" "$port" accept expect 'hello\n' reset
    wait_for server.out listening
    same_calls 'read(3, ?, 4096) = -1 ECONNRESET (' "$step2" "$address" "$port"
}

@test "bind: success, port 0, in use, not ours" {
    same_calls ' = 0' "$step3" "$address" "$port"
    same_calls "bind(3, $address:0, 16) = 0" "$step3" "$address" 0
    same_calls ') = -1 EADDRNOTAVAIL (' "$step3" 192.0.2.1 "$port"
    start_server server
    same_calls ') = -1 EADDRINUSE (' "$step3" "$address" "$port"
}

@test "accept: the address is in use" {
    start_server server
    same_calls ') = -1 EADDRINUSE (' "$step4" "$address" "$port"
}

good_clients() {
    limited "$step2" "$address" "$port" >/dev/null
    limited "$step2" "$address" "$port" $'\001 good day' >/dev/null
}
@test "accept: two clients" {
    same_calls_of_server good_clients 'write(4, "you said: \1 good day\n", 21) = 21' 2
}

odd_clients() {
    "$peer" connect "$address" "$port" drip 'in pieces\n' expect 'you said: in pieces\n' expect-end
    "$peer" connect "$address" "$port" end expect-end
    "$peer" connect "$address" "$port" send 'half' end expect 'you said: half\n' expect-end
    "$peer" connect "$address" "$port" send "$(printf 'x%.0s' {1..2000})" expect-reset
    "$peer" connect "$address" "$port" send 'abc' drained reset
}
@test "accept: a line in pieces, nothing, half a line, too long a line, a reset" {
    same_calls_of_server odd_clients 'read(4, ?, 1022) = -1 ECONNRESET (' 5
}

@test "names: the kernel's choice, all addresses, not ours, in use" {
    same_calls 'mirror each other' "$step5"
    same_calls 'mirror each other' "$step5" 0.0.0.0
    same_calls ') = -1 EADDRNOTAVAIL (' "$step5" 192.0.2.1
    start_server server
    same_calls ') = -1 EADDRINUSE (' "$step5" "$address" "$port"
}

# Builds step 2 from its source, changed by a sed script, and runs the comparison against
# a server: it must fail. Takes the script.
told_apart() {
    sed -E "$1" "$root/02-connect/connect.c" >changed.c
    ! cmp -s changed.c "$root/02-connect/connect.c" || { echo "nothing changed: $1"; return 1; }
    cc -w -o changed changed.c
    if limited "$compare" ./changed "$address" "$port" >difference; then
        echo "not told apart: $1"
        return 1
    fi
    # It is the comparison that failed, not the program.
    grep -qE '^[-+][a-z]+\(' difference
}

@test "the comparison fails when a step prints one call more, one less, or another one" {
    start_server server
    same_calls ' = 0' "$step2" "$address" "$port"
    # One more, one less.
    told_apart 's/^    report\("close".*/&&/'
    told_apart 's/^    report\("close".*//'
    # Another name, argument, address, result, error, order.
    told_apart 's/report\("connect"/report("bind"/'
    told_apart 's/(report\("connect".*, )sizeof \*address/\128/'
    told_apart 's/^    address_text\(address, peer\);/&strcpy(peer, "127.0.0.1:1");/'
    told_apart 's/^    print_result\("write", result/    print_result("write", result + 1/'
    told_apart 's/^(    printf\("\[%d\], )/\1/; s/report_read\(fd, buffer, sizeof buffer, received/report_read(fd, "x", 1, received/'
    kill "$pid"
    wait_for_end "$pid"
    told_apart 's/"ECONNREFUSED",/"ETIMEDOUT",/'
}
