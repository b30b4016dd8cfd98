# Failures forced, not awaited: every call of every step, with every error that its man
# page lists. The programs are built with tests/tools/force.c, which makes the calls fail.
load steps

build=$root/tests/build

# The errors of a call: those of its man page, and those that the kernel gives though the
# page does not list them.
errors_of() {
    sed -n "s/^$1 //p" "$root/tests/man-errors.txt"
    case $1 in
    socket) echo EPERM EPROTOTYPE ESOCKTNOSUPPORT ;;
    connect) echo EHOSTUNREACH ECONNRESET EINVAL ;;
    bind) echo EAFNOSUPPORT ;;
    accept) echo EHOSTUNREACH ENETUNREACH ;;
    read) echo ECONNRESET ETIMEDOUT ENOTCONN EHOSTUNREACH ENETUNREACH ;;
    write) echo ECONNRESET ETIMEDOUT ENOTCONN EHOSTUNREACH ENETUNREACH ENOBUFS ENOMEM ;;
    esac
}

# Checks what a step told of a forced failure, in the files out and err. Takes the step's
# name, its exit status, the call and the error: the call's line with the error's name,
# two lines on what it means, one complaint, status 1, and all its sockets closed (whether
# the close failed or not).
check_failure() {
    awk -v name="$1" -v status="$2" -v call="$3" -v error="$4" '
        function wrong(what) { print name ", " call ", " error ": " what; bad = 1 }
        FILENAME == "err" { complaints++; complaint = $0; next }
        index($0, call "(") == 1 && index($0, ") = -1 " error " (") {
            told = FNR
            text = $0; sub(/^.* = -1 [A-Z0-9]+ \(/, "", text); sub(/\)$/, "", text)
        }
        told && FNR > told && FNR <= told + 2 && /^    [A-Z0-9]/ { meanings++ }
        /^(socket|accept)\(.* = [0-9]+$/ { open[$NF] = 1 }
        /^close\(/ { fd = $0; sub(/^close\(/, "", fd); sub(/\).*/, "", fd); delete open[fd] }
        END {
            if (!told) wrong("the failure is not told")
            if (meanings != 2) wrong("what it means is not told")
            if (complaints != 1 || complaint != name ": " call ": " text)
                wrong("the complaint is: " complaint)
            if (status != 1) wrong("the exit status is " status)
            for (fd in open) wrong("descriptor " fd " is left open")
            exit bad
        }' out err || { cat out err; return 1; }
}

# The two lines on what an error means, as the table in a step's source has them for this
# call, or else for every call. Takes the step's name, the call and the error.
meaning_of() {
    local row source=("$root"/0?-"$1/$1.c")
    for row in "$2" ''; do
        tr -d '\n' <"${source[0]}" | sed 's/  */ /g' | grep -oE "\{\"$row\", $3, [^}]*\}" && return
    done
}

@test "what is told of an error is the row of the table for this call" {
    local name call error arguments
    while read -r name call error; do
        arguments=("$address" "$port")
        [ "$name" != socket ] || arguments=(2 1)
        FORCE="$call=$error" limited "$build/forced-$name" "${arguments[@]}" >out 2>err </dev/null || true
        # The strings of the row: name, meaning, remedy. Constants stand for two of them.
        meaning_of "$name" "$call" "$error" >row
        equals "$(wc -l <row | tr -d ' ')" 1
        grep -A2 "^$call(.*) = -1 $error " out | sed '1d; s/^    //' | while IFS= read -r text; do
            grep -qF -e "\"$text\"" row || { echo "$name, $call, $error: $text"; cat row; false; }
        done
    done <<'END'
socket socket EACCES
socket socket EINVAL
socket socket EBADF
connect connect EACCES
connect connect EAFNOSUPPORT
connect connect EINTR
connect connect ETIMEDOUT
connect connect EINVAL
connect connect EHOSTUNREACH
connect socket EINVAL
bind bind EACCES
bind bind EADDRINUSE
bind bind EINVAL
bind socket EINVAL
accept bind EINVAL
accept listen EADDRINUSE
accept accept EINVAL
accept setsockopt EINVAL
END
}

# Runs a step with one of its calls failing, for each error of the call. Takes the step's
# name, the call (with :N for its N-th time), and the arguments of the step.
force_each() {
    local name=$1 call=$2 error status count=0
    shift 2
    for error in $(errors_of "${call%:*}"); do
        status=0
        FORCE="$call=$error" limited "$build/forced-$name" "$@" >out 2>err </dev/null || status=$?
        check_failure "$name" "$status" "${call%:*}" "$error"
        count=$((count + 1))
    done
    # A list that is empty would prove nothing.
    [ "$count" -ge 4 ]
}

# The same for a server: it is started, a client sends a line, and it must end. Step 2
# plays the client, for as long as the server lets it.
force_server() {
    local call=$1 error count=0
    for error in $2; do
        FORCE="$call=$error" start server "$build/forced-accept" "$address" "$port"
        wait_for server.out '... accept waits'
        limited "$step2" "$address" "$port" >/dev/null 2>&1 || true
        wait_for_end "$pid"
        cp server.out out
        cp server.err err
        check_failure accept "$status" "${call%:*}" "$error"
        count=$((count + 1))
    done
    [ "$count" -ge 4 ]
}

# The errors of a call that concern one client only: the server goes on.
one_client() {
    case $1 in
    ECONNABORTED | EPROTO | ECONNRESET | EPIPE) return 0 ;;
    ETIMEDOUT | EHOSTUNREACH | ENETUNREACH) return 0 ;;
    esac
    return 1
}
server_errors() {
    local error
    for error in $(errors_of "$1"); do
        one_client "$error" || printf '%s ' "$error"
    done
}

