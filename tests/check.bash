# What the checks of the exercises are made of. Each exercises/NN-name/name.bats begins with
# `load ../../tests/check`, and is run by tests/exercise (`make exerciseN`).
#
# A check is a test of bats that reads like the task: it starts the learner's program
# (run_program, start_program) and a peer (serve, call), and says what must come of it
# (exits, prints, complains ...). The first thing that does not hold ends the check with
# `fail`, which writes the verdict: what was done, as commands that can be repeated, what was
# expected, what happened, the likely reason, and what to read.
#
# From the environment: ROOT, the top of the repository; PROGRAM, the learner's program, built
# with sanitizers and tests/tools/force.c; PLAIN, the same without; SHOWN, how the verdict calls
# it; VERDICT, the file for the verdict; SILENCE, a FIFO into which nobody writes. For bash 3.2
# and later; on Linux.

bats_require_minimum_version 1.8.0

peer=$ROOT/tests/build/peer
guard=$ROOT/tests/build/guard

# Sanitizers: leaks of memory at the end are not asked for; what they find is status 99.
export ASAN_OPTIONS=detect_leaks=0:exitcode=99 UBSAN_OPTIONS=print_stacktrace=0

# Seconds after which whatever a check has started is ended. (Proving that wrong answers fail
# asks for fewer: many of them hang.)
seconds=${SECONDS_TO_WAIT:-5}

# What a check notes of itself, empty at its beginning: each is a process of its own.
started=
history=
likely=
symptom_pattern=
reading=
name=

# Each check has a directory of its own, and ends what it has started. After a failure the
# checks that follow are not run: the first one is what the learner mends.
setup() {
    # bats notes every command, for a message that we replace by a verdict: that takes time.
    set +T
    [ ! -e "$VERDICT" ] || skip
    cd "$BATS_TEST_TMPDIR" || return
    exec 8<>"$SILENCE"
}
teardown() {
    local pid still
    jobs -p >"$BATS_TEST_TMPDIR/jobs"
    IFS= read -r -d '' still <"$BATS_TEST_TMPDIR/jobs" || true
    still=" ${still//$'\n'/ } "
    # A guard that is asked to end, ends all that it guards. Only what still runs: the number
    # of a process that has ended may be that of somebody else now.
    for pid in $started; do
        case $still in *" $pid "*) kill -TERM "$pid" 2>/dev/null || true ;; esac
    done
    for pid in $started; do wait "$pid" 2>/dev/null || true; done
}

# ---- What a check says for the case that it fails

# What is likely wrong when this check fails, as far as the symptom does not tell. Takes lines.
likely() {
    likely=$*
}

# The same for one symptom: it is shown when standard error matches. Takes the extended
# regular expression, and lines.
likely_when() {
    symptom_pattern=$1
    symptom_reason=$2
}

# What to read then: man pages with their section, a chapter of TUTORIAL.md.
read_first() {
    reading=$*
}

# Notes a command for the verdict. Takes it as a learner would type it.
note() {
    history="$history$*
"
}

# Fails the check. Takes what was expected and what happened; the rest of the verdict comes
# from what was noted. What the program itself shows (a signal, a sanitizer's report, where it
# waits) goes before the reason that the check gives.
fail() {
    local expected=$1 got=$2 why
    [ -z "$name" ] || stop_quietly
    why=$(symptom "$got")
    if [ -n "$symptom_pattern" ] && grep -qE -e "$symptom_pattern" "$name.err" 2>/dev/null; then
        likely=$symptom_reason
    fi
    {
        [ -z "$history" ] || printf 'Done:\n%s\n' "$(indent "${history%?}")"
        printf 'Expected:\n%s\nGot:\n%s\n' "$(indent "$expected")" "$(indent "$got")"
        [ -z "$why" ] || printf 'The program:\n%s\n' "$(indent "$why")"
        [ -z "$likely" ] || printf 'Likely:\n%s\n' "$(indent "$likely")"
        [ -z "$reading" ] || printf 'Read:\n%s\n' "$(indent "$reading")"
    } >"$VERDICT"
    return 1
}

