# make errors: every pair of a call and an error, and what the program says of them.
load ../steps

errors=$BATS_TEST_DIRNAME/errors

# A directory that everybody may use, for the test that needs one.
setup_file() {
    public=$(mktemp -d "${TMPDIR:-/tmp}/errors-public.XXXXXX")
    export public
    chmod 1777 "$public"
}
teardown_file() {
    rm -rf "$public"
}

# Plays one pair and looks at what is printed. Takes the call, the error and the kind:
#   never    it is said that it is not played, and why
#   another  the call failed with just this error; or it is skipped, and rightly so
plays() {
    run -0 --separate-stderr limited "$errors" --call "$1" --error "$2"
    equals "$stderr" ''
    case $3 in
    never)
        has "$output" "$1: $2 is not provoked here"
        has_not "$output" ' = -1 '
        ;;
    *)
        [ "$(came "$1" "$2")" -gt 0 ] || is_skipped_rightly
        ;;
    esac
    # Nothing but what was asked for.
    equals "$(grep -c '^[a-z]' <<<"$output")" \
        "$(grep -cE "^$1(4?\(.*\) = -1 $2 \(.*\)|: this way to $2 is skipped|: $2 is not provoked here)$" <<<"$output")"
}

# How often the call failed with the error, by what was printed. Takes call and error.
came() {
    grep -cE "^$1(4)?\(.*\) = -1 $2 \(.*\)$" <<<"$output" || true
}

# What this machine lets us have. For the limit see take_memory_away in prepare.c.
can_have_namespaces() {
    unshare --net true 2>/dev/null || unshare --user --map-root-user --net true 2>/dev/null
}
can_limit_memory() {
    [ -w /sys/fs/cgroup/memory/cgroup.procs ] ||
        { [ -w /sys/fs/cgroup/cgroup.procs ] && grep -qw memory /sys/fs/cgroup/cgroup.subtree_control; }
}

# Whether what was skipped needs what this machine does not let us have: a namespace, a
# limit of memory, or a kernel that has the thing at all.
is_skipped_rightly() {
    case $output in
    *'be root, or allow user namespaces.'*)
        ! can_have_namespaces
        ;;
    *'Mounts cannot be kept private here.'*)
        ! unshare --mount true 2>/dev/null
        ;;
    *'which only root sets (cgroups(7)).'*)
        [ "$(id -u)" -ne 0 ] || ! can_limit_memory
        ;;
    *'This kernel has no IPv6.'*)
        [ ! -e /proc/net/if_inet6 ]
        ;;
    *'This kernel has no '* | *'Root must become another user here, and may not.'*) ;;
    *'may not be kept from ending'* | *'may not enter a control group'*) ;;
    *)
        echo "$output"
        return 1
        ;;
    esac
}

# socket(2)

@test "socket EACCES" {
    plays socket EACCES root
}

@test "socket EAFNOSUPPORT" {
    plays socket EAFNOSUPPORT live
}

@test "socket EINVAL" {
    plays socket EINVAL live
}

@test "socket EMFILE" {
    plays socket EMFILE live
}

@test "socket ENFILE" {
    plays socket ENFILE root
}

@test "socket ENOBUFS" {
    plays socket ENOBUFS root
}

@test "socket ENOMEM" {
    plays socket ENOMEM root
}

@test "socket EPROTONOSUPPORT" {
    plays socket EPROTONOSUPPORT live
}

@test "socket ENOPROTOOPT" {
    plays socket ENOPROTOOPT root
}

@test "socket EPERM" {
    plays socket EPERM live
}

@test "socket EPROTOTYPE" {
    plays socket EPROTOTYPE never
}

@test "socket ESOCKTNOSUPPORT" {
    plays socket ESOCKTNOSUPPORT live
}

# connect(2)

@test "connect EACCES" {
    plays connect EACCES live
}

@test "connect EADDRINUSE" {
    plays connect EADDRINUSE never
}