@test "socket: every error of socket(2) is told" {
    force_each socket socket
}

@test "socket: every error of close(2) is told" {
    force_each socket close
}

@test "connect: every error of socket(2) is told" {
    force_each connect socket "$address" "$port"
}

@test "connect: every error of connect(2) is told" {
    force_each connect connect "$address" "$port"
}

@test "connect: every error of write(2) is told" {
    start_server server
    force_each connect write "$address" "$port"
}

@test "connect: every error of a second write(2), after a short one, is told" {
    start_server server
    for error in $(errors_of write); do
        status=0
        FORCE="write:1=1 write:2=$error" \
            limited "$build/forced-connect" "$address" "$port" >out 2>err || status=$?
        check_failure connect "$status" write "$error"
    done
}

@test "connect: every error of read(2) is told" {
    start_server server
    force_each connect read "$address" "$port"
}

@test "connect: every error of close(2) is told" {
    start_server server
    force_each connect close "$address" "$port"
}

@test "bind: every error of socket(2), bind(2) and close(2) is told" {
    force_each bind socket "$address" "$port"
    force_each bind bind "$address" "$port"
    force_each bind close "$address" "$port"
}

@test "accept: every error of socket(2), setsockopt(2), bind(2) and listen(2) is told" {
    force_each accept socket "$address" "$port"
    force_each accept setsockopt "$address" "$port"
    force_each accept bind "$address" "$port"
    force_each accept listen "$address" "$port"
}

@test "accept: every error of accept(2) ends the server, but for those of one client" {
    local error status
    for error in $(server_errors accept); do
        status=0
        FORCE="accept=$error" limited "$build/forced-accept" "$address" "$port" >out 2>err || status=$?
        check_failure accept "$status" accept "$error"
    done
}

@test "accept: every error of read(2) ends the server, but for those of one client" {
    force_server read "$(server_errors read)"
}

@test "accept: every error of write(2) ends the server, but for those of one client" {
    force_server write "$(server_errors write)"
}

@test "accept: every error of close(2), on the connection, ends the server" {
    force_server close:1 "$(errors_of close)"
}

@test "accept: every error of close(2), on the listener, is told" {
    local error
    for error in $(errors_of close); do
        FORCE="close:2=$error" start server "$build/forced-accept" "$address" "$port" 1
        wait_for server.out '... accept waits'
        run -0 limited "$step2" "$address" "$port"
        wait_for_end "$pid"
        cp server.out out
        cp server.err err
        check_failure accept "$status" close "$error"
    done
}

