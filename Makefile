# Everything starts here: `make` alone lists what there is. For GNU make 3.81 and later.

CC = cc
CFLAGS = -std=c17 -Wall -Wextra -g

programs := 01-socket/socket 02-connect/connect 03-bind/bind 04-accept/accept 05-names/names

# The program of a step: $(call program,step3) is 03-bind/bind. So for trace3 and diff3.
number = $(patsubst step%,%,$(patsubst trace%,%,$(patsubst diff%,%,$(1))))
program = $(word $(call number,$(1)),$(programs))

# Ends a recipe with one clear line when a command is missing: its name, its package.
need = @command -v $(1) >/dev/null || { \
	echo "make: $(1) is not installed. On Debian and Ubuntu: sudo apt-get install $(2)" >&2; \
	exit 1; }

.PHONY: help
help:
	@echo 'TCP sockets in C, one system call at a time.'
	@echo
	@echo 'The steps, one after another:'
	@echo '  make step1     socket(2): making a socket'
	@echo '  make step2     connect(2): calling somebody'
	@echo '  make step3     bind(2): taking an address'
	@echo '  make step4     listen(2), accept(2): being called'
	@echo '  make step5     getsockname(2), getpeername(2): asking for names'
	@echo '  make steps     all five'
	@echo
	@echo 'A closer look (N is a number from 1 to 5):'
	@echo '  make traceN    plays step N with strace, which shows the system calls'
	@echo '  make diffN     what step N adds to the step before'
	@echo
	@echo 'TUTORIAL.md explains it all:'
	@echo '  make demos     builds the small programs that it shows'
	@echo
	@echo 'What can go wrong:'
	@echo '  make errors    every error that the man pages list, provoked'
	@echo '                 (CALL=connect: one call, ERROR=EADDRINUSE: one error)'
	@echo
	@echo 'The exercises (N is a number from 1 to 20):'
	@echo '  make exercises   all of them, and how far you are'
	@echo '  make exerciseN   compiles and checks exercise N (SRC=FILE: another file)'
	@echo '  make hintN       the next hint'
	@echo '  make watch       checks the exercise you are on after each save'
	@echo '  make solutionN   the model answer, once yours passes'
	@echo '  make resetN      puts the skeleton back, and keeps your text'
	@echo
	@echo 'For those who change something here:'
	@echo '  make test      does everything do what is said of it?'
	@echo '  make lint      strict compilers, formatting, memory, strace'
	@echo '  make tutorial  runs all that TUTORIAL.md shows, and writes it anew'
	@echo '  make bench     how fast the verdicts and the model answers are'
	@echo '  make clean     removes what was built'
	@echo
	@echo 'make step3 PORT=5000 plays a step on another port (steps 2 to 4 use one).'
	@echo 'Start with: make step1'

# Step 1 is linked statically where that can be done: it is to start even when it may have
# no descriptor beside 0, 1 and 2, but loading a shared library takes one.
01-socket/socket: LDFLAGS = $(shell echo 'int main(void) { return 0; }' | \
	$(CC) -static -x c -o /dev/null - 2>/dev/null && echo -static)

$(programs): %: %.c
	$(call need,$(firstword $(CC)),gcc)
	$(CC) $(CFLAGS) -o $@ $< $(LDFLAGS)

# Steps 2 to 4 need each other's programs: a client needs a server.
step1 trace1: $(call program,1)
step2 trace2: $(call program,2) $(call program,4)
step3 trace3: $(call program,3) $(call program,2)
step4 trace4: $(call program,4) $(call program,2)
step5 trace5: $(call program,5)

.PHONY: step1 step2 step3 step4 step5
step1 step2 step3 step4 step5:
	@bash $(dir $(call program,$@))play.sh

# Each step on a port of its own: PORT=5000 gives 5001 to 5005. What is no number goes on as
# it is: the first play refuses it.
.PHONY: steps
steps:
	@for n in 1 2 3 4 5; do \
		case $$PORT in \
		6553[1-5]) echo 'make: PORT must be a number from 1 to 65530 for all steps.' >&2; exit 1 ;; \
		'' | *[!0-9]* | ??????*) port=$$PORT ;; \
		*) port=$$((PORT + n)) ;; \
		esac; \
		$(MAKE) --no-print-directory step$$n PORT="$$port" || exit; \
	done

