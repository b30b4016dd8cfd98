# Memory and descriptors: the steps under valgrind, and built with sanitizers.
load ../steps

# The options: as .valgrindrc has them for one who stands in the project's directory.
valgrind=(valgrind -q --track-fds=yes --leak-check=full --show-leak-kinds=all
    --error-exitcode=99 --suppressions="$root/tests/lint/static.supp" --log-file=valgrind.txt)

# Runs a step under valgrind: it must end with the status that it ends with alone, and
# without an error, a leak, or a descriptor open that it was not given. Takes the status
# and the command.
valgrind_clean() {
    local expected=$1 status=0
    shift
    limited "${valgrind[@]}" "$@" >out 2>err </dev/null || status=$?
    is_clean "$status" "$expected"
}

# Looks at what valgrind wrote. Takes the status that came and the one that should.
is_clean() {
    equals "$1" "$2" || { cat out err valgrind.txt; return 1; }
    # Every descriptor that is open at the end is told with where it comes from.
    awk '/ Open / { getline from; if (from !~ /<inherited from parent>/) { print; exit 1 } }' valgrind.txt
}

@test "valgrind is here, and sees a descriptor that is left open" {
    valgrind --version >/dev/null
    sed 's/close(fd)/fcntl(fd, 1)/; s/#include <errno.h>/#include <fcntl.h>\n&/' "$step1.c" >leaky.c
    cc -g -o leaky leaky.c
    if valgrind_clean 0 ./leaky; then
        echo "a descriptor was left open, and valgrind_clean is content"
        return 1
    fi
}

@test "valgrind: socket, in success, failure and wrong usage" {
    # Linked as usual: of a static program valgrind does not see what malloc(3) gives.
    cc -g -o socket "$step1.c"
    valgrind_clean 0 ./socket
    valgrind_clean 1 ./socket AF_INET 99
    valgrind_clean 2 ./socket x
    valgrind_clean 0 "$step1"
}

@test "valgrind: connect, refused, answered, reset, and refused as usage" {
    valgrind_clean 1 "$step2" "$address" "$port"
    valgrind_clean 2 "$step2" localhost 80
    start_server server 1
    valgrind_clean 0 "$step2" "$address" "$port" 'good day'
    wait_for_end "$pid"
    start server "$peer" listen "$address" "$port" accept expect 'hello\n' reset
    wait_for server.out listening
    valgrind_clean 1 "$step2" "$address" "$port"
}

@test "valgrind: bind, in success and failure" {
    valgrind_clean 0 "$step3" "$address" "$port"
    valgrind_clean 1 "$step3" 192.0.2.1 "$port"
}

@test "valgrind: accept, with good and odd clients" {
    start server "${valgrind[@]}" "$step4" "$address" "$port" 5
    wait_for server.out '... accept waits'
    limited "$step2" "$address" "$port" >out 2>err
    "$peer" connect "$address" "$port" send 'half' end expect 'you said: half\n'
    "$peer" connect "$address" "$port" send "$(printf 'x%.0s' {1..2000})" expect-reset
    "$peer" connect "$address" "$port" send 'a' drained reset
    "$peer" connect "$address" "$port" close
    wait_for_end "$pid"
    is_clean "$status" 0
}

@test "valgrind: names, in success and failure" {
    valgrind_clean 0 "$step5"
    valgrind_clean 1 "$step5" 192.0.2.1
}

@test "valgrind: no forced failure leaves memory or a descriptor" {
    local name call
    start_server server
    # One error for each call of each step: what follows a failure does not depend on which.
    while read -r name call; do
        set -- "$address" "$port"
        case $name in
        socket | names) set -- ;;
        accept) set -- "$address" "$((port + 1))" ;;
        esac
        FORCE="$call=ENOMEM" valgrind_clean 1 "$root/tests/build/forced-$name" "$@"
    done <<'END'
socket socket
socket close
connect socket
connect connect
connect write
connect read
connect close
bind socket
bind bind
bind close
accept socket
accept setsockopt
accept bind
accept listen
accept accept
names socket:1
names setsockopt
names bind
names listen
names getsockname:1
names getpeername:1
names socket:2
names connect
names accept
names getsockname:2
names getpeername:2
names close:1
names close:2
names close:3
END
}

# Builds a step with AddressSanitizer and UBSan: a mistake ends it with status 99. Takes
# the compiler and the step; prints the program's name.
sanitized() {
    local built
    built=$BATS_FILE_TMPDIR/$1-$(basename "$2")
    [ -e "$built" ] || "$1" -g -fsanitize=address,undefined -fno-sanitize-recover=all -o "$built" "$2.c"
    echo "$built"
}
export ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=exitcode=99

run_sanitized() {
    local compiler=$1 connect names
    run -0 limited "$(sanitized "$compiler" "$step1")"
    run -1 limited "$(sanitized "$compiler" "$step1")" AF_INET 99
    run -2 limited "$(sanitized "$compiler" "$step1")" $'\xff\n'
    run -0 limited "$(sanitized "$compiler" "$step3")" "$address" "$port"
    run -1 limited "$(sanitized "$compiler" "$step3")" 192.0.2.1 "$port"
    run -2 limited "$(sanitized "$compiler" "$step3")" "$address" ''
    names=$(sanitized "$compiler" "$step5")
    run -0 limited "$names"
    run -0 limited "$names" 0.0.0.0
    connect=$(sanitized "$compiler" "$step2")
    run -1 limited "$connect" "$address" "$port"
    start server "$(sanitized "$compiler" "$step4")" "$address" "$port" 5
    local server=$pid
    wait_for server.out '... accept waits'
    run -0 limited "$connect" "$address" "$port" ''
    run -0 limited "$connect" "$address" "$port" "$(printf 'x%.0s' {1..1024})"
    run -1 limited "$connect" "$address" "$port" "$(printf 'x%.0s' {1..1500})"
    "$peer" connect "$address" "$port" drip 'a\0b\xff' end expect 'you said: a\0b\xff\n'
    "$peer" connect "$address" "$port" send 'a' drained reset
    wait_for_end "$server"
    cat server.err
    equals "$status" 0
}

@test "the steps run clean under AddressSanitizer and UBSan, built with gcc" {
    run_sanitized gcc
}

@test "the steps run clean under AddressSanitizer and UBSan, built with clang" {
    run_sanitized clang
}

@test "the sanitizers are at work: a write behind a buffer is seen" {
    sed 's/^    char buffer\[4096\];/    char buffer[8];/; s/read(fd, buffer, sizeof buffer)/read(fd, buffer, 4096)/' "$step2.c" >wrong.c
    run -1 cmp -s wrong.c "$step2.c"
    gcc -g -fsanitize=address,undefined -o wrong wrong.c
    start_server server
    run -99 limited ./wrong "$address" "$port"
}
