#!/usr/bin/env bash
# What `make step3` plays. Its functions are explained in tests/play.bash.
step=3
program=03-bind/bind
source "$(dirname "$0")/../tests/play.bash"
choose_port 4003 03-bind/bind

say <<'END'
Step 3: bind(2) gives the socket an address. The program holds it until you
press Enter. Here its input is empty, so it lets go at once:
END
run 0 "03-bind/bind 127.0.0.1 $port </dev/null"

say <<'END'
Now in two terminals. The first holds the address ...
END
run_beside "first  | " "03-bind/bind 127.0.0.1 $port" "... the address" "bind("

say <<'END'
... so the second cannot have it:
END
run 1 "03-bind/bind 127.0.0.1 $port" "second | "

say <<'END'
And whoever connects to it is refused. Bound is not listening:
END
run 1 "02-connect/connect 127.0.0.1 $port" "second | "

say <<'END'
Enter is pressed in the first terminal:
END
press_enter
finish_beside "first  | "

say <<'END'
The address is free again, at once:
END
run 0 "03-bind/bind 127.0.0.1 $port </dev/null" "second | "

say <<'END'
Now read    03-bind/bind.c, main() first, then man 2 bind
compare     make diff3 shows what is new since step 2
and go on   make step4
END
