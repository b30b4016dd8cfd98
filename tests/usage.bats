# Wrong usage of the five programs: status 2, one line that names the argument, what is
# allowed and what was given, and the usage; and no socket is opened.
load steps

# Runs a program with arguments that are wrong. Takes the name of the argument that is to
# be complained about, and the command.
refused() {
    local argument=$1 status=0 program=${2##*/} complaint usage
    shift
    "${time_limit[@]}" "$@" >out 2>err </dev/null || status=$?
    { IFS= read -r complaint && IFS= read -r usage && [ -z "$(cat)" ]; } <err || status=lines
    # Every call would be printed: nothing on standard output, no call was made. That the
    # programs print all calls is what tests/lint/calls.bats shows.
    case $status:$complaint:$usage:$(wc -c <out | tr -d ' ') in
    "2:$program: $argument"*":usage: $program "*:0) wrong=$((${wrong:-0} + 1)) ;;
    *)
        echo "not refused as it should be (status $status): $*"
        cat out err
        return 1
        ;;
    esac
}

# What no argument that is a number may be. Each is tried as every PORT and CLIENTS.
not_numbers=(
    '' ' ' abc -1 +80 ' 80' '80 ' 80x x80 0x50 1e3 8.0 8,000 80/tcp http --port
    65536 4294967376 18446744073709551696 99999999999999999999 -0 ٨٠ '80
81' $'80\t' "'80'" '$PORT' null
)

# What no address may be.
not_addresses=(
    '' ' ' localhost example.org 256.1.1.1 1.2.3 127.1 1.2.3.4.5 1..2.3 .1.2.3.4 1.2.3.4.
    1.2.3.-4 0x7f.0.0.1 0177.0.0.1 2130706433 ' 127.0.0.1' '127.0.0.1 ' 127.0.0.1:80 ::1
    '[::1]' ::ffff:127.0.0.1 '*' 1.2.3.x 1,2,3,4 １２７.0.0.1 999999999999.1.1.1
)

@test "socket: what is neither a name nor a number is refused" {
    local text
    for text in '' ' ' inet af_inet AF_INET4 AF_ -1 0x2 2x ' 2' '2 ' +2 2147483648 \
        99999999999999999999 SOCK_STREAM é; do
        refused 'DOMAIN must be a name such as AF_INET or a whole number' "$step1" "$text"
    done
    for text in '' stream AF_INET -1 SOCK_STREAM,SOCK_NONBLOCK 1.5; do
        refused 'TYPE must be a name such as SOCK_STREAM or' "$step1" AF_INET "$text"
    done
    for text in '' tcp TCP SOCK_STREAM -1 6.0; do
        refused 'PROTOCOL must be a name such as IPPROTO_TCP or' \
            "$step1" AF_INET SOCK_STREAM "$text"
    done
}

@test "connect, bind, accept, names: what is no IPv4 address is refused" {
    local text program
    for text in "${not_addresses[@]}"; do
        for program in "$step2" "$step3" "$step4" "$step5"; do
            refused 'ADDRESS must be four numbers with dots' "$program" "$text" 4000
        done
    done
    # Each of those, four times: a list that is empty would prove nothing.
    equals "$wrong" 104
}

@test "connect, bind, accept, names: what is no port is refused" {
    local text program
    for text in "${not_numbers[@]}"; do
        for program in "$step2" "$step3" "$step4" "$step5"; do
            refused 'PORT must be a whole number from' "$program" 127.0.0.1 "$text"
        done
    done
    equals "$wrong" 108
}

@test "connect, accept: port 0 is refused, nobody could call it" {
    refused 'PORT must be a whole number from 1 to 65535' "$step2" 127.0.0.1 0
    refused 'PORT must be a whole number from 1 to 65535' "$step4" 127.0.0.1 0
    refused 'PORT must be a whole number from 1 to 65535' "$step4" 127.0.0.1 000
}

@test "accept: what is no number of clients is refused" {
    local text
    for text in "${not_numbers[@]}" 0 1000001; do
        # 65536 clients are allowed.
        [ "$text" != 65536 ] || continue
        refused 'CLIENTS must be a whole number from 1 to 1000000' \
            "$step4" 127.0.0.1 4000 "$text"
    done
}

@test "missing arguments are named" {
    local program
    for program in "$step2" "$step3" "$step4"; do
        refused 'ADDRESS must be four numbers with dots' "$program"
        has err 'but it is missing'
        refused 'PORT must be a whole number' "$program" 127.0.0.1
        has err 'but it is missing'
    done
}

@test "surplus arguments are refused, the first of them is shown" {
    refused 'at most 3 arguments are allowed, but there is also "x"' "$step1" 2 1 0 x
    refused 'at most 3 arguments are allowed, but there is also "x"' "$step2" 127.0.0.1 1 m x y
    refused 'at most 2 arguments are allowed, but there is also "x"' "$step3" 127.0.0.1 1 x
    refused 'at most 3 arguments are allowed, but there is also ""' "$step4" 127.0.0.1 1 1 ''
    refused 'at most 2 arguments are allowed, but there is also "x"' "$step5" 127.0.0.1 1 x
}

@test "100,000 digits are refused, and shown cut" {
    local digits program
    # A megabyte does not fit: the kernel gives one argument 128 KiB (execve(2), Limits).
    digits=$(head -c 100000 /dev/zero | tr '\0' 1)
    for program in "$step2" "$step3" "$step4" "$step5"; do
        refused 'PORT must be a whole number' "$program" 127.0.0.1 "$digits"
        has err "not \"${digits:0:48}\"..."
    done
    refused 'DOMAIN must be' "$step1" "$digits"
    refused 'CLIENTS must be' "$step4" 127.0.0.1 4000 "$digits"
}

@test "what was given is shown in quotes, with escapes: it cannot break the line" {
    refused 'PORT must be' "$step3" 127.0.0.1 $'8\n9\t\033[31m\\"é'
    has err 'not "8\n9\t\33[31m\\\"\303\251"'
    refused 'PORT must be' "$step3" 127.0.0.1 $'\0010'
    has err 'not "\0010"'
    # From the first to the last character that is printed as it is.
    refused 'PORT must be' "$step3" 127.0.0.1 ' !#AZaz}~'
    has err 'not " !#AZaz}~"'
}

@test "localhost is refused with a word that names come later" {
    refused ADDRESS "$step2" localhost 80
    has err '(names come later, in exercise 12), not "localhost"'
}

@test "--help and -h print the usage on standard output" {
    local program
    for program in "$step1" "$step2" "$step3" "$step4" "$step5"; do
        run -0 --separate-stderr limited "$program" --help
        has "$output" "usage: $(basename "$program") "
        equals "$stderr" ''
        run -0 limited "$program" -h
        equals "${#lines[@]}" 1
    done
}

@test "the largest and the smallest that is allowed is taken" {
    run -1 limited "$step1" 2147483647
    has "$output" 'socket(2147483647, SOCK_STREAM, 0) = -1'
    run -0 limited "$step3" "$address" 65535
    run -1 limited "$step2" "$address" 1
    has "$output" "connect(3, $address:1, 16) = -1 ECONNREFUSED"
    run -0 limited "$step3" "$address" 065535
    run -0 limited "$step5" "$address" 0
}
