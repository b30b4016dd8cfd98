# Exercise 18: graceful PORT. Signals come to the program here (SIGTERM): it runs unwatched.
load ../../tests/check
WATCH=

setup_file() {
    head -c 4095 /dev/zero | tr '\0' x >"$BATS_FILE_TMPDIR/line"
    { cat "$BATS_FILE_TMPDIR/line" && echo; } >"$BATS_FILE_TMPDIR/longest"
    yes "$(cat "$BATS_FILE_TMPDIR/line")" | head -n 1000 >"$BATS_FILE_TMPDIR/many" # about 4 MiB
    { printf 'done ' && cat "$BATS_FILE_TMPDIR/longest"; } >"$BATS_FILE_TMPDIR/answer"
}

# The time in milliseconds.
now_ms() {
    echo $(($(date +%s%N) / 1000000))
}

# Runs a command, which must take from 300 ms to so many ms. Takes the most, and the command.
# On a busy machine it may take longer, by no fault of the program: three times is none.
takes_300_to() {
    local most=$1 try before ms
    shift
    for try in 1 2 3; do
        before=$(now_ms)
        "$@"
        ms=$(($(now_ms) - before))
        [ "$ms" -gt "$most" ] || break
    done
    [ "$ms" -ge 300 ] || fail 'each answer 300 ms after its line has come, and not before' "all answers within $ms ms"
    [ "$ms" -le "$most" ] || fail "each answer 300 ms after its line has come: all of them within $most ms" "$ms ms, at try $try"
}

# The program must end now, with status 0. Three seconds are "at once" on a busy machine; its
# clients stay longer.
ends_at_once() {
    local since=$SECONDS
    until [ -s "$name.report" ]; do
        if [ $((SECONDS - since)) -gt 3 ]; then
            fail 'its end, as soon as no answer is owed' 'a program that still runs, 3 s later'
            return 1
        fi
        pause
    done
    wait_program
    exits 0
}

@test "answers a line with done LINE, 300 ms after it came" {
    likely 'The answer is "done ", the line, and a newline. It is sent when 300 ms are over, and not before.'
    read_first 'poll(2), timeout; clock_gettime(2)'
    start_server
    takes_300_to 500 call send 'hello\n' expect 'done hello\n'
}

@test "answers many lines of a client, in their order" {
    likely 'The time of each line runs for itself: two lines that come together are answered together.'
    start_server
    takes_300_to 550 call send 'one\ntwo\n' send '\nfour\n' expect 'done one\ndone two\ndone \ndone four\n'
}

@test "answers many clients at a time" {
    likely 'While one answer waits for its time, the program must do other things: only poll(2) may wait.'
    start_server
    takes_300_to 700 call accepted open 4 accepted open 4 accepted open 4 accepted open 4 accepted open 4 accepted \
        open 4 accepted open 4 accepted open 4 accepted each send 'hello\n' each-backwards expect 'done hello\n'
}

@test "lines may come in pieces, and have up to 4096 bytes of any value" {
    likely 'Keep what a client has sent of its line until the newline comes.'
    start_server
    call drip 'slow\n' send 'a\0b\xff\nha' send 'lf\n' send-file "$BATS_FILE_TMPDIR/longest" \
        expect 'done slow\ndone a\0b\xff\ndone half\n' expect-file "$BATS_FILE_TMPDIR/answer"
}

@test "a client that ends its sending side gets its answers" {
    likely 'At the end of file, answers are still owed.'
    start_server
    call send 'one\ntwo\n' end expect 'done one\ndone two\n'
}

@test "loses nothing when calls transfer less than was asked for" {
    likely 'What write(2) returned must be looked at: the rest is still to be sent.'
    FORCE='input=1 output=3' start_server
    call send 'a line of some length\nand one more\n' expect 'done a line of some length\ndone and one more\n'
}

@test "a client that has gone costs only itself" {
    likely 'An answer to a client that has gone raises SIGPIPE, or fails: that is the end of this client only.'
    start_server
    call accepted send 'one\n' drained reset
    call accepted send 'one\ntwo\nthree\n' drained close
    call accepted reset
    call send 'hello\n' expect 'done hello\n'
    runs || fail 'a server that goes on' 'its end'
}

@test "a client that does not read does not hold up the others" {
    likely 'A write(2) to a client that does not read must not wait: O_NONBLOCK.'
    start_server
    local many=$BATS_FILE_TMPDIR/many
    PEER='-b 4096' start_call greedy accepted say there send-file "$many" send-file "$many" send-file "$many" pause 60000
    wait_for_log greedy there
    call send 'hello\n' expect 'done hello\n' send 'again\n' expect 'done again\n'
}

@test "SIGTERM, and nothing is owed: it ends at once, with status 0" {
    likely 'Without a handler, SIGTERM kills: status 143. A handler may only note that it came; the loop does the rest.'
    read_first 'sigaction(2); signal(7); signal-safety(7)'
    start_server
    # What comes in the moment before it waits, another check asks.
    let_it_wait
    send_signal TERM
    ends_at_once
}

