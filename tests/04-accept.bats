# Step 4: what 04-accept/accept shows. The clients are step 2's and tests/build/peer.
load steps

# One client that does what the arguments say, and must succeed.
client() {
    limited "$peer" connect "$address" "$port" "$@"
}

# An ordinary client: the server is well if this one is answered.
good_client() {
    run -0 limited "$step2" "$address" "$port" 'good day'
    has "$output" 'Received in all: 19 bytes'
}

@test "one client is served, and with CLIENTS 1 the server ends" {
    start_server server 1
    good_client
    wait_for_end "$pid"
    equals "$status" 0
    has server.out '    Client 1: 4 is its connection, 3 still listens.'
    has server.out 'read(4, "good day\n", 1025) = 9'
    has server.out 'write(4, "you said: good day\n", 19) = 19'
    has server.out 'close(4) = 0'
    has server.out 'close(3) = 0'
    equals "$(cat server.err)" ''
}

@test "the calls come in the order of the book: socket, setsockopt, bind, listen, accept" {
    start_server server 1
    good_client
    wait_for_end "$pid"
    equals "$(sed -n 's/^\([a-z]*\)(.*/\1/p' server.out | tr '\n' ' ')" \
        'socket setsockopt bind listen accept read write close close '
}

@test "what will wait is announced before it waits" {
    start_server server 1
    has_not server.out 'accept(3'
    start_with_input silent "$peer" connect "$address" "$port" wait send 'now\n' expect 'you said: now\n'
    wait_for server.out "... read waits for the client's line"
    has_not server.out 'read(4'
    end_input
    wait_for_end "$pid"
    equals "$status" 0
}

@test "the address of the client is told, as accept gave it" {
    start_server server 1
    # The client's own socket is known while it lives: /proc/net/tcp has its local port.
    [ -r /proc/net/tcp ] || skip "this test looks into /proc"
    start_with_input silent "$peer" connect "$address" "$port" wait
    wait_for server.out "... read waits for the client's line"
    local client_port
    # Fields: number, local address:port, remote address:port, state (01 is ESTABLISHED);
    # all in hexadecimal (proc(5)).
    client_port=$(awk -v peer=":$(printf %04X "$port")" '
        substr($3, 9) == peer && $4 == "01" { print substr($2, 10) }' /proc/net/tcp |
        while read -r hex; do echo "$((16#$hex))"; done | grep -x -F -e "$(
        sed -n 's/^accept(3, [0-9.]*:\([0-9]*\), .*/\1/p' server.out)")
    has server.out ":$client_port, [16]) = 4"
    [ "$client_port" -ne "$port" ]
    end_input
}

@test "200 clients, one after another" {
    start_server server 200
    local i
    for i in {1..200}; do
        "$step2" "$address" "$port" "client $i" >client.out 2>&1
        has client.out "you said: client $i"
    done
    wait_for_end "$pid"
    equals "$status" 0
    # Each got descriptor 4: none was left open.
    equals "$(grep -c '^accept(3, .*) = 4$' server.out)" 200
    has server.out '    Client 200: '
}

@test "clients that queue before they are accepted are all served" {
    start_server server 6
    # The first client holds the server; five more connect and send meanwhile.
    start_with_input first "$peer" connect "$address" "$port" say connected wait send 'first\n' expect 'you said: first\n'
    wait_for server.out "... read waits for the client's line"
    local i
    for i in 2 3 4 5 6; do
        start "client$i" "$step2" "$address" "$port" "client $i"
        wait_for "client$i.out" '... each read waits'
    done
    equals "$(grep -c '^accept' server.out)" 1
    end_input
    for i in 2 3 4 5 6; do
        wait_for "client$i.out" "you said: client $i"
    done
}

@test "a line in three pieces is one line" {
    start_server server 1
    client send 'in ' drained send 'three ' drained send 'pieces\n' expect 'you said: in three pieces\n' expect-end
    wait_for_end "$pid"
    equals "$(grep -c '^read(4, ' server.out)" 3
}

@test "two lines in one piece: the first is answered, the rest is dropped" {
    start_server server 2
    client send 'one\ntwo\n' expect 'you said: one\n' expect-end
    good_client
}

@test "NUL bytes and bytes above 127 come back unchanged" {
    start_server server 1
    client send 'a\0b\xff\n' expect 'you said: a\0b\xff\n' expect-end
}

@test "a line of 1023 bytes and one of 1024 bytes are answered whole" {
    start_server server 2
    local length line
    for length in 1023 1024; do
        line=$(head -c "$length" /dev/zero | tr '\0' x)
        client send "$line\\n" expect "you said: $line\\n" expect-end
    done
}

@test "a line of 1025 bytes and one of 2000 bytes are too long: no answer, and the next client" {
    start_server server 3
    client send "$(head -c 1025 /dev/zero | tr '\0' x)\\n" expect-reset
    client send "$(head -c 2000 /dev/zero | tr '\0' x)\\n" expect-reset
    good_client
    wait_for_end "$pid"
    equals "$(grep -c 'bytes: too long. No answer.' server.out)" 2
}

@test "no newline, then the end of file: the end ends the line" {
    start_server server 2
    client send 'half' end expect 'you said: half\n' expect-end
    good_client
    has server.out 'The end of file ends the line, too.'
}