# Four blanks before each line, long ones wrapped, at most eight lines.
indent() {
    fold -s -w 74 <<<"$1" | head -n 8 | sed 's/^/    /; s/ *$//'
}

# What can be said of the program from outside: prints lines, or nothing. Takes what the verdict
# shows already.
symptom() {
    local stopped='' status='' killed_by='' left='' sockets='' peeked='' waits='' cpu_ms='' watched=''
    [ -n "$name" ] || return 0
    # shellcheck disable=SC1090
    [ ! -s "$name.report" ] || . "./$name.report"
    if [ -s "$name.err" ] && grep -q -e 'ERROR: AddressSanitizer' -e 'runtime error:' "$name.err"; then
        grep -m 1 -oE -e 'AddressSanitizer: .*' -e '[^/ ]*: runtime error: .*' "$name.err"
        grep -m 1 -oE '#[0-9]+ .* in [a-z_]+ [^ ]*\.c:[0-9]+' "$name.err" | sed 's/.* in /in /; s, [^ ]*/, ,' || true
        return 0
    fi
    case $stopped in
    processes) echo 'It started processes without end (more than 1000), and was stopped.' ;;
    time | asked) what_it_does "$waits" ;;
    '') how_it_ended "$killed_by" "$left" ;;
    esac
    [ -z "$peeked" ] || echo 'It opened the files of the checks.'
    [ ! -s "$name.err" ] || [ "$(shown_file "$name.err")" = "$1" ] ||
        printf 'It said on standard error: %s\n' "$(shown_file "$name.err")"
}
what_it_does() {
    case $1 in
    running) echo 'It was busy all the time (it did not wait in any call).' ;;
    poll:* | select:* | epoll_wait:* | wait:* | nanosleep:* | sigsuspend:*) echo "It was waiting in ${1%%:*}." ;;
    *:*) echo "It was waiting in ${1%%:*}, on descriptor ${1#*:}." ;;
    esac
}
how_it_ended() {
    case $1 in
    0) [ "$2" -eq 0 ] || echo 'It ended, but left a process behind.' ;;
    6) echo 'It ended by SIGABRT: abort(3), or the C library found an error.' ;;
    8) echo 'It ended by SIGFPE: a division by zero.' ;;
    11) echo 'It ended by SIGSEGV: a pointer leads to nothing.' ;;
    13) echo 'It ended by SIGPIPE: it wrote to a connection whose other end had gone.' ;;
    14) echo 'It ended by SIGALRM.' ;;
    25) echo 'It wrote more than 64 MiB, and was stopped.' ;;
    *) echo "It ended by signal $1." ;;
    esac
}

# Shows text as a C string would, cut at 300 bytes.
shown_file() {
    if [ ! -s "$1" ]; then
        echo nothing
        return
    fi
    printf '"%s"' "$(head -c 300 "$1" | LC_ALL=C sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' | LC_ALL=C awk '
        BEGIN { for (i = 1; i < 256; i++) code[sprintf("%c", i)] = i }
        { if (NR > 1) printf "\\n"
          n = length($0)
          for (i = 1; i <= n; i++) {
              c = substr($0, i, 1)
              if (c == "\t") printf "\\t"
              else if (c == "\r") printf "\\r"
              else if (c in code && code[c] >= 32 && code[c] < 127) printf "%s", c
              else printf "\\%o", code[c]
          } }')$(tail -c 1 "$1" | od -An -tx1 | grep -q 0a && [ "$(wc -c <"$1")" -le 300 ] && printf '\\n')"
    local size
    size=$(wc -c <"$1")
    [ "$size" -le 300 ] || printf '... (%d bytes)' "$size"
    echo
}

# The same for bytes that may be missing, too.
shown_or_nothing() {
    shown_file "$1" | sed 's/^".*/&, or nothing/'
}

