# TUTORIAL.md: what it shows was run, what it names exists.
load steps

text=$root/TUTORIAL.md
regenerate=$root/tests/tutorial/regenerate

# All blocks are made anew once, for the whole file: that takes a few seconds.
setup_file() {
    "$BATS_TEST_DIRNAME/tutorial/regenerate" --check \
        >"$BATS_FILE_TMPDIR/check" 2>&1 3>&- 4>&- && echo 0 >"$BATS_FILE_TMPDIR/status" ||
        echo $? >"$BATS_FILE_TMPDIR/status"
}

# A small copy of the repository, in which a test can spoil something: the five programs, and
# a text of one chapter with the blocks of the first one.
copy_repository() {
    mkdir -p copy/tests
    cp -R "$root"/0*-* copy
    cp -R "$root/tests/tutorial" copy/tests
    sed -n '/^## Before you start/,/^## Step 2/p' "$text" >copy/TUTORIAL.md
}

# Runs a command for a minute at the most: making blocks anew takes its time on a busy machine.
patiently() {
    "${time_limit[@]/#10/60}" "$@" 3>&- 4>&- 9>&-
}

# The chapters, one a line: the headings of the second level, without the glossary.
chapters() {
    sed -n 's/^## //p' "$text" | grep -vx Glossary
}

# The text of one chapter.
chapter() {
    awk -v heading="## $1" '/^## / { inside = $0 == heading } inside' "$text"
}

# The prose: the text without blocks. Takes the file.
prose() {
    awk '/^```/ { fenced = !fenced; next } !fenced' "$1"
}

# The lines of all blocks of a kind. Takes the kind and, if it is another one, the file.
blocks() {
    awk -v fence="\`\`\`$1" '/^```/ { inside = !inside && $0 == fence; next } inside' "${2:-$text}"
}

# The anchors that GitHub gives to the headings of a file, one a line.
anchors() {
    awk '/^```/ { fenced = !fenced } !fenced && /^#+ / {
        sub(/^#+ /, "")
        $0 = tolower($0)
        gsub(/[^a-z0-9 _-]/, "")
        gsub(/ /, "-")
        n = seen[$0]++
        print n ? $0 "-" n : $0
    }' "$1"
}

# Whether every link of a text leads somewhere: to a heading, or to a file of the repository.
check_links() {
    local link count=0
    anchors "$1" >anchors.txt
    while IFS= read -r link; do
        count=$((count + 1))
        case $link in
        '#'*) grep -qxF -e "${link#'#'}" anchors.txt ;;
        *) [ -e "$root/${link%%#*}" ] ;;
        esac || { echo "this link leads nowhere: $link" && return 1; }
    done < <(prose "$1" | tr '\n' ' ' | grep -oE '\]\([^)]+\)' | sed 's/^](//; s/)$//')
    [ "$count" -ge 50 ]
}

# Whether every target that a text names is one of make's.
check_targets() {
    local target count=0
    for target in $({ blocks sh "$1" && prose "$1" | grep -oE '`make [a-z]+[0-9]?'; } |
        sed -n 's/ |.*//; s/^`*make //p' | sort -u); do
        run make -C "$root" -n "$target"
        has_not "$output" 'there is no' || { echo "no target: $target" && return 1; }
        count=$((count + 1))
    done
    [ "$count" -ge 10 ]
}

@test "every block of the tutorial is what its commands print now" {
    [ "$(uname)" = Linux ] || skip 'the blocks show what Linux says'
    cat "$BATS_FILE_TMPDIR/check"
    equals "$(cat "$BATS_FILE_TMPDIR/status")" 0
}

@test "when a program prints something else, the block is named and the difference shown" {
    copy_repository
    (cd copy && patiently tests/tutorial/regenerate --check)
    rm copy/01-socket/socket
    printf '#!/bin/sh\necho another text\n' >copy/01-socket/socket
    chmod +x copy/01-socket/socket
    run -1 patiently copy/tests/tutorial/regenerate --check
    has "$output" 'in "Build what you need": this block is not what is made now'
    has "$output" '+another text'
    has "$output" '-socket(AF_INET, SOCK_STREAM, 0) = 3'
    # Nothing was changed, until that is asked for. Then all is well again.
    has_not copy/TUTORIAL.md 'another text'
    patiently copy/tests/tutorial/regenerate
    has copy/TUTORIAL.md 'another text'
    patiently copy/tests/tutorial/regenerate --check
}

@test "when a source line changes, the C block is named" {
    copy_repository
    sed 's/const int fd = socket(domain, type, protocol);/const int fd = socket(domain, type, 0);/' \
        "$step1.c" >copy/01-socket/socket.c
    run -1 patiently copy/tests/tutorial/regenerate --check
    has "$output" 'in "The lines that matter": this block'
    has "$output" '+const int fd = socket(domain, type, 0);'
}

