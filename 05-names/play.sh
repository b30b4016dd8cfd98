#!/usr/bin/env bash
# What `make step5` plays. Its functions are explained in tests/play.bash.
step=5
program=05-names/names
source "$(dirname "$0")/../tests/play.bash"

say <<'END'
Step 5: getsockname(2) and getpeername(2) tell the names of a socket: its own
address, and its peer's. The listener, the client and the accepted socket are
all in this one program. A listener has no peer, so one call fails:
END
run 0 "05-names/names"

say <<'END'
Bound to 0.0.0.0, the listener has all addresses of this machine. The accepted
socket has the one that the client called:
END
run 0 "05-names/names 0.0.0.0"

say <<'END'
Now read    05-names/names.c, main() first, then man 2 getsockname
compare     make diff5 shows what is new since step 4
and go on   TUTORIAL.md explains all five steps, and make errors what can fail
END
