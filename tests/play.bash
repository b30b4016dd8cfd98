# What the five play scripts share: `make stepN` runs 0N-NAME/play.sh, which reads this
# file. A play shows commands and runs them for real; its words are checked against the
# exit statuses, so that it never tells what did not happen.
#
# From the environment: PORT (where to play), TRACE (not empty: the step's own program
# runs under strace), NO_COLOR. For bash 3.2 and later.

set -euo pipefail
# Messages in English, no descriptors but 0, 1 and 2 (`make -j` leaves some open), and the
# directory that all commands start from.
export LC_ALL=C
exec 3<&- 4<&- 5<&- 6<&- 7<&-
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scratch=$(mktemp -d "${TMPDIR:-/tmp}/play.XXXXXX")
background_pid=
lock=
bold=
plain=
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
    bold=$'\033[1m'
    plain=$'\033[0m'
fi

# Ends what the play started and removes its files. Runs at every end of the script: the
# last line, a failure, Ctrl-C (bash(1), trap). Takes and returns nothing.
clean_up() {
    trap '' INT TERM HUP
    [ -z "$background_pid" ] || end_background
    rm -rf "$scratch" ${lock:+"$lock"}
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 141' PIPE
trap 'exit 143' TERM HUP

# Ends the play with status 1, after one line on standard error. Takes the line.
stop() {
    echo "step$step: $1" >&2
    exit 1
}

# Prints its standard input: the play's own words.
say() {
    echo
    cat
    echo
}

# Prints a command as the learner would type it. Takes the label of who types it (or
# nothing) and the command, which may have several lines.
show_command() {
    printf '%s%s$ %s%s\n' "$1" "$bold" "${2//$'\n'/$plain$'\n'$1$bold}" "$plain"
}

# Puts the step's own program under strace when TRACE is set. Takes a command, prints the
# command to run. What the loader reads and what the program prints are left out, and the
# end of a line of strace's that a complaint of the program has cut in two.
traced() {
    case ${TRACE:+trace} in
    trace)
        case $1 in
        "$program"*)
            printf '%s \\\n    %s 2>&1 >/dev/null |\n    %s\n' \
                'strace -a 1 -s 48 -e trace=network,read,write,close' "$1" \
                "sed -un '/^socket(/,\${/^write([12],/d; /^)/d; p}'"
            return
            ;;
        esac
        ;;
    esac
    printf '%s\n' "$1"
}

# Copies its standard input, a label before each line, each line at once. Takes the label.
label_lines() {
    local line
    while IFS= read -r line; do
        printf '%s%s\n' "$1" "$line"
    done
}

# Shows a command, runs it and waits for its end. Takes the exit status that it must end
# with, the command and, if others speak too, a label for its lines. Stops the play when
# the status is another one: then the words around it would not be true.
run() {
    local expected=$1 command label=${3:-} status=0
    command=$(traced "$2")
    show_command "$label" "$command"
    if [ -n "$label" ]; then
        { bash -c "$command" </dev/null 2>&1 9<&- || echo "$?" >"$scratch/status"; } |
            label_lines "$label"
        [ ! -e "$scratch/status" ] || status=$(cat "$scratch/status")
        rm -f "$scratch/status"
    else
        bash -c "$command" </dev/null 2>&1 9<&- || status=$?
    fi
    [ -n "${TRACE:-}" ] || [ "$status" -eq "$expected" ] ||
        stop "the command above should have ended with status $expected, not $status."
}

# Starts a command that goes on in the background, with lines from `press_enter` as its
# standard input. Takes the command. Its output goes to a file: see show_output.
start() {
    mkfifo "$scratch/input"
    : >"$scratch/output"
    shown=0
    # Open for reading and writing, so that neither we nor the command wait in open(2).
    exec 8<>"$scratch/input"
    # A process group of its own (set -m), to be ended as a whole: it may be a pipeline.
    set -m
    bash -c "exec $1" <"$scratch/input" >"$scratch/output" 2>&1 8<&- 9<&- &
    set +m
    background_pid=$!
}

# Presses Enter for the command in the background.
press_enter() {
    echo >&8
}