@test "connect EADDRNOTAVAIL" {
    plays connect EADDRNOTAVAIL live
}

@test "connect EAFNOSUPPORT" {
    plays connect EAFNOSUPPORT live
}

@test "connect EAGAIN" {
    plays connect EAGAIN live
}

@test "connect EALREADY" {
    plays connect EALREADY live
}

@test "connect EBADF" {
    plays connect EBADF live
}

@test "connect ECONNREFUSED" {
    plays connect ECONNREFUSED live
}

@test "connect EFAULT" {
    plays connect EFAULT live
}

@test "connect EINPROGRESS" {
    plays connect EINPROGRESS live
}

@test "connect EINTR" {
    plays connect EINTR live
}

@test "connect EISCONN" {
    plays connect EISCONN live
}

@test "connect ENETUNREACH" {
    plays connect ENETUNREACH live
}

@test "connect ENOTSOCK" {
    plays connect ENOTSOCK live
}

@test "connect EPERM" {
    plays connect EPERM live
}

@test "connect EPROTOTYPE" {
    plays connect EPROTOTYPE live
}

@test "connect ETIMEDOUT" {
    plays connect ETIMEDOUT live
}

@test "connect ECONNABORTED" {
    plays connect ECONNABORTED live
}

@test "connect ECONNRESET" {
    plays connect ECONNRESET live
}

@test "connect EHOSTUNREACH" {
    plays connect EHOSTUNREACH root
}

@test "connect EINVAL" {
    plays connect EINVAL live
}

@test "connect ELOOP" {
    plays connect ELOOP live
}

@test "connect ENAMETOOLONG" {
    plays connect ENAMETOOLONG live
}

@test "connect ENOENT" {
    plays connect ENOENT live
}

@test "connect ENOMEM" {
    plays connect ENOMEM root
}

@test "connect ENOTDIR" {
    plays connect ENOTDIR live
}

# bind(2)

@test "bind EACCES" {
    plays bind EACCES live
}

@test "bind EADDRINUSE" {
    plays bind EADDRINUSE live
}

@test "bind EADDRNOTAVAIL" {
    plays bind EADDRNOTAVAIL live
}

@test "bind EBADF" {
    plays bind EBADF live
}

@test "bind EFAULT" {
    plays bind EFAULT live
}

@test "bind EINVAL" {
    plays bind EINVAL live
}

@test "bind ELOOP" {
    plays bind ELOOP live
}

@test "bind ENAMETOOLONG" {
    plays bind ENAMETOOLONG live
}

@test "bind ENOENT" {
    plays bind ENOENT live
}

@test "bind ENOMEM" {
    plays bind ENOMEM root
}

@test "bind ENOTDIR" {
    plays bind ENOTDIR live
}

@test "bind ENOTSOCK" {
    plays bind ENOTSOCK live
}

@test "bind EROFS" {
    plays bind EROFS root
}

@test "bind EAFNOSUPPORT" {
    plays bind EAFNOSUPPORT live
}

@test "bind ENODEV" {
    plays bind ENODEV live
}

@test "bind ENOSPC" {
    plays bind ENOSPC root
}

@test "bind EPERM" {
    plays bind EPERM root
}

# listen(2)

@test "listen EADDRINUSE" {
    plays listen EADDRINUSE live
}

@test "listen EBADF" {
    plays listen EBADF live
}

@test "listen ENOTSOCK" {
    plays listen ENOTSOCK live
}

@test "listen EOPNOTSUPP" {
    plays listen EOPNOTSUPP live
}

@test "listen EINVAL" {
    plays listen EINVAL live
}

# accept(2)

@test "accept EAGAIN" {
    plays accept EAGAIN live
}

@test "accept EBADF" {
    plays accept EBADF live
}

@test "accept ECONNABORTED" {
    plays accept ECONNABORTED never
}

