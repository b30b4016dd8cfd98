# Exercise 20: http PORT DIRECTORY.
load ../../tests/check

# The site, and beside it what must never be served.
setup_file() {
    local top=$BATS_FILE_TMPDIR
    mkdir -p "$top/www/sub/deep" "$top/www/empty" "$top/www-secret"
    cd "$top/www" || return
    echo '<!doctype html><title>Home</title>' >index.html
    echo 'sub' >sub/index.html
    echo 'deep' >sub/deep/page.html
    echo 'p { color: red }' >a.css
    echo 'let a = 1;' >a.js
    echo 'text' >a.txt
    printf '\211PNG\r\n\032\n\0\0\0\rIHDR\0\0' >a.png
    printf '\377\330\377\340\0\020JFIF\0' >a.jpg
    echo '<svg xmlns="http://www.w3.org/2000/svg"/>' >a.svg
    : >nothing.txt
    echo 'with a blank' >'a b.txt'
    echo 'a percent sign' >'%41.txt'
    { printf 'a\0b\n\377\r\n\r\n' && head -c 3000000 /dev/urandom; } >large.png
    head -c 30000000 /dev/zero >huge.jpg
    echo 'SECRET' >"$top/secret"
    echo 'SECRET' >"$top/www-secret/file"
    ln -s ../secret link.txt
    ln -s "$top/secret" absolute.txt
    ln -s .. up
    ln -s index.html inside.html
    export www=$top/www
}

# Sends text to the program, and keeps all that comes until it closes. Takes the text, with
# the escapes of the peer.
ask() {
    call send "$1" save got
    cp got rest
}

# The next answer in what has come must have this status. Takes the status, or several as in
# an extended regular expression, and the file that must be its body, if that matters. Its
# head, lines without CR, is in the file `head.lines` then; what follows it, in `rest`.
answers() {
    take_head "$1"
    head -c "$length" rest >body
    tail -c +$((length + 1)) rest >left_over
    mv left_over rest
    [ "$(wc -c <body)" -eq "$length" ] || fail "$length bytes after the head, as Content-Length says" "$(wc -c <body | tr -d ' ') bytes"
    [ -z "${2:-}" ] || cmp -s "$2" body || fail "a body of $(wc -c <"$2" | tr -d ' ') bytes: $(shown_file "$2")" "$(wc -c <body | tr -d ' ') bytes: $(shown_file body)"
}
# The same for the answer to HEAD: it has no body. Takes the status, and the length it says.
answers_head() {
    take_head "$1"
    [ -z "${2:-}" ] || [ "$length" -eq "$2" ] || fail "Content-Length: $2, as for GET" "Content-Length: $length"
}
take_head() {
    local size
    LC_ALL=C sed '/^\r*$/q' rest >head.raw
    size=$(wc -c <head.raw)
    tr -d '\r' <head.raw >head.lines
    grep -qE "^HTTP/1\\.[01] ($1)( |\$)" <(head -n 1 head.lines) ||
        fail "the status ${1//|/ or }: \"HTTP/1.1 ${1%%|*} ...\"" "$(shown_file head.raw)"
    LC_ALL=C grep -qv $'\r$' head.raw && fail 'each line of the head ends with CR and LF' "$(shown_file head.raw)"
    length=$(sed -n 's/^[Cc][Oo][Nn][Tt][Ee][Nn][Tt]-[Ll][Ee][Nn][Gg][Tt][Hh]: *\([0-9][0-9]*\) *$/\1/p' head.lines)
    [ -n "$length" ] || fail 'a field Content-Length in the head' "$(shown_file head.raw)"
    tail -c +$((size + 1)) rest >left_over
    mv left_over rest
}
no_more() {
    [ ! -s rest ] || fail 'nothing more after the last answer' "$(shown_file rest)"
}
# The media type of the answer. Takes it, without parameters.
has_type() {
    grep -qiE "^Content-Type: *($1) *(;|\$)" head.lines || fail "Content-Type: ${1//|/ or }" "$(grep -i '^Content-Type' head.lines || echo none)"
}

@test "serves a file: status 200, its length, its bytes" {
    likely 'The head is the line HTTP/1.1 200 OK, fields, and an empty line, each ended by CR and LF. Then the bytes of the file follow.'
    read_first 'RFC 9112, sections 2 and 6; RFC 9110, 8.6 Content-Length'
    start_server "$www"
    ask 'GET /a.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    answers 200 "$www/a.txt"
    no_more
    ask 'GET /sub/deep/page.html HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    answers 200 "$www/sub/deep/page.html"
}