# Prints the lines that the command in the background has written since the last time.
# Takes the label for them.
show_output() {
    local lines
    lines=$(wc -l <"$scratch/output")
    if [ "$lines" -gt "$shown" ]; then
        sed -n "$((shown + 1)),${lines}p" "$scratch/output" | label_lines "$1"
    fi
    shown=$lines
}

# Waits until the command in the background has written a text, at most 10 seconds.
# Returns 1 when it has ended without, or when the time is over.
wait_for_text() {
    local tries=0
    until grep -qF -e "$1" "$scratch/output"; do
        # One more look after its end: the text may have come just before.
        if ! kill -0 "$background_pid" 2>/dev/null; then
            grep -qF -e "$1" "$scratch/output"
            return
        fi
        [ $((tries += 1)) -le 1000 ] || return 1
        sleep 0.01
    done
}

# Ends the command in the background, all its processes, if it still runs; forgets it.
# Nothing of it is worth keeping: SIGKILL, which strace cannot put off.
end_background() {
    kill -KILL -- "-$background_pid" 2>/dev/null || true
    wait "$background_pid" 2>/dev/null || true
    background_pid=
    exec 8<&-
    rm -f "$scratch/input"
}

# Shows and starts a command that others will talk to, and waits until it is ready. Takes
# the label for its lines, the command, the line that it prints when it is ready, and
# what strace shows then. Stops the play when it does not get ready.
run_beside() {
    local label=$1 command ready=$3
    command=$(traced "$2")
    [ "$command" = "$2" ] || ready=$4
    show_command "$label" "$command"
    start "$command"
    wait_for_text "$ready" || {
        show_output "$label"
        stop "the command above did not get ready."
    }
    show_output "$label"
}

# Waits for the end of the command in the background, and prints what it still said. Takes
# the label for its lines. Stops the play when its status is not 0.
finish_beside() {
    local status=0
    wait "$background_pid" || status=$?
    show_output "$1"
    end_background
    [ -n "${TRACE:-}" ] || [ "$status" -eq 0 ] ||
        stop "the command in the background ended with status $status."
}

# Makes sure that two plays never meet on one port: the second waits for the first, by a
# lock that ends with the play (flock(1); where that is missing, two may meet). Sets `lock`,
# the file, which clean_up removes. Stops the play when the other one does not end.
lock_port() {
    local file=/tmp/play-on-port-$port.lock
    command -v flock >/dev/null || return 0
    while :; do
        # The file may be another user's: to lock it, it is enough to read it.
        [ -e "$file" ] || (umask 0 && : >"$file") 2>/dev/null || return 0
        { exec 9<"$file"; } 2>/dev/null || {
            [ ! -e "$file" ] || return 0
            continue
        }
        if ! flock -n 9; then
            echo "Another step is played on port $port: waiting for its end."
            flock -w 60 9 || stop "the other play has not ended in a minute. Was it stopped with Ctrl-Z?"
        fi
        # Not the file that the other play has just removed, with a lock that nobody sees.
        if [ /dev/fd/9 -ef "$file" ]; then
            lock=$file
            return 0
        fi
    done
}

# Chooses the port of the play: PORT, or the step's own. Takes the step's own port and a
# command that takes a port for a moment, and prints a line with dots when it has it: that
# shows whether the port is free. Sets `port`. Stops the play in one line when the port is in
# use or cannot be had.
choose_port() {
    port=${PORT:-$1}
    lock_port
    start "$2 127.0.0.1 $port"
    wait_for_text '... ' ||
        if grep -q EADDRINUSE "$scratch/output"; then
            stop "port $port is in use, or was a moment ago. Take another: make step$step PORT=$((port % 60000 + 1000))"
        else
            stop "port $port cannot be had: $(grep -m 1 -e '= -1' "$scratch/output")"
        fi
    end_background
}

# A PORT that is none is told at once, by the steps that need no port, too: `make steps`
# shall not stop in the middle.
case ${PORT:-1} in
*[!0-9]* | ?????? | 0*) stop "PORT must be a number from 1 to 65535, not \"$PORT\"." ;;
esac
[ "${PORT:-1}" -le 65535 ] || stop "PORT must be a number from 1 to 65535, not \"$PORT\"."

[ -z "${TRACE:-}" ] || cat <<'END'

The step is played again, its own program under strace. Behind it, sed leaves out
what the loader reads and what the program prints.
END
