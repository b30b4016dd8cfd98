# Exercise 15: fork PORT. Signals come to the program here (SIGCHLD): it runs unwatched.
load ../../tests/check
WATCH=

# Starts the server, and counts its processes.
start() {
    start_server
    before_clients=$(processes "$guard_of_program" | wc -l)
}

# All processes of the program, zombies too. Takes a process id; prints those below it.
processes() {
    local file process children
    for file in "/proc/$1/task/"*/children; do
        children=
        { read -r children <"$file"; } 2>/dev/null || true
        for process in $children; do
            echo "$process"
            processes "$process"
        done
    done
}

# Who holds what: prints a line for each process that has a socket of this server.
holders() {
    local process hex
    hex=$(printf ':%04X' "$port")
    for process in $(processes "$guard_of_program"); do
        find "/proc/$process/fd" -lname 'socket:*' -printf "$process %l\n" 2>/dev/null
    done | tr -d '[]' | sed 's/socket://' | awk -v port="$hex" '
        NR == FNR {
            if (index($2, port) == length($2) - 4) kind[$10] = $4 == "0A" ? "listener" : "connection"
            next
        }
        !($2 in kind) || ($1, $2) in seen { next }
        { seen[$1, $2] }
        kind[$2] == "listener" { has[$1] = has[$1] " the listener," }
        kind[$2] == "connection" { has[$1] = has[$1] " connection " $2 "," }
        END { for (process in has) print "process " process " has" has[process] }' /proc/net/tcp - | sed 's/,$//'
}

# Waits until N connections are held by one process each, which has nothing else.
each_has_its_own() {
    local tries=0 found
    while :; do
        found=$(holders)
        if [ "$(grep -c connection <<<"$found")" -eq "$1" ] && ! grep -qE 'connection.*,|,.*connection' <<<"$found" &&
            [ "$(sed -n 's/.*connection //p' <<<"$found" | sort -u | wc -l)" -eq "$1" ]; then
            return
        fi
        if [ $((tries += 1)) -gt 250 ]; then
            fail "$1 processes, each with one connection and nothing else" "$found"
            return 1
        fi
        pause
    done
}

# Waits, a second at most, until only those processes are there that were before any client.
processes_go() {
    local tries=0
    until [ "$(processes "$guard_of_program" | wc -l)" -le "$before_clients" ]; do
        if [ $((tries += 1)) -gt 250 ]; then
            fail "$before_clients process(es), as before the clients came, a second after they have left" "$(for process in $(processes "$guard_of_program"); do
                sed -n -e 's/^State:\t/a process in state /p' "/proc/$process/status" 2>/dev/null
            done | sort | uniq -c)"
            return 1
        fi
        pause
    done
}

# Makes `turns`: actions for N more clients, each of which is served before the next one comes.
in_turn() {
    local n
    turns=()
    for ((n = 0; n < $1; n++)); do turns+=(open 1 send a expect a); done
}

# Clients that have been served and stay: takes their names.
clients() {
    local client
    for client in "$@"; do
        start_call "$client" send 'here\n' expect 'here\n' say served pause 60000
        wait_for_log "$client" served
    done
}

@test "echoes what a client sends" {
    likely 'What read(2) gives is written back, until it gives 0.'
    read_first 'fork(2); TUTORIAL.md, Step 4'
    start
    call send 'hello\n' expect 'hello\n' send 'again' expect 'again'
}

@test "serves the next client while the first is still there" {
    likely 'The parent must go back to accept(2) at once: only the child serves the client.'
    read_first 'fork(2); accept(2)'
    start
    clients first
    call send 'hello\n' expect 'hello\n'
}

@test "goes on when the end of a child interrupts it" {
    likely 'A handler of SIGCHLD interrupts accept(2): EINTR, which is no failure. SA_RESTART makes the kernel go on by itself.'
    read_first 'signal(7); sigaction(2), SA_RESTART'
    start
    for _ in 1 2 3; do
        call send 'hello\n' expect 'hello\n'
        send_signal CHLD
        while grep -q '^ShdPnd:.*1' "/proc/$pid/status" 2>/dev/null; do pause; done
    done
    call send 'hello\n' expect 'hello\n'
}

