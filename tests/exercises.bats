# The workshop: make exercises, exerciseN, hintN, resetN, solutionN, watch. It is played in a
# small copy of the repository, in which a learner's files can be changed. Whether the checks
# tell right from wrong is proven elsewhere: tests/run runs tests/exercise prove.
load steps

# The copy has two exercises, and the tools as they were built.
setup() {
    cd "$BATS_TEST_TMPDIR" || return
    started=
    mkdir -p exercises tests/answers
    cp -R "$root/exercises/01-descriptor" "$root/exercises/02-fetch" exercises
    cp -R "$root/tests/answers/01-descriptor" "$root/tests/answers/02-fetch" tests/answers
    cp -R "$root/tests/tools" "$root/tests/build" "$root/tests/check.bash" "$root/tests/exercise" tests
    cp "$root/Makefile" .
    rm -f exercises/.progress exercises/.hints
    cp tests/answers/01-descriptor/skeleton.c exercises/01-descriptor/descriptor.c
    cp tests/answers/02-fetch/skeleton.c exercises/02-fetch/fetch.c
    touch tests/build/*
    # The checks run in a bats of their own: not with the inner parts of this one.
    PATH=${PATH#*/bats-core:}
}

# Makes a target in the copy, as a learner does. No other make's variables go along.
learner_makes() {
    "${time_limit[@]/#10/60}" env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS -u SRC -u FORCE make "$@" 3>&- 4>&- 9>&-
}

@test "nothing done: all are listed as not started, and the first is the next" {
    run -0 learner_makes exercises </dev/null
    has "$output" ' 1  descriptor   not started'
    has "$output" ' 2  fetch        not started'
    has "$output" '0 of 2 done'
    has "$output" 'Next: exercises/01-descriptor/README.md, then make exercise1'
}

@test "an exercise that is right is done, and the list says so at once" {
    cp tests/answers/01-descriptor/reference.c exercises/01-descriptor/descriptor.c
    run -0 learner_makes exercise1
    has "$output" 'Exercise 1 is done: 8 checks passed.'
    # Nothing has changed: nothing is checked again, so bats is not even called.
    printf '#!/bin/sh\ntest "$1" = --version || echo called >>%s/called\n' "$PWD" >bats
    chmod +x bats
    PATH=$PWD:$PATH run -0 learner_makes exercises
    has "$output" ' 1  descriptor   done'
    has "$output" '1 of 2 done'
    has "$output" 'then make exercise2'
    [ ! -e called ]
}

@test "a verdict says what was done, expected and got, and what to read, in one screen" {
    cp tests/answers/01-descriptor/wrong-zero-is-failure.c exercises/01-descriptor/descriptor.c
    run -2 learner_makes exercise1
    has "$output" 'FAIL  prints the number that the kernel gave, whichever it is'
    has "$output" "$(printf 'Done:\n    exercises/01-descriptor/descriptor 2 1 <&-')"
    has "$output" "$(printf 'Expected:\n    exit status 0\nGot:\n    exit status 1')"
    has "$output" '0 is taken for a failure'
    has "$output" 'make hint1'
    [ "$(wc -l <<<"$output")" -le 24 ]
    equals "$(awk 'length > 80' <<<"$output" | grep -v -e '^make' || true)" ''
    run -0 learner_makes exercises
    has "$output" ' 1  descriptor   failing'
}

@test "a changed file is checked again by the list, and only then" {
    cp tests/answers/01-descriptor/reference.c exercises/01-descriptor/descriptor.c
    run -0 learner_makes exercise1
    cp tests/answers/01-descriptor/wrong-constant.c exercises/01-descriptor/descriptor.c
    run -0 learner_makes exercises
    has "$output" ' 1  descriptor   failing'
}

@test "a file that does not compile is shown with its first error" {
    echo 'int main(void) { return nothing; }' >exercises/01-descriptor/descriptor.c
    run -2 learner_makes exercise1
    has "$output" 'nothing'
    has "$output" 'It does not compile.'
    run -0 learner_makes exercises
    has "$output" ' 1  descriptor   failing'
}

@test "warnings are shown, and are no failure" {
    cp tests/answers/01-descriptor/reference.c exercises/01-descriptor/descriptor.c
    echo 'static int unused;' >>exercises/01-descriptor/descriptor.c
    run -0 learner_makes exercise1
    has "$output" 'unused'
    has "$output" 'Exercise 1 is done'
}

@test "a file that is missing is told with what to do" {
    rm exercises/01-descriptor/descriptor.c
    run -2 learner_makes exercise1
    has "$output" "'make reset1' puts the skeleton there"
    run -0 learner_makes exercises
    has "$output" 'the file is missing (make reset1)'
    run -0 learner_makes reset1
    cmp exercises/01-descriptor/descriptor.c tests/answers/01-descriptor/skeleton.c
}