@test "a directory means its index.html" {
    start_server "$www"
    ask 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    answers 200 "$www/index.html"
    has_type text/html
    ask 'GET /sub/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    answers 200 "$www/sub/index.html"
}

@test "what is not there is 404" {
    start_server "$www"
    ask 'GET /nothing.html HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    answers 404
    ask 'GET /sub/no/such HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    answers 404
    no_more
    ask 'GET /empty/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    answers '404|403'
}

@test "files of any bytes and any size, an empty one as well" {
    likely 'A file is no string: fstat(2) says how long it is. write(2) may take less than it was given.'
    start_server "$www"
    ask 'GET /large.png HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    answers 200 "$www/large.png"
    no_more
    ask 'GET /nothing.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    answers 200 "$www/nothing.txt"
    no_more
}

@test "a connection stays open for the next request" {
    likely 'In HTTP/1.1 a connection persists, unless one of the two says Connection: close.'
    read_first 'RFC 9112, 9.3 Persistence'
    start_server "$www"
    call send 'GET /a.txt HTTP/1.1\r\nHost: x\r\n\r\n' unread send 'GET /a.css HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' save got
    cp got rest
    answers 200 "$www/a.txt"
    answers 200 "$www/a.css"
    no_more
}

# Takes 170 ms.
@test "answers requests that come glued together, in their order" {
    likely 'Behind the empty line the next request may begin, in the same read(2).'
    read_first 'RFC 9112, 9.3.2 Pipelining'
    start_server "$www"
    ask 'GET /a.txt HTTP/1.1\r\nHost: x\r\n\r\nGET /large.png HTTP/1.1\r\nHost: x\r\n\r\nGET /no HTTP/1.1\r\nHost: x\r\n\r\nGET /a.css HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    answers 200 "$www/a.txt"
    answers 200 "$www/large.png"
    answers 404
    answers 200 "$www/a.css"
    no_more
}

# Takes 220 ms.
@test "says the media type of html, css, js, txt, png, jpg and svg" {
    likely 'The end of the name tells it: RFC 9110, 8.3 Content-Type.'
    start_server "$www"
    local request='' name
    for name in index.html a.css a.js a.txt a.png a.jpg; do request="${request}GET /$name HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n"; done
    ask "${request}GET /a.svg HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n"
    answers 200 "$www/index.html" && has_type text/html
    answers 200 "$www/a.css" && has_type text/css
    answers 200 "$www/a.js" && has_type 'text/javascript|application/javascript|application/x-javascript'
    answers 200 "$www/a.txt" && has_type text/plain
    answers 200 "$www/a.png" && has_type image/png
    answers 200 "$www/a.jpg" && has_type image/jpeg
    answers 200 "$www/a.svg" && has_type 'image/svg\+xml'
    no_more
}

@test "a request may come byte by byte" {
    likely 'One read(2) is not one request: read on until the empty line has come.'
    start_server "$www"
    call drip 'GET /a.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' save got
    cp got rest
    answers 200 "$www/a.txt"
    no_more
}

@test "HEAD has the head of GET and no body, errors too" {
    likely 'The answer to HEAD ends with its head, whatever Content-Length says: else the next answer begins too late.'
    read_first 'RFC 9110, 9.3.2 HEAD'
    start_server "$www"
    ask 'HEAD /large.png HTTP/1.1\r\nHost: x\r\n\r\nHEAD /no HTTP/1.1\r\nHost: x\r\n\r\nGET /a.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    answers_head 200 "$(wc -c <"$www/large.png")"
    has_type image/png
    answers_head 404
    answers 200 "$www/a.txt"
    no_more
}

@test "Connection: close and HTTP/1.0 end the connection" {
    likely 'After such an answer the connection is closed. The words of Connection are compared without regard to case.'
    start_server "$www"
    ask 'GET /a.txt HTTP/1.1\r\nhost: x\r\nCONNECTION: Close\r\n\r\n'
    answers 200 "$www/a.txt"
    ask 'GET /a.txt HTTP/1.0\r\n\r\n'
    answers 200 "$www/a.txt"
    no_more
}

