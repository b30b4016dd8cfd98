# What `make` does: the plays, the help, wrong targets, nothing left behind.
#
# Each test works in a copy of its own, as two learners in two clones would.
load steps

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    started=
    mkdir copy
    # The programs come along, built: make builds nothing that is fresh.
    (cd "$root" && tar cf - --exclude tests/build --exclude .git .) | tar xf - -C copy
    cd copy || return
    # Tests run at the same time, and ports are few: see `port`.
    any_port
    unset MAKEFLAGS MAKELEVEL MFLAGS PORT TRACE
}

# Runs make in the copy, as a learner would, for a minute at the most: a play may have to
# wait for another one.
make_in_copy() {
    "${time_limit[@]/#10/60}" "${usual_signals[@]}" make "$@" 3>&- 4>&- 8>&- 9>&-
}

# Whether a process runs that was started from this copy.
left_running() {
    local directory
    for directory in /proc/[0-9]*; do
        [ "$directory" != "/proc/$$" ] || continue
        case $(readlink "$directory/exe" 2>/dev/null || true) in
        "$PWD"/0*) echo "${directory#/proc/}" ;;
        esac
    done
}

@test "make alone prints the help" {
    run -0 make_in_copy
    has "$output" 'make step1     socket(2): making a socket'
    has "$output" 'Start with: make step1'
    run -0 make_in_copy help
    has "$output" 'make step1     socket(2): making a socket'
}

@test "every target that the help names exists" {
    local target
    for target in $(make_in_copy | sed -n 's/^  make \([a-z]*\).*/\1/p' | sort -u); do
        case $target in
        step | trace | diff | exercise | hint | solution | reset) target=${target}2 ;;
        esac
        run -0 make_in_copy -n "$target"
        has_not "$output" 'make: there is no'
    done
}

@test "a target that does not exist: make says what exists" {
    local target
    for target in step6 step0 step stpe3 trace6 diff6 socket; do
        run -2 make_in_copy "$target"
        has "$output" "make: there is no '$target' here. There are: help, step1 to step5, steps"
    done
}

@test "make step1 shows a socket, another type, and a failure" {
    run -0 make_in_copy step1
    has "$output" 'socket(AF_INET, SOCK_STREAM, 0) = 3'
    has "$output" 'socket(AF_INET, SOCK_DGRAM, 0) = 3'
    has "$output" 'socket(AF_INET, 15, 0) = -1'
    has "$output" 'go on   make step2'
}

@test "make step2 meets a closed port, then a server" {
    run -0 make_in_copy step2 PORT="$port"
    has "$output" "connect(3, 127.0.0.1:$port, 16) = -1 ECONNREFUSED"
    has "$output" "client | connect(3, 127.0.0.1:$port, 16) = 0"
    has "$output" 'client | read(3, "you said: hello\n", 4096) = 16'
    has "$output" 'server | read(4, "hello\n", 1025) = 6'
}

@test "make step3 shows that an address is held, and that bound is not listening" {
    run -0 make_in_copy step3 PORT="$port"
    has "$output" "first  | bind(3, 127.0.0.1:$port, 16) = 0"
    has "$output" "second | bind(3, 127.0.0.1:$port, 16) = -1 EADDRINUSE"
    has "$output" "second | connect(3, 127.0.0.1:$port, 16) = -1 ECONNREFUSED"
    has "$output" "second | bind(3, 127.0.0.1:$port, 16) = 0"
}

@test "make step4 shows two clients, and a second server that is refused" {
    run -0 make_in_copy step4 PORT="$port"
    has "$output" 'server | listen(3, 16) = 0'
    has "$output" 'client | read(3, "you said: hello\n", 4096) = 16'
    has "$output" "second | bind(3, 127.0.0.1:$port, 16) = -1 EADDRINUSE"
    has "$output" "client | connect(3, 127.0.0.1:$port, 16) = -1 ECONNREFUSED"
    has "$output" 'client | read(3, "you said: good day\n", 4096) = 19'
    has "$output" 'server |     Client 2: 4 is its connection, 3 still listens.'
}