@test "a file that cannot be read is told" {
    [ "$(id -u)" -ne 0 ] || { rm exercises/01-descriptor/descriptor.c && mkdir exercises/01-descriptor/descriptor.c; }
    chmod 0 exercises/01-descriptor/descriptor.c
    run -2 learner_makes exercise1
    chmod 755 exercises/01-descriptor/descriptor.c
    has "$output" 'cannot be read'
}

@test "SRC checks another file, and the learner's own result stays" {
    run -0 learner_makes exercise1 SRC=tests/answers/01-descriptor/reference.c
    has "$output" 'Exercise 1 is done'
    run -2 learner_makes exercise1 SRC=tests/answers/01-descriptor/wrong-constant.c
    run -2 learner_makes exercise1 SRC=nowhere.c
    has "$output" 'there is no file nowhere.c'
    run -0 learner_makes exercises
    has "$output" ' 1  descriptor   not started'
}

@test "the hints come one after another, and then from the first again" {
    run -0 learner_makes hint1
    has "$output" 'hint 1 of 3'
    has "$output" 'Read `main` of'
    run -0 learner_makes hint1
    has "$output" 'hint 2 of 3'
    run -0 learner_makes hint1
    has "$output" 'hint 3 of 3'
    has "$output" 'const int fd = socket(family, type, 0);'
    run -0 learner_makes hint1
    has "$output" 'hint 1 of 3'
    equals "$(awk 'length > 80' <<<"$output")" ''
}

@test "resetN asks, keeps the text that was there, and loses none" {
    echo one >exercises/01-descriptor/descriptor.c
    run -2 learner_makes reset1 </dev/null
    has "$output" 'Nothing was changed.'
    equals "$(cat exercises/01-descriptor/descriptor.c)" one
    run -0 learner_makes reset1 <<<y
    equals "$(cat exercises/01-descriptor/descriptor.c.mine)" one
    echo two >exercises/01-descriptor/descriptor.c
    run -0 learner_makes reset1 <<<y
    equals "$(cat exercises/01-descriptor/descriptor.c.mine)" one
    equals "$(cat exercises/01-descriptor/descriptor.c.mine2)" two
    run -0 learner_makes reset1
    has "$output" 'nothing to do'
}

@test "solutionN shows the model answer once the learner's passes, or with FORCE=1" {
    run -2 learner_makes solution1
    has "$output" 'first let yours pass'
    run -0 learner_makes solution1 FORCE=1
    has "$output" 'const int fd = socket(family, type, 0);'
    cp tests/answers/01-descriptor/right-dprintf.c exercises/01-descriptor/descriptor.c
    run -0 learner_makes solution1
    has "$output" 'const int fd = socket(family, type, 0);'
}

@test "an exercise that is not there is named" {
    run -2 learner_makes exercise9
    has "$output" "there is no exercise 9. 'make exercises' lists them all."
}

@test "make clean leaves the learner's work alone" {
    cp tests/answers/01-descriptor/reference.c exercises/01-descriptor/descriptor.c
    run -0 learner_makes exercise1
    run -0 learner_makes clean
    cmp exercises/01-descriptor/descriptor.c tests/answers/01-descriptor/reference.c
    grep -q '^01-descriptor passed' exercises/.progress
}

@test "watch checks again after a save, and leaves no process behind" {
    mkdir scratch
    TMPDIR=$PWD/scratch start watch bash tests/exercise watch
    wait_for watch.out 'Waiting for a save of exercises/01-descriptor/descriptor.c'
    has watch.out 'FAIL  prints the descriptor'
    cp tests/answers/01-descriptor/reference.c exercises/01-descriptor/descriptor.c
    wait_for watch.out 'Exercise 1 is done: 8 checks passed.'
    wait_for watch.out 'Waiting for a save' 2
    kill -TERM "$pid"
    wait_for_end "$pid"
    equals "$status" 143
    equals "$(ls scratch)" ''
}

@test "a verdict that is interrupted leaves nothing behind" {
    local since=$SECONDS
    mkdir scratch
    echo '#include <unistd.h>
int main(void) { for (;;) pause(); }' >exercises/01-descriptor/descriptor.c
    TMPDIR=$PWD/scratch start check bash tests/exercise check 1
    # Now the program runs. ([/]: what we look for is not in the command line of grep.)
    until grep -qsa "$PWD/scratch[/]exercise.*/descriptor.2.1" /proc/[0-9]*/cmdline; do
        [ $((SECONDS - since)) -lt 20 ]
        sleep 0.01
    done
    kill -TERM "$pid"
    wait_for_end "$pid"
    equals "$status" 143
    equals "$(ls scratch)" ''
    equals "$(grep -lsa "$PWD/scratch[/]" /proc/[0-9]*/cmdline)" ''
}