@test "ignores a query, and decodes %XX once" {
    likely 'The path ends at the question mark. %20 is one byte; %25 is a percent sign, and what follows it is not decoded again.'
    read_first 'RFC 3986, 2.1 and 3.4'
    start_server "$www"
    ask 'GET /a.txt?a=1&b=/../x HTTP/1.1\r\nHost: x\r\n\r\nGET /a%20b.txt HTTP/1.1\r\nHost: x\r\n\r\nGET /%61%2Etxt HTTP/1.1\r\nHost: x\r\n\r\nGET /%2541.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    answers 200 "$www/a.txt"
    answers 200 "$www/a b.txt"
    answers 200 "$www/a.txt"
    answers 200 "$www/%41.txt"
    no_more
}

@test "serves nothing outside its directory, by any spelling" {
    likely 'Decode first, then look where the path leads, links included: realpath(3) tells, or openat2(2) with RESOLVE_BENEATH refuses.'
    read_first 'realpath(3); openat2(2), RESOLVE_BENEATH; path_resolution(7)'
    start_server "$www"
    local target
    for target in /../secret /%2e%2e/secret /%2E%2E%2Fsecret /..%2fsecret /sub/../../secret /./../secret //../secret \
        /sub/%2e%2e/..//secret /../www-secret/file /%2e%2e/www-secret/file /link.txt /absolute.txt /up/secret /up/www-secret/file \
        "$BATS_FILE_TMPDIR/secret" "/$BATS_FILE_TMPDIR/secret" '/..\\secret' /%252e%252e/secret /..%00/secret ../secret; do
        history=
        note "$SHOWN $port $www"
        call send "GET $target HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n" save got
        ! grep -q SECRET got || fail "nothing of the file secret, beside the directory" "$(shown_file got)"
        status=
        read -r _ status _ <got || true
        case $status in
        400 | 403 | 404) ;;
        *) fail 'the status 403, 404 or 400' "$(shown_file got)" ;;
        esac
    done
}

@test "methods other than GET and HEAD are 405" {
    likely 'A body that Content-Length announces is read and dropped: the next request begins behind it.'
    read_first 'RFC 9110, 15.5.6; RFC 9112, 6.3'
    start_server "$www"
    ask 'POST /a.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\nGET /a.css HTTP/1.1\r\nHost: x\r\nDELETE /a.txt HTTP/1.1\r\nHost: x\r\n\r\nGET /a.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhelloGET /a.css HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    answers 405
    answers 405
    answers 200 "$www/a.txt"
    answers 200 "$www/a.css"
    no_more
}

# Takes 280 ms.
@test "a request that breaks the rules is 400" {
    likely 'HTTP/1.1 without Host, a line that is none of METHOD TARGET VERSION, a field without a colon or with a blank before it: RFC 9112 says 400.'
    read_first 'RFC 9112, 3, 3.2 and 5.1'
    start_server "$www"
    local request
    for request in 'GET /a.txt HTTP/1.1\r\n\r\n' 'GET /a.txt\r\n\r\n' 'GET  HTTP/1.1\r\nHost: x\r\n\r\n' 'nonsense\r\n\r\n' \
        'GET /a.txt HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n' 'GET /a.txt HTTP/1.1\r\nHost : x\r\n\r\n' \
        'GET /a.txt HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n' 'GET /a.txt HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n'; do
        # After such a request a server may close, or go on.
        call send "$request" end save got
        cp got rest
        answers 400
    done
    call send 'GET /a.txt HTTP/7.3\r\nHost: x\r\n\r\n' end save got
    cp got rest
    answers '400|505'
}

@test "a head over 8 KiB is 431" {
    likely 'A head must not grow without end: look how much has come, and no empty line in it.'
    read_first 'RFC 6585, 5; RFC 9110, 15.5.15'
    start_server "$www"
    local long
    long=$(head -c 7000 /dev/zero | tr '\0' x)
    ask "GET /a.txt HTTP/1.1\\r\\nHost: x\\r\\nX: $long\\r\\nConnection: close\\r\\n\\r\\n"
    answers 200 "$www/a.txt"
    call send "GET /a.txt HTTP/1.1\\r\\nHost: x\\r\\nX: $long$long\\r\\n\\r\\n" end save got
    cp got rest
    answers 431
    call send "GET /$long$long HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n" end save got
    cp got rest
    answers '431|414'
}