@test "accept EFAULT" {
    plays accept EFAULT live
}

@test "accept EINTR" {
    plays accept EINTR live
}

@test "accept EINVAL" {
    plays accept EINVAL live
}

@test "accept EMFILE" {
    plays accept EMFILE live
}

@test "accept ENFILE" {
    plays accept ENFILE root
}

@test "accept ENOBUFS" {
    plays accept ENOBUFS never
}

@test "accept ENOMEM" {
    plays accept ENOMEM root
}

@test "accept ENOSR" {
    plays accept ENOSR never
}

@test "accept ENOTSOCK" {
    plays accept ENOTSOCK live
}

@test "accept EOPNOTSUPP" {
    plays accept EOPNOTSUPP live
}

@test "accept EPERM" {
    plays accept EPERM never
}

@test "accept EPROTO" {
    plays accept EPROTO never
}

@test "accept EPROTONOSUPPORT" {
    plays accept EPROTONOSUPPORT never
}

@test "accept ESOCKTNOSUPPORT" {
    plays accept ESOCKTNOSUPPORT never
}

@test "accept ETIMEDOUT" {
    plays accept ETIMEDOUT never
}

@test "accept EWOULDBLOCK" {
    plays accept EWOULDBLOCK never
}

@test "accept ERESTARTSYS" {
    plays accept ERESTARTSYS never
}

# getsockname(2)

@test "getsockname EBADF" {
    plays getsockname EBADF live
}

@test "getsockname EFAULT" {
    plays getsockname EFAULT live
}

@test "getsockname EINVAL" {
    plays getsockname EINVAL live
}

@test "getsockname ENOBUFS" {
    plays getsockname ENOBUFS never
}

@test "getsockname ENOTSOCK" {
    plays getsockname ENOTSOCK live
}

# getpeername(2)

@test "getpeername EBADF" {
    plays getpeername EBADF live
}

@test "getpeername EFAULT" {
    plays getpeername EFAULT live
}

@test "getpeername EINVAL" {
    plays getpeername EINVAL live
}

@test "getpeername ENOBUFS" {
    plays getpeername ENOBUFS never
}

@test "getpeername ENOTCONN" {
    plays getpeername ENOTCONN live
}

@test "getpeername ENOTSOCK" {
    plays getpeername ENOTSOCK live
}

# The whole

@test "every error that the man pages list is there, and no other is said to be listed" {
    "$errors" --list | awk -F '\t' '$4 == "page" { print $1, $2 }' | sort >ours
    # Those of the seven calls in tests/man-errors.txt, and the two that it leaves out.
    {
        grep -E '^(socket|connect|bind|listen|accept|getsockname|getpeername) ' \
            "$BATS_TEST_DIRNAME/../man-errors.txt"
        echo accept EWOULDBLOCK
        echo accept ERESTARTSYS
    } | sort >pages
    [ "$(wc -l <pages)" -eq 73 ]
    diff -u pages ours
}

@test "every pair has its test, and every test its pair" {
    "$errors" --list | awk -F '\t' '{ print $1, $2, $3 }' | sort >pairs
    sed -n 's/^    plays \([a-z]* E[A-Z]* [a-z]*\)$/\1/p' "$BATS_TEST_FILENAME" | sort >tests
    diff -u pairs tests
    sed -n 's/^@test "\([a-z]* E[A-Z]*\)" {$/\1/p' "$BATS_TEST_FILENAME" | sort >names
    cut -d ' ' -f 1,2 pairs | diff -u - names
}

@test "all are played in less than five seconds, and the last line counts them" {
    local before=$SECONDS live root never skipped
    run -0 --separate-stderr limited "$errors"
    [ $((SECONDS - before)) -lt 5 ]
    equals "$stderr" ''
    read -r live root skipped never <<<"$(sed -n '$s/[^0-9]\{1,\}/ /gp' <<<"$output")"
    equals "$((live + root + skipped + never))" "$("$errors" --list | wc -l | tr -d ' ')"
    equals "$never" "$("$errors" --list | grep -c '	never	')"
    for call in socket connect bind listen accept getsockname getpeername; do
        has "$output" "---- $call(2) ----"
    done
}

