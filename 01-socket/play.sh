#!/usr/bin/env bash
# What `make step1` plays. Its functions are explained in tests/play.bash.
step=1
program=01-socket/socket
source "$(dirname "$0")/../tests/play.bash"

say <<'END'
Step 1: socket(2) makes a socket, an endpoint for communication. Each line that
looks like a function call is a system call that was made, and its result:
END
run 0 "01-socket/socket"

say <<'END'
Another type of socket, for UDP:
END
run 0 "01-socket/socket AF_INET SOCK_DGRAM"

say <<'END'
A type that no kernel has. The call returns -1, and errno tells why:
END
run 1 "01-socket/socket AF_INET 15"

say <<'END'
Now read    01-socket/socket.c, main() first, then man 2 socket
try         01-socket/socket AF_INET SOCK_RAW IPPROTO_ICMP
            (ulimit -n 3; 01-socket/socket)
and go on   make step2
END
