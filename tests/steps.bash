# What the bats files share. Each loads it with `load steps`, from tests/.
#
# Nothing here waits for a time: it waits for a line, an end, a state, with a limit. No
# test takes a port that another test could want: see `address`.

bats_require_minimum_version 1.8.0

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
step1=$root/01-socket/socket
step2=$root/02-connect/connect
step3=$root/03-bind/bind
step4=$root/04-accept/accept
step5=$root/05-names/names
peer=$root/tests/build/peer

# An address for this test alone. On Linux all of 127.0.0.0/8 is this machine (ip(7)):
# the number of the test's process makes the address, so that two tests that run at the
# same time have two addresses. Such numbers come again, and a connection of the test before
# may still be in TIME_WAIT: so the port differs as well. Elsewhere there is 127.0.0.1 only.
# The ports are below those that the kernel gives to others (ip_local_port_range in ip(7)).
if [ "$(uname)" = Linux ]; then
    address=127.$((1 + $$ / 62500 % 250)).$((1 + $$ / 250 % 250)).$((1 + $$ % 250))
else
    address=127.0.0.1
fi
port=$((10000 + RANDOM % 20000))

# For a test that needs ports on 127.0.0.1 or on all addresses, where other tests are, too:
# takes ten ports, of which `port` and the five after it are free, and nobody else has them:
# the last of the ten is held by step 3's program until the test ends. Sets `port` and
# `address`.
any_port() {
    local n guard tries=0
    address=127.0.0.1
    mkfifo guard.in
    exec 8<>guard.in
    while [ $((tries += 1)) -le 100 ]; do
        # The first twenty of each hundred are for tests/tutorial/regenerate.
        port=$((10000 + RANDOM % 200 * 100 + 20 + RANDOM % 8 * 10))
        : >guard.out
        "$step3" "$address" $((port + 9)) <guard.in >guard.out 2>&1 3>&- 4>&- 8>&- 9>&- &
        guard=$!
        started="$started $guard"
        until grep -q -e '^\.\.\. ' -e '^close' guard.out; do sleep 0.01; done
        if grep -q '^\.\.\. ' guard.out; then
            for n in 0 1 2 3 4 5; do
                "$step3" 0.0.0.0 $((port + n)) </dev/null >/dev/null 2>&1 || continue 2
            done
            return
        fi
    done
    return 1
}

# Each test starts in a directory of its own, and ends what it has started.
setup() {
    cd "$BATS_TEST_TMPDIR" || return
    started=
}
teardown() {
    local pid still
    still=$(jobs -p)
    for pid in $started; do
        # Only what still runs: the number of a process that has ended may be somebody else's.
        ! grep -qx "$pid" <<<"$still" || kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
}

# What programs are started with: the signals that some hosts ignore do again what they
# usually do (env(1) of GNU coreutils), and after ten seconds it is over (timeout(1), which
# Homebrew calls gtimeout).
usual_signals=(env --default-signal=INT,QUIT,PIPE,ALRM)
"${usual_signals[@]}" true 2>/dev/null || usual_signals=(env)
time_limit=(timeout -k 1 10)
command -v timeout >/dev/null || time_limit=(gtimeout -k 1 10)

# Runs a command for ten seconds at the most; then it is killed, and the status is 124 or
# 137. The descriptors 3 and 4, which are bats' own, and 8 and 9, which are ours, are closed.
limited() {
    "${time_limit[@]}" "${usual_signals[@]}" "$@" 3>&- 4>&- 8>&- 9>&-
}

# Starts a command in the background. Takes a name and the command. Its output goes to the
# files NAME.out and NAME.err, its process id to the variable `pid`. It ends with the test.
start() {
    local name=$1
    shift
    # Here and now: what an earlier command of this name wrote must not be taken for news.
    : >"$name.out"
    "${usual_signals[@]}" "$@" </dev/null >"$name.out" 2>"$name.err" 3>&- 4>&- 8>&- 9>&- &
    pid=$!
    started="$started $pid"
}