@test "make step5 shows the names of both ends, and that a listener has no peer" {
    run -0 make_in_copy step5
    has "$output" 'getpeername(3, ?, [16]) = -1 ENOTCONN'
    has "$output" 'Client and accepted socket mirror each other'
}

@test "make steps plays all five, twice in a row" {
    run -0 make_in_copy steps PORT="$port"
    has "$output" 'go on   make step2'
    has "$output" "connect(3, 127.0.0.1:$((port + 2)), 16) = 0"
    has "$output" 'Now read    05-names/names.c'
    run -0 make_in_copy steps PORT="$port"
    equals "$(left_running)" ''
}

@test "two plays of the same step at the same time wait for each other" {
    make_in_copy step4 PORT="$port" >one.txt 2>&1 &
    local one=$!
    make_in_copy step4 PORT="$port" >two.txt 2>&1 &
    local two=$!
    wait "$one" || { cat one.txt; false; }
    wait "$two" || { cat two.txt; false; }
    has one.txt 'go on   make step5'
    has two.txt 'go on   make step5'
    [ ! -e "/tmp/play-on-port-$port.lock" ]
}

@test "without a terminal, no line is wider than 80 columns and none has colour" {
    make_in_copy steps PORT="$port" </dev/null >steps.txt 2>&1
    # The compiler's line is not ours.
    grep -v '^cc ' steps.txt >lines.txt
    equals "$(awk 'length > 80' lines.txt)" ''
    has_not lines.txt $'\033'
}

@test "on a terminal the commands stand out, unless NO_COLOR is set" {
    script -qec true /dev/null >/dev/null 2>&1 || skip "script(1) is missing (Debian: bsdutils), or finds no terminal"
    run -0 script -qec 'make step1' /dev/null
    has "$output" $'\033[1m$ 01-socket/socket\033[0m'
    NO_COLOR=1 run -0 script -qec 'make step1' /dev/null
    has_not "$output" $'\033'
}

@test "every command that the plays show does the same when it is typed" {
    # Those of one terminal. The ones with a label need a second terminal: there the play
    # itself is the proof.
    local step command count=0
    for step in 1 2 3 5; do
        port=$((port + 1))
        make_in_copy "step$step" PORT="$port" 2>&1 | mask_ports >play.txt
        while IFS= read -r command; do
            limited bash -c "$command" </dev/null 2>&1 |
                mask_ports >typed.txt || true
            # What the play printed below the command, up to an empty line.
            sed -n "1,/^\$ ${command//\//\\/}\$/d; /^[A-Z].*:\$/q; p" play.txt >played.txt
            equals "$(head -n "$(wc -l <typed.txt)" played.txt)" "$(cat typed.txt)"
            count=$((count + 1))
        done < <(sed -n 's/^\$ //p' play.txt)
    done
    equals "$count" 7
}
mask_ports() {
    sed -E 's/:[0-9]{4,5}([^0-9]|$)/:PORT\1/g'
}

@test "a port in use is told in one line, and PORT moves the play" {
    local step
    start_with_input holder "$step3" 127.0.0.1 "$port"
    wait_for holder.out '... the address is held'
    for step in 2 3 4; do
        run -2 --separate-stderr make_in_copy "step$step" PORT="$port"
        has "$stderr" "step$step: port $port is in use, or was a moment ago. Take another: make step$step PORT="
        equals "$(grep -c '^step' <<<"$stderr")" 1
        has_not "$output" "Step $step"
    done
    run -0 make_in_copy step3 PORT="$((port + 1))"
    equals "$(left_running)" ''
}

@test "a server on the port is not disturbed by a play that wants it" {
    start server "$step4" 127.0.0.1 "$port"
    wait_for server.out '... accept waits'
    for step in 2 3 4; do
        run -2 make_in_copy "step$step" PORT="$port"
        has "$output" "port $port is in use"
    done
    has_not server.out 'accept(3, 127'
}