# Every error, provoked. CALL=connect plays one call, ERROR=EADDRINUSE one error.
errors_sources := $(wildcard tests/errors/*.c)

tests/errors/errors: $(errors_sources) tests/errors/errors.h
	$(call need,$(firstword $(CC)),gcc)
	$(CC) $(CFLAGS) -o $@ $(errors_sources)

.PHONY: errors
errors: tests/errors/errors
	@tests/errors/errors $${CALL:+--call "$$CALL"} $${ERROR:+--error "$$ERROR"}

.PHONY: trace1 trace2 trace3 trace4 trace5
trace1 trace2 trace3 trace4 trace5:
	$(call need,strace,strace (strace is for Linux alone))
	@TRACE=yes bash $(dir $(call program,$@))play.sh

.PHONY: diff1 diff2 diff3 diff4 diff5
diff1:
	@echo 'Step 1 is the first: there is nothing to compare it with. Read 01-socket/socket.c'
diff2 diff3 diff4 diff5: before = $(word $(call number,$@),none $(programs))
diff2 diff3 diff4 diff5:
	@bash tests/show-diff $(before).c $(call program,$@).c

# The small programs of TUTORIAL.md, each of which shows one thing.
demos := $(basename $(wildcard tests/tutorial/*.c))

$(demos): %: %.c tests/tutorial/demo.h
	$(call need,$(firstword $(CC)),gcc)
	$(CC) $(CFLAGS) -o $@ $<

.PHONY: demos
demos: $(programs) $(demos) tests/build/peer

# Runs every command that TUTORIAL.md shows, and writes what it prints into the text.
.PHONY: tutorial
tutorial: demos tests/errors/errors
	@tests/tutorial/regenerate

# What the tests need: a scriptable peer, and the steps with calls that can be made to fail.
forced := $(patsubst %,tests/build/forced-%,$(notdir $(programs)))
calls := socket connect bind listen accept getsockname getpeername setsockopt close \
	read readv recv recvfrom recvmsg write writev send sendto sendmsg \
	poll ppoll select pselect epoll_wait epoll_pwait getaddrinfo freeaddrinfo
wrap := $(foreach call,$(calls),-Wl,--wrap=$(call))

tests/build/peer tests/build/guard tests/build/parent: tests/build/%: tests/tools/%.c
	@mkdir -p tests/build
	$(CC) $(if $(filter %guard,$@),$(CFLAGS:-std=c17=-std=gnu17),$(CFLAGS)) -O2 -o $@ $<

tests/build/force.o: tests/tools/force.c
	@mkdir -p tests/build
	$(CC) $(CFLAGS) -O2 -c -o $@ $<

$(foreach p,$(programs),$(eval tests/build/forced-$(notdir $(p)): $(p).c))
$(forced): tests/build/force.o
	$(CC) $(CFLAGS) $(wrap) -o $@ $^

# The exercises. SRC=FILE: another file than the learner's. FORCE=1: the model answer at once.
numbers := 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20
workshop := tests/build/peer tests/build/guard tests/build/parent tests/build/force.o \
	tests/build/force.flags tests/build/sanitizers

# What a learner's program is linked with, and the sanitizers that this compiler has. Linked
# statically to them (gcc), it starts faster; the linker gold takes half the time of ld.
sanitize := -fsanitize=address,undefined
tests/build/force.flags: tests/build/force.o Makefile
	@echo 'tests/build/force.o $(wrap)' >$@
tests/build/sanitizers: Makefile
	@mkdir -p tests/build
	@for flags in '$(sanitize) -static-libasan -static-libubsan -fuse-ld=gold' \
		'$(sanitize) -static-libasan -static-libubsan' '$(sanitize)' ''; do \
		echo 'int main(void) { return 0; }' | $(CC) -Werror $$flags -x c -o /dev/null - 2>/dev/null && break; \
	done; echo $$flags >$@

.PHONY: exercises watch bench $(addprefix exercise,$(numbers)) $(addprefix hint,$(numbers)) \
	$(addprefix reset,$(numbers)) $(addprefix solution,$(numbers))
exercises: $(workshop)
	@tests/exercise list
watch: $(workshop)
	@tests/exercise watch
# ONLY='crowd proxy': some of verdicts, crowd, proxy, http.
bench: $(workshop)
	@tests/bench/run $(ONLY)
$(addprefix exercise,$(numbers)): $(workshop)
	@SRC='$(SRC)' tests/exercise check $(patsubst exercise%,%,$@)
$(addprefix hint,$(numbers)):
	@tests/exercise hint $(patsubst hint%,%,$@)
$(addprefix reset,$(numbers)):
	@tests/exercise reset $(patsubst reset%,%,$@)
$(addprefix solution,$(numbers)): $(workshop)
	@FORCE='$(FORCE)' tests/exercise solution $(patsubst solution%,%,$@)

.PHONY: test
test: demos $(forced) tests/errors/errors $(workshop)
	@tests/run tests/*.bats tests/errors/*.bats $(wildcard tests/answers/*)

# Needs more than a learner has. Each missing tool is named, all at once.
.PHONY: lint
lint: demos $(forced) tests/errors/errors
	@tests/lint/tools
	@tests/run tests/lint/*.bats

.PHONY: clean
clean:
	rm -rf $(programs) tests/build tests/errors/errors $(demos) $(basename $(wildcard exercises/*/*.c))

# Any other word: say what there is. (make's own rules would build a.out from a.c.)
.SUFFIXES:
.DEFAULT:
	@case '$@' in *.c | *.sh | *.bats) \
		echo "make: the file $@ is missing. Get it back: git checkout -- $@" >&2; exit 2 ;; \
	esac
	@echo "make: there is no '$@' here. There are: help, step1 to step5, steps," >&2
	@echo "make: trace1 to trace5, diff1 to diff5, demos, errors, exercises, exercise1 and so on," >&2
	@echo "make: hintN, solutionN, resetN, watch, test, lint, tutorial, clean." >&2
	@echo "make: make help explains them." >&2
	@exit 2