@test "a client that ends its sending side gets all, and then the end" {
    likely 'The connection is closed when the last process that holds it has closed it: the parent holds it too, after fork(2).'
    read_first 'close(2); fork(2): the child inherits copies of the descriptors'
    start
    call send 'hello\n' end expect 'hello\n' expect-end
    call flood 200000 end expect-flood 200000 expect-end
}

@test "loses nothing: bytes of any value, a million of them" {
    likely 'A connection carries bytes, no text: what read(2) returns says how many there are.'
    start
    call send 'a\0b\xff\n\0' expect 'a\0b\xff\n\0' echo 1000000
    stop_program
    FORCE='input=7 output=3' start_server
    call echo 2000
}

@test "each client has a process of its own" {
    likely 'In the child: close the listener, serve this client, and end with _exit(2) or exit(3). In the parent: close the connection.'
    read_first 'fork(2); proc(5), /proc/PID/fd'
    start
    clients one two three
    each_has_its_own 3
}

@test "nothing of a process is left when its client has left" {
    likely 'A child that has ended is a zombie until its parent waits for it, or says that it never will.'
    read_first 'wait(2), NOTES; sigaction(2), SA_NOCLDWAIT'
    start
    call send 'hello\n' expect 'hello\n'
    # The last one goes when the server waits for the next.
    mkfifo go
    exec 9<>go
    CALL_INPUT=go start_call last send 'hello\n' expect 'hello\n' say there wait reset
    wait_for_log last there
    let_it_wait
    echo >&9
    called last
    processes_go
    runs || fail 'a server that goes on' 'its end'
}

@test "nothing is left when 40 clients leave at the same moment" {
    likely 'Signals of one kind are not counted: one SIGCHLD may stand for many children. Wait for all that have ended.'
    read_first 'waitpid(2), WNOHANG; signal(7)'
    start
    in_turn 39
    call send 'a' expect 'a' "${turns[@]}" each end each expect-end
    processes_go
    call send 'hello\n' expect 'hello\n'
}

# Takes 200 ms.
@test "serves 200 clients at a time, the last before the first" {
    start
    in_turn 199
    call send 'a' expect 'a' "${turns[@]}" each-backwards send 'hello\n' each-backwards expect 'hello\n' each reset
    processes_go
}

@test "leaves no descriptor open, client after client" {
    likely 'The parent has a copy of each connection: it closes its own at once.'
    start
    call send 'a' expect 'a'
    processes_go
    local before
    before=$(descriptors)
    for _ in 1 2 3 4; do call send 'a' expect 'a' open 1 send 'b' expect 'b'; done
    descriptors_fall_to "$before"
}

@test "a client that has gone costs only itself" {
    start
    clients other
    call send 'a' expect 'a' reset
    call flood 3000000 reset
    call close
    call send 'hello\n' expect 'hello\n'
    runs || fail 'a server that goes on' 'its end'
}

@test "sleeps while nothing happens" {
    start
    clients silent
    is_idle
}

@test "listens on 127.0.0.1 alone, PORT 0 being the kernel's choice" {
    likely 'getsockname(2) tells the port. INADDR_ANY listens on all addresses of the machine: INADDR_LOOPBACK is 127.0.0.1.'
    start_server_anywhere 0
    listens_on_loopback_only
}

@test "starts again on its port at once" {
    likely 'SO_REUSEADDR, set before bind(2), allows it: exercise 7. Has a child kept the listener?'
    starts_again send 'a' expect 'a'
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

@test "nothing but its echo goes to a client" {
    likely 'With 0, 1 and 2 closed, the sockets take these numbers: "standard output" is then a connection.'
    sends_only 'hello' send 'hello' end
}
