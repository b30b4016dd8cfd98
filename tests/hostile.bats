# What strangers send to the model answers of the servers: hostile requests to the web server
# of exercise 20, and clients that flood, stall and vanish. RFC 9112 says what a request that
# breaks the rules gets: 400, or the connection is closed. No server may end, or serve what is
# outside its directory; the sanitizers watch.
load steps

setup_file() {
    local exercise
    # shellcheck disable=SC2046
    for exercise in 11-frames 15-fork 16-chat 17-crowd 18-graceful 20-http; do
        "${CC:-cc}" -std=gnu17 -O1 -g $(cat "$root/tests/build/sanitizers") -o "$BATS_FILE_TMPDIR/${exercise#*-}" "$root/tests/answers/$exercise/reference.c"
    done
    mkdir -p "$BATS_FILE_TMPDIR/www/sub"
    echo 'inside' >"$BATS_FILE_TMPDIR/www/a.txt"
    echo 'index' >"$BATS_FILE_TMPDIR/www/index.html"
    echo 'SECRET' >"$BATS_FILE_TMPDIR/secret"
    ln -s ../secret "$BATS_FILE_TMPDIR/www/link"
    ln -s .. "$BATS_FILE_TMPDIR/www/up"
}

# Starts the model answer of an exercise. Takes its name, and arguments after the port.
serve() {
    local name=$1
    shift
    start "$name" env ASAN_OPTIONS=detect_leaks=0 "$BATS_FILE_TMPDIR/$name" 0 "$@"
    wait_for "$name.out" listening
    port=$(sed -n 's/^listening //p' "$name.out")
    server=$name
}
# It must still be there, and have complained of nothing.
is_well() {
    kill -0 "$pid"
    equals "$(cat "$server.err")" ''
}

# Sends a request, and prints the statuses of the answers, and `closed` at the end. Takes the
# request, with the escapes of the peer.
statuses() {
    "$peer" -t 10 connect 127.0.0.1 "$port" send "$1" end save answer </dev/null >/dev/null 2>complaint 3>&- 4>&- || grep -q -e reset -e 'Broken pipe' complaint
    ! grep -q SECRET answer
    LC_ALL=C sed -n 's/^HTTP\/1\.1 \([0-9][0-9]*\) .*/\1/p' answer | tr '\n' ' '
}

