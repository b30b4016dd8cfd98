# The sources: strict compilers, form, shell scripts, and the list of errors.
load ../steps

strict=(-std=c17 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)

# All C files of the project, one a line.
c_files() {
    (cd "$root" && git ls-files '*.c' '*.h')
}

# All scripts of the project, one a line: by their ending, or by their first line.
scripts() {
    (cd "$root" && { git ls-files '*.sh' '*.bash' '*.bats' && git grep -lE '^#!.*(bash|sh)$' -- . ':!*.md'; } | sort -u)
}

# Compiles each step with a compiler and the strict flags, at two levels of optimization:
# some warnings come with one, some with the other.
compiles_strictly() {
    local step level
    for step in "$step1" "$step2" "$step3" "$step4" "$step5"; do
        for level in -O0 -O2; do
            "$1" "${strict[@]}" "$level" -o program "$step.c"
        done
        ./program --help
    done
}

@test "the steps compile without a warning with gcc" {
    compiles_strictly gcc
}

@test "the steps compile without a warning with clang" {
    compiles_strictly clang
}

@test "the steps compile without a warning with musl-gcc, and run" {
    compiles_strictly musl-gcc
    musl-gcc -o socket "$step1.c"
    run -0 limited ./socket
    has "$output" 'socket(AF_INET, SOCK_STREAM, 0) = 3'
    musl-gcc -o names "$step5.c"
    run -0 limited ./names
    has "$output" 'mirror each other'
}

@test "test tools, make errors and the tutorial's programs compile without a warning with gcc, clang and musl-gcc" {
    local compiler file
    for compiler in gcc clang musl-gcc; do
        for file in "$root"/tests/tools/*.c "$root"/tests/errors/*.c "$root"/tests/tutorial/*.c "$root"/tests/bench/[bl]*.c; do
            # Debian's musl-gcc does not find the kernel's headers, which these need.
            case $compiler:${file##*/} in musl-gcc:life.c | musl-gcc:guard.c) continue ;; esac
            "$compiler" "${strict[@]}" -O2 -c -o tool.o "$file"
        done
    done
}

@test "the model answers and the right answers compile without a warning with gcc, clang and musl-gcc" {
    local compiler file count=0
    for compiler in gcc clang musl-gcc; do
        for file in "$root"/tests/answers/*/reference.c "$root"/tests/answers/*/right-*.c; do
            "$compiler" "${strict[@]/c17/gnu17}" -O2 -c -o answer.o "$file"
            count=$((count + 1))
        done
    done
    [ "$count" -ge 90 ]
}

@test "a skeleton compiles without a warning, and is what the learner's file is at first" {
    local file name
    for file in "$root"/tests/answers/*/skeleton.c; do
        gcc "${strict[@]}" -o skeleton "$file"
        name=$(basename "$(dirname "$file")")
        (cd "$root" && git show "HEAD:exercises/$name/${name#*-}.c") | cmp - "$file"
    done
}

@test "a step that has a warning does not compile strictly" {
    cp "$step1.c" changed.c
    echo 'static int unused;' >>changed.c
    run -1 gcc "${strict[@]}" -o program changed.c
}

@test "clang-format has nothing to change" {
    local file count=0
    while IFS= read -r file; do
        clang-format --style="file:$root/.clang-format" "$root/$file" | diff -u "$root/$file" -
        count=$((count + 1))
    done < <(c_files)
    [ "$count" -ge 7 ]
}

@test "no line of C is wider than 79 columns: with diff's + it fits a terminal" {
    c_files | (cd "$root" && xargs awk 'length > 79 { print FILENAME ": " $0; wide = 1 } END { exit wide }')
}

@test "no line of prose is wider than 100 columns" {
    (cd "$root" && git ls-files '*.md' | xargs awk '
        FNR == 1 { fenced = 0 }
        /^ *```/ { fenced = !fenced }
        # Blocks that were printed, tables and links that cannot be broken are as they are.
        length > 100 && !fenced && !/^\|/ && !/^[^ ]*$/ { print FILENAME ": " $0; wide = 1 }
        END { exit wide }')
}

@test "codespell finds no spelling mistake" {
    # conect is what one test asks `make errors` for, to get the nearest name.
    (cd "$root" && git ls-files '*.md' '*.c' '*.h' '*.sh' '*.bash' '*.bats' Makefile .ci/run tests/run \
        tests/show-diff tests/tutorial/regenerate | xargs codespell -L conect)
}

@test "shellcheck finds nothing in the scripts" {
    local files
    files=$(scripts)
    [ "$(wc -l <<<"$files")" -ge 15 ]
    (cd "$root" && xargs shellcheck <<<"$files")
}

@test "no script uses what bash 3.2 does not have" {
    local words='declare -A|local -A|mapfile|readarray|\$\{[a-z_]+(\^|,)|&>>| \|& |coproc|local -n|wait -n|\$EPOCH|BASHPID'
    run -1 bash -c "cd '$root' && grep -nE '$words' $(scripts | grep -v lint/sources.bats | tr '\n' ' ')"
}

@test "the list of errors is that of the installed man pages" {
    zcat /usr/share/man/man2/connect.2.gz | grep -q 'man-pages 6.03' ||
        skip "the man pages of release 6.03 are not installed (Debian 12: manpages-dev)"
    "$root/tests/lint/man-errors" >pages
    grep -v '^#' "$root/tests/man-errors.txt" | diff -u - pages
}

@test "no file speaks of the machine that it was written on" {
    run -1 git -C "$root" grep -nE '/(home|root|work)/[a-z]' -- . ':!tests/lint/sources.bats'
}
