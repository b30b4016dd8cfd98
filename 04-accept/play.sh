#!/usr/bin/env bash
# What `make step4` plays. Its functions are explained in tests/play.bash.
step=4
program=04-accept/accept
source "$(dirname "$0")/../tests/play.bash"
choose_port 4004 04-accept/accept

say <<'END'
Step 4: listen(2) and accept(2) let clients in. In two terminals: the server
in the first. It will serve two clients, and then end.
END
run_beside "server | " "04-accept/accept 127.0.0.1 $port 2" "... accept" "listen("

say <<'END'
In the second, the client of step 2 calls it:
END
run 0 "02-connect/connect 127.0.0.1 $port" "client | "

say <<'END'
A second server wants the same address and port, and cannot have them:
END
run 1 "04-accept/accept 127.0.0.1 $port" "second | "

say <<'END'
The server is still there for the next client:
END
run 0 "02-connect/connect 127.0.0.1 $port 'good day'" "client | "

say <<'END'
At the same time the server said:
END
finish_beside "server | "

say <<'END'
It has ended, so the port is closed again:
END
run 1 "02-connect/connect 127.0.0.1 $port" "client | "

say <<'END'
Now read    04-accept/accept.c, main() first, then man 2 listen, man 2 accept
compare     make diff4 shows what is new since step 3
and go on   make step5
END