@test "when the line that a C block begins with has gone, that is said" {
    copy_repository
    sed 's/const int fd = socket/const int number = socket/' "$step1.c" >copy/01-socket/socket.c
    run -1 patiently copy/tests/tutorial/regenerate --check
    has "$output" 'no lines from "const int fd = socket(domain"'
}

@test "a block that leaves something running is refused, and it is ended" {
    copy_repository
    printf '## Left\n\n```console\nserver | $ 04-accept/accept 127.0.0.1 4004\n```\n' >copy/left.md
    cp copy/left.md before.md
    run -1 patiently copy/tests/tutorial/regenerate copy/left.md
    has "$output" '"server" still runs when the block ends'
    cmp copy/left.md before.md
}

@test "a C block that was typed by hand is refused" {
    copy_repository
    printf '## Typed\n\n```c\nint typed;\n```\n' >copy/typed.md
    run -1 patiently copy/tests/tutorial/regenerate --check copy/typed.md
    has "$output" 'a C block without a source'
}

@test "ports that the kernel chose are written 50001, 50002 in each block, all others stay" {
    copy_repository
    printf '## Ports\n\n```console\n$ %s\n```\n' \
        "echo 127.0.0.1:60001 127.0.0.1:60002 :60001 4004 127.0.0.1:4004 :12345" >copy/ports.md
    patiently copy/tests/tutorial/regenerate copy/ports.md
    has copy/ports.md "$(printf '\n127.0.0.1:50001 127.0.0.1:50002 :50001 4004 127.0.0.1:4004 :12345\n')"
}

@test "every block is of a kind that is checked" {
    local kinds
    kinds=$(awk '/^```/ { if (!inside) print; inside = !inside }' "$text" | sort -u | tr '\n' ' ')
    equals "$kinds" '```c ```console ```mermaid ```sh '
}

@test "every link leads somewhere; a broken one is found" {
    check_links "$text"
    sed 's/](#half-close)/](#half-closed)/' "$text" >broken.md
    run -1 check_links broken.md
    equals "$output" 'this link leads nowhere: #half-closed'
    sed 's/](README.md)/](READ.md)/' "$text" >broken.md
    run -1 check_links broken.md
    equals "$output" 'this link leads nowhere: READ.md'
}

@test "every make target that is named exists; a renamed one is found" {
    check_targets "$text"
    sed 's/^make diff3/make difference3/' "$text" >broken.md
    run check_targets broken.md
    [ "$status" -ne 0 ]
}