@test "SIGTERM: clients to whom nothing is owed do not hold it" {
    likely 'Nothing is owed to a client that has sent no line, or half a line.'
    start_server
    start_call idle accepted open 1 accepted open 1 accepted use 1 send 'hello\n' expect 'done hello\n' use 2 send 'half' drained say there pause 60000
    wait_for_log idle there
    let_it_wait
    send_signal TERM
    ends_at_once
}

@test "SIGTERM: answers that are owed are sent, then it ends" {
    likely 'Go on until no answer is owed; then end.'
    start_server
    start_call owed accepted open 1 accepted open 1 accepted use 1 send 'one\n' drained use 2 send 'two\n' drained say sent \
        use 1 expect 'done one\n' expect-closed use 2 expect 'done two\n' expect-closed
    wait_for_log owed sent
    send_signal TERM
    called owed
    ends_at_once
}

@test "SIGTERM: they are sent when their 300 ms are over, not before" {
    likely 'SIGTERM does not make the answers come sooner.'
    start_server
    takes_300_to 3000 sends_and_terminates
    ends_at_once
}
sends_and_terminates() {
    start_call owed accepted send 'one\n' drained say sent expect 'done one\n'
    wait_for_log owed sent
    send_signal TERM
    called owed
}

@test "SIGTERM: from then on, a connect is refused" {
    likely 'Close the listener as soon as the signal has come.'
    local try refused=
    # On a busy machine, the answer may have gone before we look: then once more.
    for try in 1 2 3 4 5; do
        start_server
        start_call owed accepted send 'one\n' drained say sent expect 'done one\n'
        wait_for_log owed sent
        send_signal TERM
        look_whether_it_refuses
        called owed
        [ -z "$refused" ] || break
        stop_program
    done
    [ "$refused" = yes ] ||
        fail 'Connection refused, while the answer is still owed' "$([ -n "$refused" ] && echo 'a connection' || echo 'an answer, before we came to look')"
    ends_at_once
}

# Connects again and again, until it is refused, or until the answer has been sent. The program is
# stopped meanwhile, so that it is there for certain. Sets `refused`: yes, no, or nothing when it
# had ended before we came to it.
look_whether_it_refuses() {
    note "tests/build/peer connect 127.0.0.1 $port close"
    while stops; do
        refused=no
        "$peer" -t 1 connect 127.0.0.1 "$port" close >/dev/null 2>&1 3>&- 4>&- 8>&- || refused=yes
        kill -CONT "$pid"
        [ "$refused" = no ] || return 0
        pause 0.02
    done
}
# Stops the program. Fails when it has ended: proc(5), stat.
stops() {
    local stat
    kill -STOP "$pid" 2>/dev/null || return
    while read -r stat 2>/dev/null <"/proc/$pid/stat"; do
        case ${stat##*) } in
        T*) return 0 ;;
        Z* | X*) return 1 ;;
        esac
        pause 0.002
    done
    return 1
}

@test "SIGTERM in the moment before it waits is not lost" {
    likely 'A signal between the look at the flag and the wait: the wait then lasts for ever. ppoll(2) or pselect(2) let the signal through only while they wait; a pipe that the handler writes to does as well.'
    read_first 'select(2), on pselect; signal(7)'
    FORCE='wait:1=stop' start_server
    # It stops just before it waits for the first time, if it waits as we think.
    local tries=0
    until grep -q '^State:.T' "/proc/$pid/status" || [ $((tries += 1)) -gt 250 ]; do pause; done
    send_signal TERM
    go_on_program 'it had stopped before it waited'
    ends_at_once
}

@test "sleeps while nothing happens" {
    likely 'poll(2) with a limit of 0, or for what nobody deals with, returns at once, again and again.'
    start_server
    start_call idle accepted open 1 accepted open 1 accepted use 1 send 'half' end use 2 send 'hello\n' expect 'done hello\n' say there pause 60000
    wait_for_log idle there
    call accepted reset
    is_idle
}

@test "leaves no descriptor open, client after client" {
    likely 'Is the descriptor of each client closed that has gone?'
    start_server
    call accepted send 'a\n' drained close
    local before
    before=$(descriptors)
    for _ in 1 2 3 4; do call accepted open 3 accepted each send 'hello\n' each reset; done
    call send 'a\n' expect 'done a\n'
    descriptors_fall_to "$before"
}

@test "listens on 127.0.0.1 alone, PORT 0 being the kernel's choice" {
    likely 'getsockname(2) tells the port. INADDR_ANY listens on all addresses of the machine: INADDR_LOOPBACK is 127.0.0.1.'
    start_server_anywhere 0
    listens_on_loopback_only
}

@test "starts again on its port at once" {
    likely 'SO_REUSEADDR, set before bind(2), allows it: exercise 7.'
    starts_again accepted
}

@test "a port that somebody else has is status 1, and names bind" {
    fails_on_a_taken_port
}

@test "refuses wrong usage with status 2, before any socket" {
    likely 'PORT is a number from 0 to 65535, and there is nothing else.'
    WATCH="-w $ROOT/tests" refuses_ports
}

@test "output that cannot be written is status 1" {
    likely 'Whether the line "listening PORT" could be written, fflush(3) tells.'
    free_port
    OUTPUT=/dev/full run_program "$port"
    exits 1
}
