# Exercise 19: proxy PORT ADDRESS UPSTREAM.
# The client is `call`, the upstream server is `serve`, and the program is between them.
load ../../tests/check

# Starts an upstream server, as `serve` does, and the program before it. Takes the actions of
# the upstream.
start_proxy() {
    serve "$@"
    upstream=$port
    start_server 127.0.0.1 "$upstream"
}

@test "relays what the client says to its upstream, and the answer" {
    likely 'For each client, a second connection is made, to ADDRESS and UPSTREAM. What comes on the one goes out on the other.'
    read_first 'poll(2); connect(2); exercise 16'
    start_proxy accept expect 'question\n' send 'answer\n' expect 'thanks\n' send 'bye\n'
    call send 'question\n' expect 'answer\n' send 'thanks\n' expect 'bye\n'
    served
}

@test "connects to its upstream at once: that one may speak first" {
    likely 'Connect when the client is accepted, not when it has said something.'
    start_proxy accept send 'welcome\n' expect 'hello\n'
    call expect 'welcome\n' send 'hello\n'
    served
}

@test "passes on the client's end of file, and goes on the other way" {
    likely 'An end of file is the end of one direction: shutdown(2) with SHUT_WR passes it on.'
    read_first 'shutdown(2); exercise 4'
    start_proxy accept expect 'question' expect-end send 'answer' close
    call send 'question' end expect 'answer' expect-end
    served
}

@test "passes on the upstream's end of file, and goes on the other way" {
    likely 'An end of file is the end of one direction: shutdown(2) with SHUT_WR passes it on.'
    start_proxy accept send 'hello' end expect 'goodbye' expect-end close
    call expect 'hello' expect-end send 'good' send 'bye' end
    served
}

@test "serves many clients at a time" {
    likely 'No client must wait for another one: only poll(2) may wait.'
    start_proxy accept accept accept accept accept accept accept accept \
        each-backwards send 'welcome' each expect 'hello' each send 'bye'
    call accepted open 1 accepted open 1 accepted open 1 accepted open 1 accepted open 1 accepted open 1 accepted open 1 accepted \
        each expect 'welcome' each-backwards send 'hello' each expect 'bye'
    served
}

@test "loses nothing: bytes of any value, both ways at once" {
    likely 'What read(2) returned says how many bytes there are. What write(2) did not take is still to be sent.'
    start_proxy accept expect 'a\0b\xff\n\0' send 'c\0\xfe' echo 3000000
    call send 'a\0b\xff\n\0' expect 'c\0\xfe' echo 3000000
    served
    stop_program
    serve accept echo 5000
    FORCE='input=50 output=7' start_server 127.0.0.1 "$port"
    call echo 5000
    served
}

@test "goes on one way while the other way is stuck" {
    likely 'A write(2) that waits for one end keeps the other direction from going on: descriptors must not block.'
    read_first 'fcntl(2), O_NONBLOCK; write(2), ERRORS: EAGAIN'
    # The client reads only when it has sent all; its upstream does both at once.
    start_proxy accept echo 16000000
    call flood 16000000 expect-flood 16000000
    served
}

# Takes 290 ms.
@test "keeps a bounded amount for the slowest reader" {
    likely 'As long as what was read has not been written, read no more: so the sender has to wait.'
    serve accept flood 24000000 close
    upstream=$port
    RUN=PLAIN start_server 127.0.0.1 "$upstream"
    mkfifo go
    exec 9<>go
    PEER='-b 65536' CALL_INPUT=go start_call slow unread say there wait expect-flood 24000000 expect-end
    wait_for_log slow there
    stays_idle
    uses_at_most 12288
    echo >&9
    called slow
    served
}

@test "an upstream that refuses closes that client alone" {
    likely 'A connect that fails is the end of this client, not of the program.'
    likely_when 'connect|refused' 'A connect that fails is the end of this client, not of the program.'
    read_first 'connect(2), ERRORS: ECONNREFUSED, EINPROGRESS'
    start_proxy accept stop-listening say stopped expect 'hello' send 'bye'
    mkfifo go
    exec 9<>go
    CALL_INPUT=go start_call first accepted wait send 'hello' expect 'bye'
    wait_for_log server stopped
    call expect-closed
    call expect-closed
    echo >&9
    called first
    served
}

@test "a connect that takes long does not hold up the others" {
    likely 'connect(2) waits when the queue of the upstream is full. Non-blocking, it says EINPROGRESS, and poll(2) tells when it is done.'
    read_first 'connect(2), ERRORS: EINPROGRESS; listen(2), backlog'
    # The upstream accepts once, and its queue takes 17.
    start_proxy accept send 'welcome' expect 'hello' send 'bye'
    mkfifo go
    exec 9<>go
    CALL_INPUT=go start_call first expect 'welcome' say there wait send 'hello' expect 'bye'
    wait_for_log first there
    start_call crowd open 29 say there pause 60000
    wait_for_log crowd there
    wait_for_slow_connect
    echo >&9
    called first
    served
}