@test "a PORT that is none is told so" {
    local text
    for text in abc 0 65536 -1 99999999999 '4 4' 4.4; do
        run -2 make_in_copy step3 PORT="$text"
        has "$output" 'step3: PORT must be a number from 1 to 65535'
    done
    for text in abc 65531 65536; do
        run -2 make_in_copy steps PORT="$text"
        has "$output" ': PORT must be a number from 1 to 655'
        has_not "$output" 'Step 1:'
    done
}

# Whether a process of a session is left. Takes the session's number: it is the sixth
# field of /proc/PID/stat (proc(5)), the fourth behind the name.
session_is_gone() {
    local tries=0
    while cat /proc/[0-9]*/stat 2>/dev/null | sed 's/.*) //' | awk -v session="$1" '$4 == session && $1 != "Z" { found = 1 } END { exit !found }'; do
        [ $((tries += 1)) -le 300 ] || { echo "processes of session $1 are left"; return 1; }
        sleep 0.01
    done
}

# A client that hangs, so that a play is in the middle when something happens to it.
hang_client() {
    mkdir tmp
    printf '#!/bin/sh\necho here\nexec sleep 60\n' >02-connect/connect
}

@test "Ctrl-C in the middle of a play leaves nothing running, and no files" {
    [ -d /proc/self ] || skip "this test looks into /proc"
    local target
    hang_client
    for target in step2 step3 step4 trace3 trace4; do
        case $target in trace*) command -v strace >/dev/null || continue ;; esac
        # A session of its own: its process group is what a terminal would interrupt.
        TMPDIR=$PWD/tmp start "$target" setsid make "$target" PORT="$port"
        wait_for "$target.out" here
        [ -n "$(ls tmp)" ]
        kill -INT "-$pid"
        wait_for_end "$pid"
        session_is_gone "$pid"
        equals "$(left_running)" ''
        equals "$(ls tmp)" ''
    done
}

@test "a play waits for another one on its port, and goes on when that has ended" {
    flock --version >/dev/null 2>&1 || skip "flock(1) is missing (Debian: util-linux)"
    hang_client
    start first setsid make step4 PORT="$port"
    local first=$pid
    wait_for first.out here
    start second setsid make step4 PORT="$port"
    wait_for second.out "Another step is played on port $port: waiting for its end."
    has_not second.out 'Step 4'
    kill -INT "-$first"
    wait_for second.out here
    kill -INT "-$pid"
    wait_for_end "$pid"
    session_is_gone "$first"
    session_is_gone "$pid"
    [ ! -e "/tmp/play-on-port-$port.lock" ]
}

@test "a play that nobody reads any more ends, and leaves nothing running" {
    [ -d /proc/self ] || skip "this test looks into /proc"
    mkdir tmp
    TMPDIR=$PWD/tmp start play setsid bash -c 'make step4 PORT="$0" | head -n 5' "$port"
    wait_for_end "$pid"
    session_is_gone "$pid"
    equals "$(left_running)" ''
    equals "$(ls tmp)" ''
}

@test "when a program does not show what the play says, the play stops" {
    printf '#!/bin/sh\nexit 3\n' >01-socket/socket
    run -2 make_in_copy step1
    has "$output" 'step1: the command above should have ended with status 0, not 3.'
    has_not "$output" 'Another type'
    # And all steps stop with it.
    run -2 make_in_copy steps
    has_not "$output" 'Step 2'
}

@test "when the server of a play does not do what the play says, the play stops" {
    # It serves its client as it should, and then ends with another status.
    mv 04-accept/accept 04-accept/real
    printf '#!/bin/sh\n04-accept/real "$@"\nexit 3\n' >04-accept/accept
    chmod +x 04-accept/accept
    run -2 make_in_copy step2 PORT="$port"
    has "$output" 'step2: the command in the background ended with status 3.'
}