# ---- The program

# Runs the program to its end, at most `seconds` long. Takes its arguments. Afterwards its
# output is in program.out and program.err, and `status`, `stopped`, `sockets`, `left` ... tell
# what it did (guard.c). Words before the call change how: INPUT='seq 100' run_program ...
#
#     INPUT    a command whose output is the standard input (else it is empty)
#     FORCE    short transfers: see tests/tools/force.c; FORCE='output=1'
#     GUARD    options of guard: '-c 0' closes a descriptor, '-n 10' is a limit, '-x' refuses
#              every socket
#     PARENT   starts it with tests/tools/parent.c: a kind of socket as standard input; the
#              line that is right stands in the file `names` then
#     LABEL    another name than `program` for its files, when two of them run
#     RUN      PLAIN: the program without sanitizers (to measure its memory)
run_program() {
    launch "$@"
    wait "$guard_pid" || true
    collect
}

# The same in the background: for a server, or a client that the check watches. Its process id
# is in `pid`. It ends with the check, with stop_program, or by itself (wait_program).
start_program() {
    LIMIT=${LIMIT:-$((6 * seconds))} launch "$@"
    await_line "$name.report.pid"
    pid=$line
    eval "guard_of_$name=$guard_pid pid_of_$name=$pid"
}
launch() {
    local shown='' binary=$PROGRAM input=/dev/null
    name=${LABEL:-program}
    [ "${RUN:-}" != PLAIN ] || binary=$PLAIN
    : >"$name.report"
    : >"$name.report.pid"
    : >"$name.out"
    : >"$name.err"
    if [ -n "${INPUT_FILE:-}" ]; then
        input=$INPUT_FILE
    elif [ -n "${INPUT:-}" ]; then
        eval "$INPUT" >"$name.in"
        input=$name.in
    fi
    [ -z "${INPUT:-}" ] || shown="$INPUT | "
    [ -z "${FORCE:-}" ] || shown="${shown}FORCE='$FORCE' "
    quote_words "$@"
    shown=$shown${PARENT:+tests/build/parent $PARENT }$SHOWN$words
    case " ${GUARD:-} " in
    *' -c 0 '*) shown="$shown <&-" ;;
    *' -c 1 '*) shown="$shown >&-" ;;
    *' -c 2 '*) shown="$shown 2>&-" ;;
    esac
    case " ${GUARD:-} " in *' -n '*) shown="(ulimit -n ${GUARD##*-n }; $shown)" ;; esac
    [ -z "${OUTPUT:-}" ] || shown="$shown >$OUTPUT"
    note "$shown"
    # shellcheck disable=SC2086
    FORCE="${FORCE:-}" "$guard" -t "${LIMIT:-$seconds}" -i "$input" -o "${OUTPUT:-$name.out}" -e "$name.err" -r "$name.report" \
        ${WATCH--w "$ROOT/tests"} ${GUARD:-} -- \
        ${PARENT:+"$ROOT/tests/build/parent" -n names "$PARENT"} "$binary" "$@" 3>&- 4>&- 8>&- 9>&- &
    guard_pid=$!
    started="$started $guard_pid"
}

# The same with a pipe as standard input, open until end_input. Takes its arguments; `type_in
# TEXT` writes into the pipe.
start_program_with_pipe() {
    mkfifo pipe
    # Open for reading and writing: so nobody waits in open(2), nor dies of SIGPIPE.
    exec 9<>pipe
    INPUT_FILE=pipe start_program "$@"
}
type_in() {
    printf '%s' "$1" >&9
}
end_input() {
    exec 9>&-
}

