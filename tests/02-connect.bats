# Step 2: what 02-connect/connect shows. The servers are played by tests/build/peer.
load steps

# Starts a server that takes one connection and does what the arguments say.
start_peer() {
    start server "$peer" listen "$address" "$port" accept "$@"
    wait_for server.out listening
}

# The server must have seen all that it was told to expect.
peer_is_content() {
    wait_for_end "$pid"
    cat server.err
    equals "$status" 0
}

@test "a port where nobody listens: ECONNREFUSED" {
    run -1 --separate-stderr limited "$step2" "$address" "$port"
    has "$output" "connect(3, $address:$port, 16) = -1 ECONNREFUSED (Connection refused)"
    has "$output" '    Nobody listens on that port'
    has "$output" 'close(3) = 0'
    equals "$stderr" 'connect: connect: Connection refused'
}

@test "the longest address and port there are: no way to that network" {
    run -1 limited "$step2" 255.255.255.255 65535
    has "$output" 'connect(3, 255.255.255.255:65535, 16) = -1 E'
}

@test "against step 4's server: the message goes, the answer comes, and the end of file" {
    start_server server 1
    run -0 limited "$step2" "$address" "$port" 'good day'
    has "$output" "... connect waits for the answer of $address:$port"
    has "$output" 'write(3, "good day\n", 9) = 9'
    has "$output" 'read(3, "you said: good day\n", 4096) = 19'
    has "$output" 'read(3, "", 4096) = 0'
    has "$output" 'Received in all: 19 bytes, in 1 read.'
}

@test "the message is hello when none is given" {
    start_peer expect 'hello\n' close
    run -0 limited "$step2" "$address" "$port"
    peer_is_content
}

@test "an empty message is a newline alone" {
    start_peer expect '\n' send 'x' close
    run -0 limited "$step2" "$address" "$port" ''
    peer_is_content
}

@test "a message of 100,000 bytes arrives whole" {
    local message
    message=$(head -c 100000 /dev/zero | tr '\0' m)
    printf '%s\n' "$message" >message
    start_peer expect-file message send 'thanks' close
    run -0 limited "$step2" "$address" "$port" "$message"
    peer_is_content
    has "$output" 'read(3, "thanks", 4096) = 6'
}

@test "any bytes are sent as they are, UTF-8 too" {
    start_peer expect 'gr\xc3\xbc\xc3\x9f\x01dich\n' close
    run -0 limited "$step2" "$address" "$port" $'gr\xc3\xbc\xc3\x9f\x01dich'
    peer_is_content
    has "$output" 'write(3, "gr\303\274\303\237\1dich\n", 12) = 12'
}

@test "an answer that comes one byte at a time is read whole" {
    start_peer expect 'hello\n' drip 'one byte at a time' close
    run -0 limited "$step2" "$address" "$port"
    has "$output" 'read(3, "o", 4096) = 1'
    has "$output" 'Received in all: 18 bytes, in 18 reads.'
}

@test "an answer of 10 MB is read whole" {
    start_peer expect 'hello\n' flood 10000000 close
    run -0 limited "$step2" "$address" "$port"
    has "$output" 'Received in all: 10000000 bytes, in '
    # What the reads returned makes the sum.
    equals "$(sed -n 's/^read(.*) = \([0-9]*\)$/\1/p' <<<"$output" | awk '{ sum += $1 } END { print sum }')" 10000000
    peer_is_content
}

@test "an answer of nothing but the end of file is no error" {
    start_peer expect 'hello\n' close
    run -0 limited "$step2" "$address" "$port"
    has "$output" 'Received in all: 0 bytes, in 0 reads.'
}

@test "NUL bytes in the answer are counted and shown" {
    start_peer expect 'hello\n' send 'a\0\0b' close
    run -0 limited "$step2" "$address" "$port"
    has "$output" 'read(3, "a\0\0b", 4096) = 4'
    has "$output" 'Received in all: 4 bytes'
}

@test "the peer ends its side first and still reads: the answer and the message both arrive" {
    start_peer send 'early' end expect 'hello\n' expect-end
    run -0 limited "$step2" "$address" "$port"
    has "$output" 'Received in all: 5 bytes'
    peer_is_content
}

@test "the peer closes at once: an end of file or a reset, told, and no death by SIGPIPE" {
    # Which of the two depends on what the kernel sees first: the message or the close.
    start_peer close
    run limited "$step2" "$address" "$port"
    [ "$status" -eq 0 ] || [ "$status" -eq 1 ]
    has "$output" 'close(3) = 0'
}