# Waits until the upstream's queue is full and one more connection to it is asked for: as
# proc(5), net/tcp, shows it: 0A is LISTEN, with 17 (hexadecimal 11) that wait for accept(2); 02
# is SYN_SENT.
wait_for_slow_connect() {
    local since=$SECONDS
    until awk -v upstream="$(printf '0100007F:%04X' "$upstream")" '
        $2 == upstream && $4 == "0A" && substr($5, 10) + 0 >= 11 { full = 1 }
        $3 == upstream && $4 == "02" { asked = 1 }
        END { exit !(full && asked) }' /proc/net/tcp; do
        if is_over "$since"; then
            fail '18 connections to the upstream, for 30 clients' 'fewer'
            return 1
        fi
        pause
    done
}

@test "a reset on one side ends the other side as well" {
    likely 'After a reset, read(2) or write(2) fails: then both descriptors are closed.'
    read_first 'read(2), ERRORS: ECONNRESET; write(2), ERRORS: EPIPE'
    start_proxy accept expect 'hello' expect-closed pause 60000
    local before
    before=$(descriptors)
    call send 'hello' drained reset
    descriptors_fall_to "$before"
    stop_program
    start_proxy accept send 'half' drained reset
    call expect 'half' expect-closed
    descriptors_fall_to "$before"
}

@test "a client or an upstream that has gone costs only itself" {
    likely 'Writing to one that has gone raises SIGPIPE, or fails: that is the end of this pair only.'
    serve accept send '1' accept send '2' accept send '3' accept send '4' use 1 send 'hello' use 2 close use 3 reset use 4 expect 'hello' send 'bye'
    FORCE='output=1' start_server 127.0.0.1 "$port"
    call expect '1' open 1 expect '2' open 1 expect '3' open 1 expect '4' use 1 unread reset \
        use 2 expect-closed send 'hello' use 3 expect-closed use 4 send 'hello' expect 'bye'
    served
    runs || fail 'a program that goes on' 'its end'
}

@test "leaves no descriptor open, client after client" {
    likely 'When both directions have ended, both descriptors are closed.'
    start_proxy accept say first accept expect 'hello' end accept expect 'hello' expect-end end accept expect 'x' reset accept close
    local before
    before=$(descriptors)
    mkfifo go
    exec 9<>go
    CALL_INPUT=go start_call first accepted wait reset
    wait_for_log server first
    echo >&9
    called first
    call send 'hello' expect-end end
    call send 'hello' end expect-end
    call send 'x' expect-closed close
    call accepted expect-end end
    served
    descriptors_fall_to "$before"
}

@test "sleeps while nothing happens, also when one side has ended" {
    likely 'poll(2) returns at once, again and again, for what nobody deals with: an end of file that was read before, POLLHUP, POLLOUT with nothing to send.'
    start_proxy accept send '1' accept send '2' accept send '3' use 2 end use 3 expect-end say ready pause 60000
    start_call idle expect '1' open 1 expect '2' open 1 expect '3' use 3 end use 2 expect-end say there pause 60000
    wait_for_log idle there
    wait_for_log server ready
    is_idle
}

@test "goes to the address that it is given, not only to 127.0.0.1" {
    ADDRESS=127.0.0.3 serve accept send 'three' close
    start_server 127.0.0.3 "$port"
    call expect 'three' expect-end
}

@test "listens on 127.0.0.1 alone, PORT 0 being the kernel's choice" {
    likely 'getsockname(2) tells the port. INADDR_ANY listens on all addresses of the machine: INADDR_LOOPBACK is 127.0.0.1.'
    start_server_anywhere 0 127.0.0.1 4001
    listens_on_loopback_only
}

@test "starts again on its port at once" {
    likely 'SO_REUSEADDR, set before bind(2), allows it: exercise 7.'
    serve accept echo 5 pause 60000
    ARGUMENTS="127.0.0.1 $port" starts_again echo 5
}

@test "a port that somebody else has is status 1, and names bind" {
    fails_on_a_taken_port 127.0.0.1 4001
}

@test "refuses wrong usage with status 2, before any socket" {
    likely 'PORT is a number from 0 to 65535, ADDRESS what inet_pton(3) takes, UPSTREAM a number from 1 to 65535.'
    refuses_ports 127.0.0.1 4002
    refuses 4001
    refuses 4001 127.0.0.1
    refuses 4001 localhost 4002
    refuses 4001 127.0.0.1 0
    refuses 4001 127.0.0.1 65536
}

@test "output that cannot be written is status 1" {
    likely 'Whether the line "listening PORT" could be written, fflush(3) tells.'
    free_port
    OUTPUT=/dev/full run_program "$port" 127.0.0.1 4001
    exits 1
}

@test "nothing but what is relayed goes to a client" {
    likely 'With 0, 1 and 2 closed, the sockets take these numbers: "standard output" is then a connection.'
    serve accept send 'welcome' close
    ARGUMENTS="127.0.0.1 $port" sends_only 'welcome'
}