# Reads what the guard reported of the program that ended last.
collect() {
    # shellcheck source=/dev/null
    . "./$name.report"
    if [ -n "$peeked" ]; then
        fail 'a program that does the task' 'a program that reads the files of the checks'
        return 1
    fi
    case $stopped in
    time | asked) fail 'its end' 'no end: it was stopped' ;;
    processes) fail 'a program that ends' 'more and more processes' ;;
    *)
        if [ "$left" -ne 0 ] && [ -z "$stopped" ]; then
            reading='fork(2); wait(2)'
            fail 'nothing is left when the program has ended' "$left process(es) of it still there"
        fi
        ;;
    esac
}

# Waits until a program that was started has ended by itself. Takes its label, if it has one.
wait_program() {
    local since=$SECONDS
    name=${1:-program}
    until [ -s "$name.report" ] || is_over "$since"; do pause; done
    eval "kill -TERM \"\$guard_of_$name\"" 2>/dev/null || true
    eval "wait \"\$guard_of_$name\"" || true
    collect
}

# Ends a program that was started, with all its processes. Takes its label, if it has one.
stop_program() {
    name=${1:-program}
    eval "kill -TERM \"\$guard_of_$name\"" 2>/dev/null || true
    eval "wait \"\$guard_of_$name\"" || true
    # shellcheck source=/dev/null
    . "./$name.report"
}
stop_quietly() {
    local variable="guard_of_$name"
    [ -z "${!variable:-}" ] || { kill -TERM "${!variable}" && wait "${!variable}"; } 2>/dev/null || true
}