@test "the peer resets after the message: ECONNRESET, status 1" {
    start_peer expect 'hello\n' reset
    run -1 --separate-stderr limited "$step2" "$address" "$port"
    has "$output" 'read(3, ?, 4096) = -1 ECONNRESET (Connection reset by peer)'
    has "$output" 'close(3) = 0'
    equals "$stderr" 'connect: read: Connection reset by peer'
}

@test "the peer answers and then resets: the answer is read before the reset is told" {
    start_peer expect 'hello\n' send 'last words' drained reset
    run -1 limited "$step2" "$address" "$port"
    has "$output" 'read(3, "last words", 4096) = 10'
    has "$output" '= -1 ECONNRESET'
}

@test "the peer closes with the message unread: ECONNRESET, status 1" {
    start_peer unread close
    run -1 limited "$step2" "$address" "$port"
    has "$output" '= -1 ECONNRESET'
}

@test "a write to a connection that is no more: EPIPE is told, SIGPIPE does not kill" {
    # The peer ends, then resets: the write after that raises SIGPIPE (write(2), EPIPE).
    start_with_input server "$peer" listen "$address" "$port" accept end say ended wait reset say reset
    wait_for server.out listening
    FORCE='write=stop' start client "$root/tests/build/forced-connect" "$address" "$port"
    wait_until_stopped "$pid"
    wait_for server.out ended
    end_input
    wait_for server.out reset
    kill -CONT "$pid"
    wait_for_end "$pid"
    equals "$status" 1
    has client.out 'write(3, "hello\n", 6) = -1 EPIPE (Broken pipe)'
    has client.out 'close(3) = 0'
    equals "$(cat client.err)" 'connect: write: Broken pipe'
}

@test "what will wait is announced before it waits" {
    start_with_input server "$peer" listen "$address" "$port" accept expect 'hello\n' wait close
    wait_for server.out listening
    local server=$pid
    start client "$step2" "$address" "$port"
    wait_for client.out '... each read waits until the peer sends something or closes'
    has_not client.out 'read(3'
    end_input
    wait_for_end "$pid"
    equals "$status" 0
    pid=$server
    peer_is_content
}

@test "Ctrl-C ends it while it waits" {
    start_with_input server "$peer" listen "$address" "$port" accept expect 'hello\n' hold
    wait_for server.out listening
    start client "$step2" "$address" "$port"
    wait_for client.out '... each read waits'
    kill -INT "$pid"
    wait_for_end "$pid"
    equals "$status" 130
}

@test "it asks an HTTP server for a page" {
    command -v python3 >/dev/null || skip "python3 is missing: its HTTP server would be asked"
    head -c 10000 /dev/zero >page.txt
    start http python3 -u -m http.server --bind "$address" "$port"
    wait_for http.out 'Serving HTTP'
    run -0 limited "$step2" "$address" "$port" $'GET /page.txt HTTP/1.0\r\n\r'
    has "$output" 'HTTP/1.0 200 OK\r\n'
    [ "$(sed -n 's/.*Received in all: \([0-9]*\) bytes.*/\1/p' <<<"$output")" -gt 10000 ]
}

@test "it talks to nc" {
    command -v nc >/dev/null || skip "nc is missing (Debian: netcat-openbsd)"
    start_with_input nc nc -l "$address" "$port"
    # nc says nothing when it listens: the kernel's list of sockets does.
    until_listens
    local nc=$pid
    start client "$step2" "$address" "$port" 'to nc'
    wait_for nc.out 'to nc'
    echo 'from nc' >&9
    wait_for client.out 'read(3, "from nc\n", 4096) = 8'
    kill "$nc"
    wait_for_end "$pid"
    equals "$status" 0
}

# Waits until a socket listens on this test's address: state 0A in /proc/net/tcp (proc(5)),
# where the address stands as one number, in this machine's byte order.
until_listens() {
    local a b c d hex tries=0
    IFS=. read -r a b c d <<<"$address"
    hex=$(printf '%02X%02X%02X%02X:%04X' "$d" "$c" "$b" "$a" "$port")
    until grep -q " $hex 00000000:0000 0A " /proc/net/tcp; do
        [ $((tries += 1)) -le 1000 ] || return 1
        sleep 0.01
    done
}