@test "http: hostile requests are answered as RFC 9112 says, or closed" {
    local wanted request got count=0
    serve http "$BATS_FILE_TMPDIR/www"
    while IFS='|' read -r wanted request; do
        [ -n "$wanted" ] || continue
        count=$((count + 1))
        got=$(statuses "$request")
        [[ "${got% }" =~ ^($wanted)$ ]] || {
            echo "$request: wanted $wanted, got $got"
            return 1
        }
    done <<'REQUESTS'
200|GET /a.txt HTTP/1.1\r\nHost: x\r\n\r\n
200|\r\n\r\nGET /a.txt HTTP/1.1\r\nHost: x\r\n\r\n
200|GET /a.txt HTTP/1.1\nHost: x\n\n
200|GET http://x/a.txt HTTP/1.1\r\nHost: x\r\n\r\n
200|GET HTTP://x:80/a.txt?q HTTP/1.1\r\nHost: y\r\n\r\n
200|GET http://x HTTP/1.1\r\nHost: x\r\n\r\n
200|GET http://x?q HTTP/1.1\r\nHost: x\r\n\r\n
200|GET /a.txt HTTP/1.1\r\nHost:\r\n\r\n
200|GET /a.txt HTTP/1.1\r\nHost: x\r\nX: \xff\x80 8-bit\r\n\r\n
200|GET /a.txt HTTP/1.9\r\nHost: x\r\n\r\n
200|GET /a.txt HTTP/1.0\r\n\r\nGET /a.txt HTTP/1.0\r\n\r\n
200|GET /sub/../a.txt HTTP/1.1\r\nHost: x\r\n\r\n
200|GET //a.txt HTTP/1.1\r\nHost: x\r\n\r\n
200|GET /./a.txt HTTP/1.1\r\nHost: x\r\n\r\n
200|GET /a.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc
200 200|GET /a.txt HTTP/1.1\r\nHost: x\r\n\r\nHEAD /a.txt HTTP/1.1\r\nHost: x\r\n\r\n
200 200|GET /a.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 26\r\n\r\nGET /up/secret HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n
200 404 200|GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /no HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n
200|GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, CLOSE\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n
100 405|POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc
405|POST / HTTP/1.1\r\nHost: x\r\n\r\n
405|OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n
405|CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n
405|get /a.txt HTTP/1.1\r\nHost: x\r\n\r\n
405|G!#$%&'*+-.^_`~T / HTTP/1.1\r\nHost: x\r\n\r\n
403|GET /../secret HTTP/1.1\r\nHost: x\r\n\r\n
403|GET /%2e%2e/secret HTTP/1.1\r\nHost: x\r\n\r\n
403|GET /%2E%2e%2Fsecret HTTP/1.1\r\nHost: x\r\n\r\n
403|GET /sub/../../secret HTTP/1.1\r\nHost: x\r\n\r\n
403|GET /sub/%2e%2e//..///secret HTTP/1.1\r\nHost: x\r\n\r\n
403|GET /link HTTP/1.1\r\nHost: x\r\n\r\n
403|GET /up/secret HTTP/1.1\r\nHost: x\r\n\r\n
403|GET /up/up/up/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n
403|GET http://x/../secret HTTP/1.1\r\nHost: x\r\n\r\n
404|GET /a.txt/../../secret HTTP/1.1\r\nHost: x\r\n\r\n
404|GET /..\\secret HTTP/1.1\r\nHost: x\r\n\r\n
404|GET /%252e%252e/secret HTTP/1.1\r\nHost: x\r\n\r\n
404|GET /....//secret HTTP/1.1\r\nHost: x\r\n\r\n
404|GET /etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n
404|GET ///etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n
404|GET /%c0%ae%c0%ae/secret HTTP/1.1\r\nHost: x\r\n\r\n
404|GET /a.txt/ HTTP/1.1\r\nHost: x\r\n\r\n
404|GET /a.txt%20 HTTP/1.1\r\nHost: x\r\n\r\n
400|GET /a.txt%00.html HTTP/1.1\r\nHost: x\r\n\r\n
400|GET /a.txt\0 HTTP/1.1\r\nHost: x\r\n\r\n
400|GET /a.txt HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n
400|GET /a.txt HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n
400|GET /a%2.txt HTTP/1.1\r\nHost: x\r\n\r\n
400|GET /a%zz HTTP/1.1\r\nHost: x\r\n\r\n
400|GET /% HTTP/1.1\r\nHost: x\r\n\r\n
400|GET a.txt HTTP/1.1\r\nHost: x\r\n\r\n
400|GET * HTTP/1.1\r\nHost: x\r\n\r\n
400|GET ftp://x/a.txt HTTP/1.1\r\nHost: x\r\n\r\n
400|GET /a b.txt HTTP/1.1\r\nHost: x\r\n\r\n
400|GET  /a.txt HTTP/1.1\r\nHost: x\r\n\r\n
400|GET /a.txt  HTTP/1.1\r\nHost: x\r\n\r\n
400| GET /a.txt HTTP/1.1\r\nHost: x\r\n\r\n
400|GET\t/a.txt\tHTTP/1.1\r\nHost: x\r\n\r\n
400|GET /a.txt\r\n\r\n
400|GET\r\n\r\n
400|GET /a.txt HTTP/0.9\r\nHost: x\r\n\r\n
400|GET /a.txt HTTP/2.0\r\nHost: x\r\n\r\n
400|GET /a.txt HTTP/11\r\nHost: x\r\n\r\n
400|GET /a.txt HTTP/1.10\r\nHost: x\r\n\r\n
400|GET /a.txt http/1.1\r\nHost: x\r\n\r\n
400|GET /a.txt HTTP/1.1 x\r\nHost: x\r\n\r\n
400|G(T /a.txt HTTP/1.1\r\nHost: x\r\n\r\n
400|\x16\x03\x01\x02\0\x01\0\x01\n\n
400|GET /a.txt HTTP/1.1\r\n\r\n
400|GET /a.txt HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n
400|GET /a.txt HTTP/1.1\r\nHost: x y\r\n\r\n
400|GET /a.txt HTTP/1.1\r\nHost: x/y\r\n\r\n
400|GET /a.txt HTTP/1.1\r\nHost : x\r\n\r\n
400|GET /a.txt HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n
400|GET /a.txt HTTP/1.1\r\nHost: x\r\n: empty\r\n\r\n
400|GET /a.txt HTTP/1.1\r\nHost: x\r\nA: b\r\n folded\r\n\r\n
400|GET /a.txt HTTP/1.1\r\n X: y\r\nHost: x\r\n\r\n
400|GET /a.txt HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n
400|GET /a.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 2\r\n\r\n
400|GET /a.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab
400|GET /a.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n
400|GET /a.txt HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n
400|POST /a.txt HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc
|
REQUESTS
    [ "$count" -ge 60 ]
    is_well
}

@test "http: a request is the same wherever it is split" {
    local first='GET /a.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab' second='HEAD /no HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    local text at whole
    serve http "$BATS_FILE_TMPDIR/www"
    whole=$(statuses "$first$second")
    equals "$whole" '200 404 '
    # In bytes of one character each, to be cut anywhere.
    printf '%b' "$first$second" >request
    for ((at = 1; at < $(wc -c <request); at++)); do
        head -c "$at" request >one
        tail -c +$((at + 1)) request >two
        limited "$peer" connect 127.0.0.1 "$port" send-file one drained send-file two save answer </dev/null >/dev/null
        text=$(LC_ALL=C sed -n 's/^HTTP\/1\.1 \([0-9][0-9]*\) .*/\1/p' answer | tr '\n' ' ')
        equals "$text" "$whole"
    done
    is_well
}

@test "http: heads without end, bodies without end, and clients that go" {
    serve http "$BATS_FILE_TMPDIR/www"
    head -c 1000000 /dev/zero | tr '\0' x >million
    local n request='GET /a.txt HTTP/1.1\r\nHost: x\r\n\r\n'
    for n in 1 2 3; do
        "$peer" connect 127.0.0.1 "$port" send-file million </dev/null >/dev/null 2>&1 || true
        "$peer" connect 127.0.0.1 "$port" send 'GET /a.txt HTTP/1.1\r\n' send-file million </dev/null >/dev/null 2>&1 || true
        limited "$peer" connect 127.0.0.1 "$port" send 'GET /a.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n' send-file million send "$request" end read-to-end </dev/null
        limited "$peer" connect 127.0.0.1 "$port" send "$request$request$request" reset </dev/null
        limited "$peer" connect 127.0.0.1 "$port" send "$request" unread end close </dev/null
    done
    equals "$(statuses "$request")" '200 '
    is_well
}

@test "chat: 200 clients, ten of whom never read, hear each other" {
    local actions=() speech n
    serve chat
    for ((n = 0; n < 189; n++)); do actions+=(open 1 accepted); done
    speech=$(printf 'a line of some length, said by one and heard by all\\n%.0s' {1..200})
    start deaf "$peer" -t 60 -b 4096 connect 127.0.0.1 "$port" accepted open 9 each accepted say there pause 60000
    wait_for deaf.out there
    local peer_pid=$pid
    pid=${started##* }
    # Each line is heard by 189 others; the ten keep silent and do not read.
    "${time_limit[@]/#10/60}" "$peer" -t 50 connect 127.0.0.1 "$port" accepted "${actions[@]}" use 7 send "$speech" use 1 expect "$speech" \
        use 190 expect "$speech" use 100 expect "$speech" use 3 send 'and now?\n' use 100 expect 'and now?\n' each reset </dev/null 3>&- 4>&-
    kill -0 "$peer_pid"
    # The server is the one that was started first.
    pid=$(cut -d ' ' -f 2 <<<"$started")
    is_well
}

@test "no server minds a million bytes without a newline, nor clients that flood and go" {
    head -c 1000000 /dev/zero | tr '\0' x >million
    local name
    for name in frames fork chat crowd graceful; do
        serve "$name"
        "$peer" connect 127.0.0.1 "$port" send-file million </dev/null >/dev/null 2>&1 || true
        "$peer" -t 2 -b 4096 connect 127.0.0.1 "$port" flood 3000000 reset </dev/null >/dev/null 2>&1 || true
        "$peer" connect 127.0.0.1 "$port" open 20 each send 'x' each reset </dev/null >/dev/null
        "$peer" connect 127.0.0.1 "$port" open 20 each end each close </dev/null >/dev/null
        case $name in
        frames) limited "$peer" connect 127.0.0.1 "$port" send '\0\0\0\x01x' expect '\0\0\0\x01x' </dev/null ;;
        fork | crowd) limited "$peer" connect 127.0.0.1 "$port" send 'x' expect 'x' </dev/null ;;
        chat) limited "$peer" connect 127.0.0.1 "$port" accepted open 1 accepted use 1 send 'x\n' use 2 expect 'x\n' </dev/null ;;
        graceful) limited "$peer" connect 127.0.0.1 "$port" send 'x\n' expect 'done x\n' </dev/null ;;
        esac
        is_well
    done
}