# Words as they must be typed in a shell, each after a blank: sets `words`.
quote_words() {
    local word
    words=
    for word in "$@"; do
        # A file of the checks: its directory will be gone.
        word=${word/#"$BATS_FILE_TMPDIR"\//}
        case $word in
        '' | *[!A-Za-z0-9_./:=,+%-]*) words="$words '$word'" ;;
        *) words="$words $word" ;;
        esac
    done
    [ ${#words} -le 600 ] || words="${words:0:200} ... and so on"
}

# A moment, between two looks at a condition: 4 ms, or as many seconds as it takes. It is a read
# from a FIFO into which nobody writes: sleep(1) would be one process more, each time.
pause() {
    read -r -t "${1:-0.004}" -u 8 || true
}

# Whether a file has this line, with its newline. Takes the file and the line. (It is asked again
# and again, mostly of a file of one line: so no process is started for that.)
has_line() {
    local line count=0
    while IFS= read -r -n 1000 line; do
        [ "$line" != "$2" ] || return 0
        [ $((count += 1)) -lt 100 ] || break
    done <"$1"
    [ "$count" -ge 100 ] && grep -qxF -e "$2" "$1"
}

# Whether it is too late for something that was waited for: `seconds` are over, or a bit more.
# Takes what SECONDS was then.
is_over() {
    [ $((SECONDS - $1)) -gt "$seconds" ]
}

# Waits for the first line of a file, which a tool of ours writes at its start: it is in `line` then.
# Takes the file. Fails after half a minute: something is broken, and not the program.
await_line() {
    local since=$((SECONDS + 30 - seconds))
    until read -r line 2>/dev/null <"$1"; do
        if is_over "$since"; then
            cat ./*.complaint 2>/dev/null || true
            fail "a line in the file $1 of the check" 'none within half a minute'
            return 1
        fi
        pause 0.002
    done
}

# Whether the program still runs (one that was started).
runs() {
    kill -0 "$pid" 2>/dev/null && [ ! -s "$name.report" ]
}

# Sends a signal to a program that was started. Takes its name, without SIG. Fails when the program
# has ended.
send_signal() {
    note "kill -$1 $pid"
    kill "-$1" "$pid" 2>/dev/null || fail 'a program that goes on' 'its end'
}

# Stops a program that was started, for what must happen before it looks.
pause_program() {
    send_signal STOP
}

# Lets it go on. Takes a remark for the verdict, or nothing.
go_on_program() {
    note "kill -CONT $pid${1:+    # $1}"
    # One that could not be stopped where we wanted may have ended.
    kill -CONT "$pid" 2>/dev/null || true
}

# Waits until a line is on standard output. Takes the line. Fails when the program ends
# before, or when it takes too long.
says() {
    local since=$SECONDS
    until has_line "$name.out" "$1"; do
        if [ -s "$name.report" ]; then
            has_line "$name.out" "$1" && return
            fail "the line \"$1\" on standard output" "$(shown_file "$name.out"), and then its end"
            return 1
        fi
        if is_over "$since"; then
            fail "the line \"$1\" on standard output" "$(shown_file "$name.out" | sed 's/"$/", and nothing more/')"
            return 1
        fi
        pause
    done
}

# A free port of 127.0.0.1 that nobody else gets while the check runs, in `port`.
free_port() {
    : >reserved
    "$peer" -t 600 reserve >reserved 3>&- 4>&- 8>&- &
    started="$started $!"
    await_line reserved
    port=$line
}

# Starts the program as a server on a free port and waits until it listens. Takes arguments
# that follow the port. Fails when it does not say so.
start_server() {
    local kept=$likely
    free_port
    start_program "$port" "$@"
    # What the check has to say is about something else.
    likely='A server says that it listens as soon as it does: socket, bind, listen, then printf(3) and fflush(3).'
    says "listening $port"
    likely=$kept
}

# Starts a server that chooses its port (PORT 0), and reads the port from its line. Takes all
# its arguments.
start_server_anywhere() {
    local since=$SECONDS
    start_program "$@"
    until grep -qE '^listening [0-9]+$' "$name.out"; do
        if [ -s "$name.report" ] || is_over "$since"; then
            grep -qE '^listening [0-9]+$' "$name.out" && break
            fail 'the line "listening PORT" on standard output' "$(shown_file "$name.out")"
            return 1
        fi
        pause
    done
    port=$(sed -n 's/^listening //p' "$name.out" | head -n 1)
    if [ "$port" -lt 1 ] || [ "$port" -gt 65535 ]; then
        fail 'the real port, from 1 to 65535' "listening $port"
    fi
}

# ---- The peer: tests/build/peer --help lists the actions

# Starts a peer that listens, in the background: a server for the program. Takes actions; the
# first is usually accept. Its port is in `port`. With SERVE=NAME it has a name of its own.
serve() {
    local label=${SERVE:-server} address=${ADDRESS:-127.0.0.1}
    # A new file: one of that name before may still write into the old.
    [ ! -e "$label.log" ] || rm -f "$label.log" "$label.complaint"
    : >"$label.log"
    # shellcheck disable=SC2086
    "$peer" -t $((3 * seconds)) ${PEER:-} listen "$address" "${AT:-0}" "$@" </dev/null >"$label.log" 2>"$label.complaint" 3>&- 4>&- 8>&- &
    eval "peer_$label=$!"
    started="$started $!"
    await_line "$label.log"
    port=${line#* }
    quote_words "$@"
    note "tests/build/peer${PEER:+ $PEER} listen $address $port$words &"
}

# Waits for the end of that peer, all of whose actions must have been done. Takes its name, if
# it has one.
served() {
    local label=${1:-server} ended=0
    eval "wait \"\$peer_$label\"" || ended=$?
    [ "$ended" -eq 0 ] || judge_peer "$label"
}

# Runs a peer that connects to the program, a server on 127.0.0.1 `port`, to its end. Takes
# actions. All must be done.
call() {
    local ended=0
    quote_words "$@"
    note "tests/build/peer${PEER:+ $PEER} connect 127.0.0.1 $port$words"
    # shellcheck disable=SC2086
    "$peer" -t "$seconds" ${PEER:-} connect 127.0.0.1 "$port" "$@" </dev/null >call.log 2>call.complaint 3>&- 4>&- 8>&- || ended=$?
    [ "$ended" -eq 0 ] || judge_peer call
}

# The same in the background, for three times as long. Takes a name and actions. With CALL_INPUT=FIFO
# the action `wait` waits for a line in it. `called NAME` waits for its end;
# `wait_for_log NAME LINE` for a line that it prints (by the action say).
start_call() {
    local label=$1
    shift
    quote_words "$@"
    note "tests/build/peer${PEER:+ $PEER} connect 127.0.0.1 $port$words &"
    [ ! -e "$label.log" ] || rm -f "$label.log" "$label.complaint"
    : >"$label.log"
    # shellcheck disable=SC2086
    "$peer" -t $((3 * seconds)) ${PEER:-} connect 127.0.0.1 "$port" "$@" <"${CALL_INPUT:-/dev/null}" >"$label.log" 2>"$label.complaint" 3>&- 4>&- 8>&- &
    eval "peer_$label=$!"
    started="$started $!"
}
called() {
    served "$1"
}
wait_for_log() {
    local since=$SECONDS
    until has_line "$1.log" "$2"; do
        if [ -s "$1.complaint" ]; then
            judge_peer "$1"
            return 1
        fi
        if is_over "$since"; then
            fail "the peer to come to its action: say $2" "a peer that still waits, after $seconds s"
            return 1
        fi
        pause
    done
}

# Prints the N bytes that the peer's action flood sends, to compare with. Takes N.
flood() {
    local server port
    rm -f flood.log flood.bytes
    : >flood.log
    "$peer" -t "$seconds" listen 127.0.0.2 0 accept flood "$1" close </dev/null >flood.log 2>&1 3>&- 4>&- 8>&- &
    server=$!
    started="$started $server"
    until read -r _ port <flood.log; do
        kill -0 "$server" || return
        pause
    done
    "$peer" -t "$seconds" connect 127.0.0.2 "$port" save flood.bytes </dev/null >/dev/null 3>&- 4>&- 8>&-
    cat flood.bytes
}

# Fails because of what a peer complained of. "expected X, got Y" is what its lines say.
judge_peer() {
    local text action got
    text=$(head -n 1 "$1.complaint")
    action=$(sed -n 's/^peer: action [0-9]*, \([a-z-]*\): .*/\1/p' <<<"$text")
    text=${text#peer: action *: }
    case $text in
    'expected '*', got'*)
        text=${text#expected }
        got=${text#*, got}
        got=${got#:}
        fail "at the peer, for its action $action: ${text%%, got*}" "${got# }"
        ;;
    *) fail "at the peer, for its action $action: no error" "$text" ;;
    esac
}

# ---- What must hold

# The exit status.
exits() {
    [ "$status" -eq "$1" ] || fail "exit status $1" "exit status $status"
}

# What is on standard output, all of it: a text with the escapes of printf(1).
prints() {
    # shellcheck disable=SC2059
    printf "$1" >wanted
    prints_file wanted
}
prints_file() {
    cmp -s "$1" "$name.out" || fail "on standard output $(shown_file "$1")" "$(shown_file "$name.out")$(first_difference "$1" "$name.out")"
}
prints_nothing() {
    [ ! -s "$name.out" ] || fail 'nothing on standard output' "$(shown_file "$name.out")"
}
first_difference() {
    local at
    at=$(cmp "$1" "$2" 2>&1 | sed -n 's/.*byte \([0-9]*\), line.*/\1/p')
    [ -z "$at" ] || [ "$at" -le 100 ] || printf '\n(the first difference is at byte %d)' "$at"
}

# Standard error: one line, which names a call of the family. Takes the family as an extended
# regular expression: 'read|recv'. That, with status 1, is how a failed call is told.
complains() {
    exits 1
    if [ "$(wc -l <"$name.err")" -ne 1 ] || ! grep -qiE -e "$1" "$name.err"; then
        # (Not where the words of a library call are asked for.)
        case $1 in *' '*) ;; *) likely="A call that failed is told on standard error, in one line with its name and the reason: perror(\"${1%%|*}\") does that." ;; esac
        fail "one line on standard error that names ${1//|/ or }" "$(shown_file "$name.err")"
    fi
}

# Wrong usage: the program must end with status 2, a line on standard error and nothing on
# standard output, before it opens any socket. Takes the arguments.
refuses() {
    local likely=$likely word
    history=
    for word in "$@"; do
        case $word in
        ' '* | +*) likely='strtol(3) skips blanks before a number, and takes a plus: look at the first character, too.' ;;
        [0-9]*[!0-9.]*) likely='Where a number ends, strtol(3) tells through its second argument: nothing may follow. atoi(3) does not tell.' ;;
        *[!0-9]*) ;;
        ??????????*) likely='This number does not fit: strtol(3) then sets errno to ERANGE. Compare before you make an int of it.' ;;
        esac
    done
    run_program "$@"
    exits 2
    prints_nothing
    [ -s "$name.err" ] || fail 'a line on standard error that says what is wrong' 'nothing'
    [ "$sockets" -eq 0 ] || fail 'a complaint before any socket is opened' "$sockets socket(s)"
}