@test "accept: an error that concerns one client is told, and the next client is served" {
    local call error count=0
    for call in accept read write; do
        for error in $(errors_of "$call"); do
            one_client "$error" || continue
            FORCE="$call:1=$error" start server "$build/forced-accept" "$address" "$port" 2
            # The failing accept counts as a client, though none was there.
            if [ "$call" != accept ]; then
                wait_for server.out '... accept waits'
                limited "$step2" "$address" "$port" >/dev/null 2>&1 || true
            fi
            wait_for server.out '... accept waits' 2
            run -0 limited "$step2" "$address" "$port" 'good day'
            has "$output" 'you said: good day\n'
            wait_for_end "$pid"
            equals "$status" 0
            has server.out ") = -1 $error ("
            has server.err "accept: $call: "
            count=$((count + 1))
        done
    done
    # Five of accept, four of read, five of write.
    equals "$count" 14
}

@test "names: every error of the listener's calls is told" {
    force_each names socket:1
    force_each names setsockopt
    force_each names bind
    force_each names listen
    force_each names getsockname:1
}

@test "names: every error of the calls that connect is told" {
    force_each names socket:2
    force_each names connect
    # ETIMEDOUT and ECONNABORTED, too: here is one client only.
    force_each names accept
}

@test "names: every error of asking the listener's peer is told, but for ENOTCONN" {
    local error status
    for error in $(errors_of getpeername); do
        [ "$error" != ENOTCONN ] || continue
        status=0
        FORCE="getpeername:1=$error" limited "$build/forced-names" >out 2>err || status=$?
        check_failure names "$status" getpeername "$error"
    done
}

@test "names: every error of asking the client and the accepted socket is told" {
    local call error status
    force_each names getsockname:2
    force_each names getsockname:3
    for call in getpeername:2 getpeername:3; do
        for error in $(errors_of getpeername); do
            status=0
            FORCE="$call=$error" limited "$build/forced-names" >out 2>err || status=$?
            # The listener's ENOTCONN stands there in any case: look at the last one.
            grep '^getpeername' out | tail -n 1 | grep -qF ") = -1 $error (" || { cat out; false; }
            equals "$status" 1
            equals "$(wc -l <err)" 1
        done
    done
}

@test "names: every error of close(2) is told, on each of the three sockets" {
    force_each names close:1
    force_each names close:2
    force_each names close:3
}

@test "an error that no man page lists is told with its number, and where to look" {
    FORCE='bind=EXDEV' run -1 limited "$build/forced-bind" "$address" "$port"
    has "$output" "bind(3, $address:$port, 16) = -1 errno "
    has "$output" 'Look for it under ERRORS: man 2 bind'
}

@test "write(2) that takes one byte at a time: the message arrives whole" {
    start_server server
    FORCE='write=1' run -0 limited "$build/forced-connect" "$address" "$port" 'good day'
    equals "$(grep -c '^write(3, .*) = 1$' <<<"$output")" 9
    has "$output" 'read(3, "you said: good day\n", 4096) = 19'
}

@test "read(2) that gives one byte at a time: the answer is read whole" {
    start_server server
    FORCE='read=1' run -0 limited "$build/forced-connect" "$address" "$port" 'good day'
    equals "$(grep -c '^read(3, .*) = 1$' <<<"$output")" 19
    has "$output" 'Received in all: 19 bytes, in 19 reads.'
}

@test "the server reads and writes one byte at a time: line and answer stay whole" {
    FORCE='read=1 write=1' start server "$build/forced-accept" "$address" "$port" 1
    wait_for server.out '... accept waits'
    run -0 limited "$step2" "$address" "$port" 'good day'
    has "$output" 'Received in all: 19 bytes'
    wait_for_end "$pid"
    equals "$status" 0
    equals "$(grep -c '^read(4, .*) = 1$' server.out)" 9
    equals "$(grep -c '^write(4, .*) = 1$' server.out)" 19
}