@test "every file that is named exists" {
    local file count=0
    for file in $(prose "$text" | grep -oE '`[a-z0-9./_-]*/[a-z0-9._/-]+`' | tr -d '`' | sort -u); do
        case $file in
        /proc/*) [ ! -d /proc/sys ] || [ -e "$file" ] ;;
        *) [ -e "$root/$file" ] ;;
        esac || { echo "no file: $file" && return 1; }
        count=$((count + 1))
    done
    [ "$count" -ge 3 ]
}

@test "no block shows a command that was not found" {
    run -1 grep -nE 'command not found|No such file or directory' <(blocks console)
}

@test "every command that stands alone prints something" {
    equals "$(awk '/^```/ { if (command) print command; command = ""; fenced = !fenced; next }
        fenced && /^\$ / { if (command) print command; command = $0; next }
        { command = "" }' "$text")" ''
}

@test "no line of a block is wider than 80 columns, its label not counted" {
    local kind
    for kind in console c sh; do
        blocks "$kind" | sed -E 's/^[a-z]+ \| (\$ )?//' |
            awk 'length > 80 { print; wide = 1 } END { exit wide }'
    done
}

@test "no command contacts another machine" {
    # 192.0.2.1 and 255.255.255.255 are only bound: nothing is sent there.
    blocks console | sed -nE 's/^([a-z]+ \| )?\$ //p' | grep -oE '[0-9]+(\.[0-9]+){3}' | sort -u |
        grep -vE '^127\.' >others || true
    equals "$(tr '\n' ' ' <others)" '0.0.0.0 192.0.2.1 255.255.255.255 '
    equals "$(blocks console | grep -E '(192\.0\.2\.1|255\.255\.255\.255|0\.0\.0\.0) ' | grep -F '$ ' |
        grep -vE '(03-bind/bind|04-accept/accept|05-names/names) ')" ''
}

@test "every step has at least four experiments, each a command with its output" {
    local step experiments blocks_of_it
    for step in 1 2 3 4 5; do
        experiments=$(chapter "$(chapters | grep "^Step $step:")" | grep -cE "^\*\*Experiment $step\.[0-9]+\. [^*]*\?\*\*")
        [ "$experiments" -ge 4 ]
        blocks_of_it=$(chapter "$(chapters | grep "^Step $step:")" | awk '
            /^\*\*Experiment/ { if (wanted) print "an experiment without a block: " $0; wanted = 1 }
            /^```console/ { wanted = 0 }')
        equals "$blocks_of_it" ''
    done
}

@test "every chapter has at least eight questions with folded answers" {
    local name
    [ "$(chapters | wc -l)" -eq 9 ]
    while IFS= read -r name; do
        [ "$(chapter "$name" | grep -c '^<summary>')" -ge 8 ] || { echo "$name" && return 1; }
    done < <(chapters)
    equals "$(grep -c '^<details>$' "$text")" "$(grep -c '^<summary>.*</summary>$' "$text")"
    equals "$(grep -c '^<details>$' "$text")" "$(grep -c '^</details>$' "$text")"
}

@test "every answer says where it can be seen: an experiment, a block, a man page" {
    local number
    equals "$(awk '
        /^<summary>/ { question = $0; found = 0; next }
        question && (/[Ee]xperiments? [0-9]/ || /experiment$/ || /\]\(#/ || /\([1-8]\)/) { found = 1 }
        /^<\/details>/ && question { if (!found) print question; question = "" }' "$text")" ''
    for number in $(prose "$text" | tr '\n' ' ' | grep -oE '[Ee]xperiments? [0-9]\.[0-9]+( and [0-9]\.[0-9])?' |
        grep -oE '[0-9]\.[0-9]+' | sort -u); do
        grep -q "^\*\*Experiment $number\. " "$text" || { echo "no experiment $number" && return 1; }
    done
}

@test "every man page that is named exists, and has the part that is cited" {
    local page section name file part cited
    man -w 2 accept >/dev/null 2>&1 && man -w 7 tcp >/dev/null 2>&1 ||
        skip 'the man pages are missing (Debian: man-db, manpages, manpages-dev)'
    prose "$text" | tr '\n' ' ' >all.txt
    for page in $(grep -oE '[a-z_][a-z0-9_]*\([1-8]\)' all.txt | sort -u); do
        name=${page%(*}
        section=${page#*(}
        section=${section%)}
        # Of tools that a learner need not have, no page is needed.
        case $name in strace | ss) continue ;; esac
        file=$(man -w "$section" "$name" 2>/dev/null) || { echo "no page $page" && return 1; }
        zcat -f "$file" | sed -nE 's/^\.S[HS] *"?([^"]*)"?$/\1/p' >parts.txt
        while IFS= read -r cited; do
            cited=${cited#*, }
            while IFS= read -r part; do
                case $cited in "$part"*) continue 2 ;; esac
            done <parts.txt
            echo "$page has no part named $cited"
            return 1
        done < <(grep -oE "\b$name\($section\), [A-Z/][A-Za-z/]+ ?[A-Za-z]*" all.txt | sort -u)
    done
}

@test "the types of the calls are those of the man pages" {
    local line name
    man -w 2 accept >/dev/null 2>&1 || skip 'the man pages are missing (Debian: manpages-dev)'
    grep -E '^    int [a-z]+\(' "$text" >types.txt
    [ "$(wc -l <types.txt)" -ge 7 ]
    while IFS= read -r line; do
        name=$(sed -E 's/^ *int ([a-z]+)\(.*/\1/' <<<"$line")
        # Without the marks of the page's own language, with single blanks, and without a word
        # that newer pages add for readers: _Nullable, may be NULL.
        zcat -f "$(man -w 2 "$name")" | sed -nE '/^\.SH SYN/,/^\.SH DESC/p' | sed -E 's/^\.B[IR]* //' |
            sed 's/["\\]//g' | tr '\n' ' ' | tr -s ' ' | sed 's/ \([,)]\)/\1/g; s/\* /*/g; s/_Nullable //g' >page.txt
        has page.txt "$(sed -E 's/^ *//' <<<"$line")"
    done <types.txt
}

@test "every word of the glossary is explained or used in a chapter before" {
    local word count=0
    sed '/^## Glossary/,$d' "$text" | tr '\n' ' ' | tr '[:upper:]' '[:lower:]' >before.txt
    while IFS= read -r word; do
        grep -qF -e "$(tr '[:upper:]' '[:lower:]' <<<"$word")" before.txt || { echo "not in the text: $word" && return 1; }
        count=$((count + 1))
    done < <(sed '1,/^## Glossary/d' "$text" | sed -nE 's/^\| ([^|]*[^| ]) +\|.*/\1/p' | sed 1,2d)
    [ "$count" -ge 30 ]
}

@test "the table of exercises has all twenty, and every one that is in exercises/" {
    local directory name number
    chapter 'Where to go next' | sed -nE 's/^\| ([0-9]+) \| ([a-z-]+) \|.*/\1-\2/p' >table
    equals "$(cut -d- -f1 table | tr '\n' ' ')" "$(seq 20 | tr '\n' ' ')"
    for directory in "$root"/exercises/[0-9]*/; do
        [ -d "$directory" ] || continue
        name=$(basename "$directory")
        number=${name%%-*}
        grep -qx -e "${number#0}-${name#*-}" table || { echo "not in the table: $name"; false; }
    done
}