# How many descriptors the program has open now (proc(5), /proc/PID/fd).
descriptors() {
    find "/proc/$pid/fd" -type l 2>/dev/null | wc -l
}

# Waits until the program has at most so many descriptors open; fails after a second.
descriptors_fall_to() {
    local tries=0
    until [ "$(descriptors)" -le "$1" ]; do
        if [ $((tries += 1)) -gt 250 ]; then
            fail "at most $1 descriptors open" "$(descriptors), of which $(find "/proc/$pid/fd" -lname 'socket:*' 2>/dev/null | wc -l) are sockets"
            return 1
        fi
        pause
    done
}

# The program and its children, as process ids: sets `processes` (proc(5), children).
find_processes() {
    local children=
    read -r children 2>/dev/null <"/proc/$pid/task/$pid/children" || true
    processes="$pid $children"
}

# The processor time that the program and its children have used: sets `cpu_ms` (proc(5), stat).
cpu_used() {
    local process stat ticks=0
    find_processes
    for process in $processes; do
        read -r stat 2>/dev/null <"/proc/$process/stat" || continue
        # What follows the name: the state, and so on.
        read -r -a stat <<<"${stat##*) }"
        ticks=$((ticks + stat[11] + stat[12]))
    done
    cpu_ms=$((ticks * 10))
}

