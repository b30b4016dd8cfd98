#!/usr/bin/env bash
# What `make step2` plays. Its functions are explained in tests/play.bash.
step=2
program=02-connect/connect
source "$(dirname "$0")/../tests/play.bash"
choose_port 4002 04-accept/accept

say <<'END'
Step 2: connect(2) calls somebody. First a port where nobody listens:
END
run 1 "02-connect/connect 127.0.0.1 $port"

say <<'END'
Now in two terminals: a server in the first, our client in the second. The
server is the program of step 4. You will read it then.
END
run_beside "server | " "04-accept/accept 127.0.0.1 $port 1" "... accept" "listen("
echo
run 0 "02-connect/connect 127.0.0.1 $port" "client | "

say <<'END'
At the same time the server said:
END
finish_beside "server | "

say <<'END'
Now read    02-connect/connect.c, main() first, then man 2 connect
compare     make diff2 shows what is new since step 1
and go on   make step3
END