@test "an ordinary user gets all that are live" {
    # Root becomes nobody, who must be able to get at the program and to write somewhere.
    local as_nobody=() expected
    if [ "$(id -u)" -eq 0 ]; then
        setpriv --version >/dev/null || skip "setpriv is missing (Debian: util-linux)"
        as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups env TMPDIR="$public")
    fi
    cp "$errors" "$public/errors"
    chmod 755 "$public/errors"
    cd "$public"
    run -0 --separate-stderr limited ${as_nobody[@]+"${as_nobody[@]}"} ./errors
    equals "$stderr" ''
    expected=$("$errors" --list | grep -c '	live	')
    # One is about IPv6.
    [ -e /proc/net/if_inet6 ] || expected=$((expected - 1))
    equals "$(sed -n '$s/Played: \([0-9]*\) live.*/\1/p' <<<"$output")" "$expected"
}

@test "nothing stays: no file, no process, not after Ctrl-C either" {
    mkdir temporary
    TMPDIR=$PWD/temporary limited "$errors" >all.txt
    run -0 ls temporary
    equals "$output" ''

    # This one waits a second. The signal comes when its directory is there.
    export TMPDIR=$PWD/temporary
    start one "$errors" --call connect --error ETIMEDOUT
    until [ "$(ls temporary)" ]; do kill -0 "$pid"; done
    kill -INT "$pid"
    wait_for_end "$pid"
    equals "$status" 130
    equals "$(ls temporary)" ''
}

@test "a call that does not fail as it should is told, and the status is 1" {
    # With room for one socket only, the client cannot be made.
    run -1 --separate-stderr limited bash -c 'ulimit -n 4; exec "$0" --call connect --error EISCONN' "$errors"
    has "$output" 'connect: this way to EISCONN failed'
    has "$output" 'Failed: 1.'
    has "$stderr" 'errors: connect EISCONN ('
    has "$stderr" 'instead came socket: '
}

# The arguments

@test "--call plays one call, --error one error, both one pair" {
    run -0 limited "$errors" --call listen
    equals "$(grep -v '^ ' <<<"$output" | grep -cvE '^(listen[(:]|---- listen\(2\)|Played|$)')" 0
    has "$output" 'EOPNOTSUPP'
    run -0 limited "$errors" --error EADDRINUSE
    has "$output" 'bind('
    has "$output" 'listen('
    has "$output" 'connect: EADDRINUSE is not provoked here'
    equals "$(grep -c ' = -1 ' <<<"$output")" "$(grep -c ' = -1 EADDRINUSE (' <<<"$output")"
    run -0 limited "$errors" --call connect --error EISCONN
    equals "$(grep -c '^connect(' <<<"$output")" 1
    equals "$(tail -n 1 <<<"$output")" 'Played: 1 live, 0 as root. Skipped: 0. Not to be provoked: 0.'
}

@test "a name that is not there is told so, with the nearest ones" {
    run -2 --separate-stderr "$errors" --call conect
    equals "$output" ''
    has "$stderr" 'there is no call "conect" here. Nearest: connect'
    run -2 --separate-stderr "$errors" --error EADRINUSE
    has "$stderr" 'there is no error "EADRINUSE" here. Nearest: EADDRINUSE'
    run -2 --separate-stderr "$errors" --call socket --error econnrefused
    has "$stderr" 'Nearest: ECONNREFUSED'
    run -2 --separate-stderr "$errors" --call "" --list
    has "$stderr" 'there is no call "" here.'
    run -2 --separate-stderr "$errors" --error EEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEE
    has "$stderr" 'Nearest: '
    has "$stderr" 'usage: errors'
}