# The same, with the standard input coming from a pipe that is open until `end_input`.
start_with_input() {
    local name=$1
    shift
    : >"$name.out"
    mkfifo "$name.in"
    exec 9<>"$name.in"
    "${usual_signals[@]}" "$@" <"$name.in" >"$name.out" 2>"$name.err" 3>&- 4>&- 8>&- 9>&- &
    pid=$!
    started="$started $pid"
}
end_input() {
    exec 9>&-
}

# Waits until a file has a line with this text. Takes the file, the text and, if it is to
# come more than once, how often. Fails after ten seconds, and shows the file.
wait_for() {
    local tries=0
    until [ "$(grep -cF -e "$2" "$1" 2>/dev/null)" -ge "${3:-1}" ]; do
        if [ $((tries += 1)) -gt 1000 ]; then
            echo "No line '$2' (${3:-1} times) in $1:"
            cat "$1" "${1%.out}.err"
            return 1
        fi
        sleep 0.01
    done
}

# Waits for the end of a process that this test started. Takes its id; its exit status is
# in `status` then. Fails when it has not ended after ten seconds.
wait_for_end() {
    local tries=0
    while kill -0 "$1" 2>/dev/null; do
        [ $((tries += 1)) -le 1000 ] || {
            echo "Process $1 has not ended."
            return 1
        }
        sleep 0.01
    done
    status=0
    wait "$1" || status=$?
}

# Waits until a process has stopped (SIGSTOP): its state is T then (proc(5), ps(1)).
wait_until_stopped() {
    local tries=0 state
    while :; do
        if [ -r "/proc/$1/stat" ]; then
            state=$(sed 's/.*) //' "/proc/$1/stat")
        else
            state=$(ps -o stat= -p "$1")
        fi
        case $state in T*) return ;; esac
        [ $((tries += 1)) -le 1000 ] || {
            echo "Process $1 has not stopped: $state"
            return 1
        }
        sleep 0.01
    done
}

# Compares a text with what is expected, and shows both when they differ.
equals() {
    [ "$1" = "$2" ] || {
        printf 'expected: %s\ngot:      %s\n' "$2" "$1"
        return 1
    }
}

# Whether a file or text has a line that contains this text. Shows all when it has not.
has() {
    local all=$1
    [ ! -f "$1" ] || all=$(cat "$1")
    case $all in
    *"$2"*) ;;
    *)
        printf 'expected: ... %s ...\ngot:\n%s\n' "$2" "$all" | head -n 100
        return 1
        ;;
    esac
}

# The opposite: the text must not be there.
has_not() {
    if has "$1" "$2" >/dev/null; then
        printf 'not expected: %s\n' "$2"
        return 1
    fi
}

# Starts step 4's server on this test's address and waits until it accepts. Takes a name
# and the number of clients, if any.
start_server() {
    local name=$1
    shift
    start "$name" "$step4" "$address" "$port" "$@"
    wait_for "$name.out" '... accept waits'
}

# For a command without the rights of root, also where the tests run as root:
# "${without_rights[@]}" COMMAND. It keeps the user and drops the capabilities that the
# steps could use (capabilities(7)).
without_rights=(setpriv --bounding-set -net_raw,-net_bind_service)
needs_setpriv() {
    [ "$(id -u)" -eq 0 ] || { without_rights=() && return; }
    setpriv --version >/dev/null 2>&1 || skip "setpriv is missing (Debian: util-linux)"
}

# For a command in a network of its own, with the rights of root in it:
# "${in_namespace[@]}" COMMAND (unshare(1), network_namespaces(7)).
in_namespace=(unshare --net)
needs_namespace() {
    [ "$(id -u)" -eq 0 ] || in_namespace=(unshare --user --map-root-user --net)
    "${in_namespace[@]}" true 2>/dev/null || skip "no network namespace can be made here"
}