@test "a port that cannot be had is told with the reason" {
    needs_namespace
    run -2 "${in_namespace[@]}" setpriv --bounding-set -net_bind_service make step3 PORT=80 3>&- 4>&-
    has "$output" 'step3: port 80 cannot be had: bind(3, 127.0.0.1:80, 16) = -1 E'
}

@test "a step that does not compile is told by the compiler, and nothing is played" {
    echo 'int;;' >>01-socket/socket.c
    sed -i.old 's/socket(domain/sockte(domain/' 01-socket/socket.c
    run -2 make_in_copy step1 CFLAGS='-Werror=implicit-function-declaration'
    has "$output" 'sockte'
    has_not "$output" 'Step 1:'
}

@test "a source that is missing: make says how to get it back" {
    rm 02-connect/connect.c
    run -2 make_in_copy step2
    has "$output" 'make: the file 02-connect/connect.c is missing. Get it back: git checkout -- 02-connect/connect.c'
}

@test "without a compiler, make says how to get one" {
    rm 01-socket/socket
    run -2 make_in_copy step1 CC=no-such-compiler
    has "$output" 'make: no-such-compiler is not installed. On Debian and Ubuntu: sudo apt-get install gcc'
}

@test "without strace, make traceN says how to get it" {
    mkdir bin
    local command
    for command in bash sh cc make env cat sed; do
        ln -s "$(command -v "$command")" "bin/$command"
    done
    PATH=$PWD/bin run -2 make trace3
    has "$output" 'make: strace is not installed. On Debian and Ubuntu: sudo apt-get install strace'
}

@test "make traceN shows the calls of the step as strace writes them, and nothing else" {
    command -v strace >/dev/null || skip "strace is missing (Debian: strace)"
    local step calls=(- 'socket(' 'connect(3, {' 'bind(3, {' 'accept(3, {' 'getsockname(3, {')
    for step in 1 2 3 4 5; do
        make_in_copy "trace$step" PORT="$((port + step))" >trace.txt 2>&1
        has trace.txt "${calls[step]}"
        # Behind a command that shows strace: calls, a signal, the end; no other line.
        awk '
            { sub(/^(client|server|first |second) \| /, "") }
            /^\$ strace/ { inside = 1; commands++; next }
            inside && /^    / { next }
            inside && /^[a-z]+\(.*\) = / { calls++; next }
            inside && /^(---|\+\+\+) / { next }
            inside && /^[a-z]+: [a-z]+: / { next }
            inside && (/^$/ || /^\$ /) { inside = 0; next }
            inside { print "neither a call nor an end: " $0; wrong = 1 }
            END { exit wrong || commands < 1 || calls < 2 }' trace.txt || { cat trace.txt; false; }
    done
}

@test "make diffN shows what is new since the step before" {
    run -0 make_in_copy diff1
    has "$output" 'Step 1 is the first'
    run -0 make_in_copy diff3
    has "$output" '+    const int bound ='
    has "$output" '-    const int connected ='
    has "$output" 'New in 03-bind/bind.c: '
    # The rows of the error table are counted, not shown.
    has_not "$output" 'EADDRINUSE'
    has "$output" 'rows of the table of errors'
    equals "$(awk 'length > 80' <<<"$output")" ''
}

@test "make clean removes what was built, and nothing else" {
    mkdir tests/build
    make_in_copy clean
    [ ! -e 01-socket/socket ] && [ ! -e tests/build ]
    [ -e 01-socket/socket.c ]
    make_in_copy step1 >/dev/null
    [ -e 01-socket/socket ]
}

@test "make step1 compiles by hand, too: cc -o socket socket.c" {
    local file
    for file in 0*/*.c; do
        (cd "$(dirname "$file")" && cc -o by-hand "$(basename "$file")" && ./by-hand --help)
    done
}