@test "a call that does not give an error is told so, with those that do" {
    run -2 --separate-stderr "$errors" --call socket --error EISCONN
    has "$stderr" 'errors: socket does not give EISCONN. These do: connect'
}

@test "other arguments are refused, and --help prints the usage" {
    run -2 --separate-stderr "$errors" connect
    has "$stderr" 'errors: "connect" makes no sense here'
    run -2 --separate-stderr "$errors" --call
    has "$stderr" 'usage: errors'
    run -0 --separate-stderr "$errors" --help
    has "$output" 'usage: errors'
    equals "$stderr" ''
}

@test "output that cannot be written is a failure" {
    [ -e /dev/full ] || skip "there is no /dev/full here"
    run -1 --separate-stderr bash -c '"$0" --list >/dev/full' "$errors"
    has "$stderr" 'errors: standard output: cannot be written'
}

# The lists

@test "--list prints call, error, kind and source, and plays nothing" {
    run -0 "$errors" --list
    [ "${#lines[@]}" -ge 85 ]
    equals "$(grep -cvE '^[a-z]+	E[A-Z]+	(live|root|never)	(page|kernel)$' <<<"$output")" 0
    equals "$(sort -u <<<"$output" | wc -l)" "$(wc -l <<<"$output")"
    run -0 "$errors" --list --call listen --error EINVAL
    equals "$output" 'listen	EINVAL	live	kernel'
}

@test "--texts prints a meaning and a remedy for each, as sentences" {
    run -0 "$errors" --texts
    equals "${#lines[@]}" "$("$errors" --list | wc -l | tr -d ' ')"
    equals "$(grep -cvE '^[a-z]+	E[A-Z]+	[^	]+[.?)]	[^	]+[.?)]$' <<<"$output")" 0
}

@test "--markdown prints a table a call, with a row for each pair" {
    run -0 "$errors" --markdown
    equals "$(grep -c '^| `E' <<<"$output")" "$("$errors" --list | wc -l | tr -d ' ')"
    equals "$(grep -c '^### Errors of [a-z]*(2)$' <<<"$output")" 7
    # Four columns each; outside of tables no line is wider than 100.
    equals "$(grep '^|' <<<"$output" | sed 's/\\|//g' | tr -cd '|\n' | sort -u)" '|||||'
    equals "$(grep -v '^|' <<<"$output" | awk 'length > 100')" ''
    run -0 "$errors" --markdown --call bind
    equals "$(grep -c '^### Errors of ' <<<"$output")" 1
}

@test "nothing under a call is wider than 80 columns" {
    limited "$errors" >all.txt
    run -1 awk '/^    / && length > 80 { print; wide = 1 } END { exit !wide }' all.txt
}

# The tables of the steps

@test "the error tables of the steps agree with make errors" {
    run -0 "$BATS_TEST_DIRNAME/check-tables"
    has "$output" 'rows of the steps agree'
}

@test "a step's table that differs, lacks a row or has one too many is found" {
    cp -R "$root"/0[1-5]-* .
    sed -i.old '/{"bind", EACCES, "EACCES",$/{n;s/".*"/"Changed."/;}' 03-bind/bind.c
    sed -i.old '/{"connect", EISCONN/,/},$/d' 02-connect/connect.c
    sed -i.old 's/{"getpeername", ENOTCONN, "ENOTCONN"/{"getpeername", EDOM, "EDON"/' 05-names/names.c
    run -1 "$BATS_TEST_DIRNAME/check-tables" .
    has "$output" '03-bind/bind.c: bind EACCES: "Changed.", but make errors says: "'
    has "$output" '02-connect/connect.c: connect EISCONN has no row'
    has "$output" '05-names/names.c: the row of EDOM has the name EDON'
    has "$output" '05-names/names.c: getpeername EDON is not known to make errors'
    has "$output" '05-names/names.c: getpeername ENOTCONN has no row'
}