@test "nothing, then the end of file: no answer, and the next client" {
    start_server server 3
    client end expect-end
    client close
    good_client
    wait_for_end "$pid"
    equals "$status" 0
    has server.out 'The client closed and sent nothing: no answer.'
}

@test "a client that resets before it is accepted costs the server nothing but that client" {
    start_server server 3
    # The first client holds the server, so that the second resets in the queue.
    start_with_input first "$peer" connect "$address" "$port" wait send 'first\n' expect 'you said: first\n'
    local first=$pid
    wait_for server.out "... read waits for the client's line"
    client reset
    end_input
    wait_for_end "$first"
    equals "$status" 0
    good_client
    wait_for server.out 'read(4, ?, 1025) = -1 ECONNRESET'
    has server.out 'Only this client is lost: the server goes on.'
    has server.err 'accept: read: Connection reset by peer'
}

@test "a client that resets after it was accepted costs the server nothing but that client" {
    start_server server 2
    client send 'half a li' drained reset
    wait_for server.out '= -1 ECONNRESET'
    good_client
    wait_for_end "$pid"
    equals "$status" 0
}

@test "a client that vanishes before the answer: EPIPE is told, SIGPIPE does not kill" {
    # The client ends, then resets: the write after that raises SIGPIPE (write(2), EPIPE).
    FORCE='write:1=stop' start server "$root/tests/build/forced-accept" "$address" "$port" 2
    local server=$pid
    wait_for server.out '... accept waits'
    start_with_input client "$peer" connect "$address" "$port" send 'bye' end wait reset
    wait_until_stopped "$server"
    end_input
    wait_for_end "$pid"
    equals "$status" 0
    kill -CONT "$server"
    good_client
    wait_for_end "$server"
    equals "$status" 0
    has server.out 'write(4, "you said: bye\n", 14) = -1 EPIPE (Broken pipe)'
    has server.out 'Only this client is lost: the server goes on.'
    has server.err 'accept: write: Broken pipe'
}

@test "when its complaints cannot be written, either, it still goes on with the next client" {
    [ -e /dev/full ] || skip "this system has no /dev/full"
    # errno must be that of read(2), not that of a complaint that failed.
    FORCE='read:1=ECONNRESET' start server sh -c 'exec "$0" "$@" 2>/dev/full' \
        "$root/tests/build/forced-accept" "$address" "$port" 2
    wait_for server.out '... accept waits'
    limited "$step2" "$address" "$port" >/dev/null 2>&1 || true
    good_client
    wait_for_end "$pid"
    equals "$status" 0
}

@test "it can be started again on its port at once" {
    local i
    for i in 1 2 3; do
        start_server "server$i" 1
        good_client
        wait_for_end "$pid"
        equals "$status" 0
    done
}

@test "it can be started again at once after Ctrl-C in the middle of a client" {
    start_server server
    local server=$pid
    start_with_input silent "$peer" connect "$address" "$port" hold
    wait_for server.out "... read waits for the client's line"
    kill -INT "$server"
    wait_for_end "$server"
    start_server again 1
    good_client
}

@test "a second server on the port is refused: EADDRINUSE" {
    start_server server
    run -1 limited "$step4" "$address" "$port"
    has "$output" "bind(3, $address:$port, 16) = -1 EADDRINUSE"
    has "$output" 'close(3) = 0'
    good_client
}

@test "Ctrl-C ends it while it waits for a client, and the port is free" {
    start_server server
    kill -INT "$pid"
    wait_for_end "$pid"
    equals "$status" 130
    run -1 limited "$step2" "$address" "$port"
    has "$output" 'ECONNREFUSED'
}

@test "Ctrl-C ends it while it waits for a client's line, and the client gets its end" {
    start_server server
    local server=$pid
    start client "$step2" "$address" "$port"
    wait_for_end "$pid"
    start silent "$peer" connect "$address" "$port" send 'half' expect-end
    wait_for server.out 'read(4, "half", 1025) = 4'
    kill -INT "$server"
    wait_for_end "$server"
    equals "$status" 130
    wait_for_end "$pid"
    equals "$status" 0
}

@test "out of descriptors: EMFILE is told, the server ends with status 1 and does not spin" {
    # 0, 1, 2 and the listener: the accepted socket has none left.
    start server sh -c 'ulimit -n 4; exec "$0" "$@"' "$step4" "$address" "$port"
    wait_for server.out '... accept waits'
    run limited "$step2" "$address" "$port"
    wait_for_end "$pid"
    equals "$status" 1
    has server.out 'accept(3, ?, [16]) = -1 EMFILE (Too many open files)'
    equals "$(grep -c '^accept' server.out)" 1
    equals "$(cat server.err)" 'accept: accept: Too many open files'
}

@test "when nobody reads what it prints, it ends after the next client" {
    start_with_input reader head -n 6
    "$step4" "$address" "$port" >"reader.in" 2>server.err </dev/null 3>&- 4>&- 8>&- 9>&- &
    server=$!
    started="$started $server"
    exec 9>&-
    wait_for reader.out '... accept waits'
    limited "$step2" "$address" "$port" >/dev/null || true
    wait_for_end "$server"
    equals "$status" 1
    has server.err 'accept: standard output: cannot be written'
}