# Whether the program or a child of it wants to run now: R in proc(5), stat.
wants_to_run() {
    local process task stat
    find_processes
    for process in $processes; do
        for task in "/proc/$process/task/"*/stat; do
            read -r stat 2>/dev/null <"$task" || continue
            case ${stat##*) } in R*) return 0 ;; esac
        done
    done
    return 1
}

# Waits until the program waits in a call, a second at most: what must not be in its hands any more
# is done then.
let_it_wait() {
    local tries=0
    while wants_to_run && [ $((tries += 1)) -le 250 ]; do pause; done
}

# While nothing happens, the program must not use the processor. It may be busy for a moment
# before: it is looked at for 50 ms, again and again, until it sleeps all the time. (The kernel
# counts in steps of 10 ms. On a busy machine, one that wants to run gets little: so the limit is
# in time of the processor, and comes before the peers end, which would set it free.)
is_idle() {
    local first before cpu_ms processes since=$SECONDS
    cpu_used
    first=$cpu_ms
    until [ $((cpu_ms - first)) -gt $((500 * seconds)) ] || [ $((SECONDS - since)) -gt $((2 * seconds)) ]; do
        cpu_used
        before=$cpu_ms
        wants_to_run || { pause 0.025 && wants_to_run; } || { pause 0.025 && wants_to_run; } || {
            cpu_used
            [ $((cpu_ms - before)) -gt 10 ] || return 0
        }
        pause 0.01
    done
    fail 'a program that sleeps while nothing happens' "one that has been busy for $((cpu_ms - first)) ms"
}

# The same for longer, a quarter of a second: a client that sends to the program may be slow.
stays_idle() {
    is_idle && is_idle && is_idle && is_idle
}

# The addresses on which the program listens on `port`: must be 127.0.0.1 alone.
listens_on_loopback_only() {
    local hex found
    hex=$(printf '%04X' "$port")
    found=$(awk -v port=":$hex" '$4 == "0A" && index($2, port) == length($2) - 4 { print $2 }' /proc/net/tcp /proc/net/tcp6 2>/dev/null)
    [ "$found" = "0100007F:$hex" ] ||
        fail "a listener on 127.0.0.1 port $port, and on no other address" "listeners (address:port as in /proc/net/tcp): $(tr '\n' ' ' <<<"$found")"
}

# The most memory that the program has had, in KiB: VmHWM in proc(5). For programs run PLAIN.
memory_peak() {
    sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$pid/status"
}
uses_at_most() {
    local peak
    peak=$(memory_peak)
    [ "$peak" -le "$1" ] || fail "at most $1 KiB of memory" "$peak KiB"
}

# What the peer has saved in the file `got` must be this text (escapes of printf(1)), or nothing:
# a program that cannot print need not even connect.
got_only() {
    # shellcheck disable=SC2059
    printf "$1" >wanted
    # When it has accepted, it ends by itself; else nobody has come.
    grep -q accepted server.log || kill -TERM "$peer_server" 2>/dev/null || true
    wait "$peer_server" || true
    [ ! -s got ] || cmp -s wanted got ||
        fail "at the peer $(shown_or_nothing wanted)" "$(shown_file got)"
}

# The program must have ended by itself, with status 0 or 1: no signal has killed it.
survives() {
    [ "$status" -le 1 ] || fail 'exit status 1: the call that fails says why' "exit status $status"
}

# What a server must do with wrong usage. Takes arguments that are right after the port. (0 is
# right from exercise 9 on: the kernel chooses.)
refuses_ports() {
    refuses "$@"
    refuses 65536 "$@"
    refuses 80x "$@"
    refuses '' "$@"
    refuses ' 80' "$@"
    refuses -1 "$@"
    refuses 18446744073709551696 "$@"
    refuses 4001 "$@" more
}

# On a port that somebody else has, the server must end with status 1 and name bind. Takes
# arguments that follow the port.
fails_on_a_taken_port() {
    serve accept
    run_program "$port" "$@"
    complains 'bind|listen'
    prints_nothing
}

# A server that is stopped while it has a client starts again on its port at once. Takes what a
# client does, as actions, until it is being served; ARGUMENTS, what follows the port.
starts_again() {
    # shellcheck disable=SC2086
    start_server ${ARGUMENTS:-}
    start_call client "$@" say served pause 60000
    wait_for_log client served
    stop_program program
    # shellcheck disable=SC2086
    start_program "$port" ${ARGUMENTS:-}
    says "listening $port"
}

# With 0, 1 and 2 closed, sockets get these numbers: nothing that is meant for standard output
# may go to a client. Takes what may come at most (escapes of printf), and the actions of a
# client before it saves all that comes; ARGUMENTS, what follows the port. The program may end
# at once, since it cannot say that it listens.
sends_only() {
    local wanted=$1 since=$SECONDS
    shift
    free_port
    # shellcheck disable=SC2086
    GUARD='-c 0 -c 1 -c 2' start_program "$port" ${ARGUMENTS:-}
    quote_words "$@"
    note "tests/build/peer connect 127.0.0.1 $port$words save got"
    until "$peer" -t "$seconds" connect 127.0.0.1 "$port" "$@" save got >/dev/null 2>call.complaint </dev/null 3>&- 4>&- 8>&-; do
        if ! runs || ! grep -q refused call.complaint || is_over "$since"; then
            break
        fi
        pause
    done
    # shellcheck disable=SC2059
    printf "$wanted" >wanted
    [ ! -s got ] || cmp -s wanted got || fail "at the client $(shown_or_nothing wanted)" "$(shown_file got)"
}