@test "a program that hangs, crashes, spins, floods or stays is stopped and named" {
    local file=exercises/01-descriptor/descriptor.c
    echo '#include <unistd.h>
int main(void) { for (;;) pause(); }' >$file
    run -2 learner_makes exercise1
    has "$output" 'It was waiting in pause'
    echo 'int main(void) { for (;;) continue; }' >$file
    run -2 learner_makes exercise1
    has "$output" 'It was busy all the time'
    echo 'int main(void) { int *nothing = 0; return *nothing; }' >$file
    run -2 learner_makes exercise1
    has "$output" 'runtime error: load of null pointer'
    echo '#include <unistd.h>
int main(void) { char much[65536] = "x"; while (write(1, much, sizeof much) > 0) continue; return 0; }' >$file
    run -2 learner_makes exercise1
    has "$output" 'It wrote more than 64 MiB'
    echo '#include <unistd.h>
int main(void) { if (fork() == 0) { setsid(); if (fork() == 0) for (;;) pause(); } return 0; }' >$file
    run -2 learner_makes exercise1
    has "$output" 'process(es) of it still there'
}

@test "a check that does not end is named, and not held against the program" {
    cp tests/answers/01-descriptor/reference.c exercises/01-descriptor/descriptor.c
    # The limit, a minute without a word, made two seconds.
    sed 's/read -r -t 60 line/read -r -t 2 line/' "$root/tests/exercise" >tests/exercise
    run -1 grep -q 'read -r -t 60' tests/exercise
    sed 's/^@test "-1 goes.*/&\n    echo $$ >>"$OLDPWD\/stuck"; sleep 100/' "$root/exercises/01-descriptor/descriptor.bats" \
        >exercises/01-descriptor/descriptor.bats
    run -2 learner_makes exercise1
    has "$output" 'FAIL  -1 goes to socket(2), too, and fails there: the check itself did not end. Your program may be right.'
    # What hung was ended: it is gone, or a zombie that nobody has waited for yet (proc(5)).
    [ -s stuck ]
    run ! grep -q ') [^Z]' "/proc/$(cat stuck)/stat"
}

@test "a program that forks without end is stopped and named, with all of them" {
    # This one would stop by itself, at 1100: so the test does no harm when the guard fails.
    cat >exercises/01-descriptor/descriptor.c <<'C'
#include <sys/mman.h>
#include <unistd.h>
int main(void)
{
    int *count = mmap(0, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    while (__sync_add_and_fetch(count, 1) < 1100 && fork() != -1) continue;
    for (;;) pause();
}
C
    mkdir scratch
    TMPDIR=$PWD/scratch run -2 learner_makes exercise1
    has "$output" 'It started processes without end (more than 1000), and was stopped.'
    # Wherever they are: none is left.
    equals "$(for one in /proc/[0-9]*; do readlink "$one/exe"; done 2>/dev/null | grep -c "^$PWD/" || true)" 0
}

@test "each list of checks in a README is that of the checks, and each has three hints" {
    local directory
    for directory in "$root"/exercises/[0-9]*/; do
        sed -n 's/^@test "\(.*\)" {$/\1/p' "$directory"/*.bats >checks
        awk '/^## /{ inside = $0 == "## What is checked" } inside && /^- /{ sub(/^- /, ""); if (line) print line; line = $0; next }
             inside && /^  /{ sub(/^ +/, ""); line = line " " $0; next } !inside && line { print line; line = "" }' "$directory/README.md" >listed
        diff -u checks listed
        equals "$(grep -c '^<summary>Hint [123]</summary>$' "$directory/README.md")" 3
    done
}

@test "every exercise has a skeleton, a model answer, four wrong answers and two right ones" {
    local directory name
    for directory in "$root"/exercises/[0-9]*/; do
        name=$(basename "$directory")
        [ -e "$root/tests/answers/$name/skeleton.c" ]
        [ -e "$root/tests/answers/$name/reference.c" ]
        set -- "$root/tests/answers/$name"/wrong-*.c
        [ $# -ge 4 ]
        set -- "$root/tests/answers/$name"/right-*.c
        [ $# -ge 2 ]
        # One line of a verdict, and of a comment in an answer.
        run -1 grep -nE '^@test "[^"]{66,}"' "$directory/${name#*-}.bats"
    done
}