@test "a slow client does not hold up the others" {
    likely 'No client may be waited for alone: not while its request comes, and not while its answer goes.'
    start_server "$www"
    start_call half accepted send 'GET /a.txt HT' drained say there pause 60000
    wait_for_log half there
    PEER='-b 4096' start_call deaf accepted send 'GET /huge.jpg HTTP/1.1\r\nHost: x\r\n\r\n' unread say there pause 60000
    wait_for_log deaf there
    ask 'GET /a.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    answers 200 "$www/a.txt"
    is_idle
}

@test "serves many clients at a time" {
    start_server "$www"
    start_call many accepted open 49 accepted each send 'GET /a.txt HTTP/1.1\r\n' each-backwards send 'Host: x\r\n\r\n' each unread say there
    wait_for_log many there
    called many
    ask 'GET /a.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    answers 200 "$www/a.txt"
}

@test "a client that has gone costs only itself" {
    likely 'Writing to a client that has gone raises SIGPIPE, or fails: that is the end of this client only.'
    start_server "$www"
    call accepted close
    call accepted send 'GET /a.txt HT' drained close
    call send 'GET /huge.jpg HTTP/1.1\r\nHost: x\r\n\r\n' unread reset
    # First its end, then a reset: the next write is EPIPE.
    call send 'GET /huge.jpg HTTP/1.1\r\nHost: x\r\n\r\n' end unread reset
    call send 'GET /large.png HTTP/1.1\r\nHost: x\r\n\r\nGET /large.png HTTP/1.1\r\nHost: x\r\n\r\n' unread close
    ask 'GET /a.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    answers 200 "$www/a.txt"
    runs || fail 'a server that goes on' 'its end'
}

@test "loses nothing when calls transfer less than was asked for" {
    likely 'What read(2) and write(2) return counts, not what they were asked for.'
    FORCE='input=5 output=7' start_server "$www"
    ask 'GET /index.html HTTP/1.1\r\nHost: x\r\n\r\nGET /a.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    answers 200 "$www/index.html"
    answers 200 "$www/a.txt"
    no_more
}

@test "leaves no descriptor open: neither clients nor files" {
    likely 'Is the file closed when its answer has been sent, also for HEAD, and when the client goes in the middle?'
    start_server "$www"
    ask 'GET /a.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    local before
    before=$(descriptors)
    for _ in 1 2 3; do
        ask 'GET /a.txt HTTP/1.1\r\nHost: x\r\n\r\nHEAD /large.png HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\nGET /no HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
        call send 'GET /huge.jpg HTTP/1.1\r\nHost: x\r\n\r\n' unread reset
        call accepted send 'GET /sub' close
    done
    descriptors_fall_to "$before"
}

@test "sleeps while nothing happens" {
    likely 'What is ready and is not dealt with makes poll(2) or epoll_wait(2) return at once, again and again.'
    start_server "$www"
    start_call idle accepted open 1 accepted open 1 accepted use 1 send 'GET /a.txt HTTP/1.1\r\nHost: x\r\n\r\n' unread \
        use 2 send 'GET /a' end say there pause 60000
    wait_for_log idle there
    is_idle
}

@test "listens on 127.0.0.1 alone, PORT 0 being the kernel's choice" {
    likely 'getsockname(2) tells the port. INADDR_ANY listens on all addresses of the machine: INADDR_LOOPBACK is 127.0.0.1.'
    start_server_anywhere 0 "$www"
    listens_on_loopback_only
}

@test "starts again on its port at once" {
    likely 'SO_REUSEADDR, set before bind(2), allows it: exercise 7.'
    ARGUMENTS=$www starts_again send 'GET /a.txt HTTP/1.1\r\nHost: x\r\n\r\n' unread
}

@test "a port that somebody else has is status 1, and names bind" {
    fails_on_a_taken_port "$www"
}

@test "refuses wrong usage with status 2, before any socket" {
    likely 'PORT is a number from 0 to 65535, and DIRECTORY follows it.'
    refuses_ports "$www"
    refuses 4001
}

@test "output that cannot be written is status 1" {
    likely 'Whether the line "listening PORT" could be written, fflush(3) tells.'
    free_port
    OUTPUT=/dev/full run_program "$port" "$www"
    exits 1
}
