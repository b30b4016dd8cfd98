# README.md: what it shows was printed, what it names exists.
load steps

# Replaces the ports of the kernel's choice, which differ from run to run.
mask_ports() {
    sed -E 's/(127\.0\.0\.1):[0-9]{5}/\1:PORT/g'
}

# The lines of the fenced block of this kind, the N-th of them. Takes kind and N.
block() {
    awk -v fence="\`\`\`$1" -v wanted="$2" '
        $0 == fence { n++; inside = 1; next }
        $0 == "```" { inside = 0 }
        inside && n == wanted
    ' "$root/README.md"
}

@test "the excerpt is what make step2 prints, line by line" {
    # The port stands in the text, and may be taken: only then another one is played.
    cp -R "$root/01-socket" "$root/02-connect" "$root/04-accept" "$root/Makefile" .
    mkdir tests
    cp "$root/tests/play.bash" tests
    any_port
    env -u MAKEFLAGS -u MAKELEVEL make step2 PORT="$port" >all.txt 2>&1 3>&- 4>&-
    block console 1 >shown.txt
    [ "$(wc -l <shown.txt)" -ge 10 ]
    sed "s/:$port/:4002/; s/ $port\$/ 4002/" all.txt | mask_ports >masked.txt
    # The excerpt is a run of whole lines: found from its first line on.
    sed -n "/^client | \\$/,\$p" masked.txt | head -n "$(wc -l <shown.txt)" | diff -u shown.txt -
}

@test "every file that README.md links to exists" {
    local file count=0
    for file in $(grep -o '](\([^)]*\))' "$root/README.md" | sed 's/](\(.*\))/\1/' | grep -v ^https); do
        [ -e "$root/$file" ] || { echo "no $file"; false; }
        count=$((count + 1))
    done
    [ "$count" -ge 6 ]
}

@test "every make target that README.md names exists" {
    local target
    for target in $(grep -oE '(^|`|&& )make [a-z]+[0-9N]?' "$root/README.md" | sed 's/.*make //; s/N$/1/' | sort -u); do
        run make -C "$root" -n "$target"
        has_not "$output" 'make: there is no'
    done
}

@test "every complaint in the table of troubles is one that the project makes" {
    local text count=0
    while IFS= read -r text; do
        # What stands for a name or a number in the text is a variable in the source.
        text=$(sed -E 's/^(make|step3): //; s/^(cc|bats|strace) is/is/; s/port [0-9]+ is/is/; s/ on port [0-9]+$//; s/.step6. here/here/; s/there is no here/here/' <<<"$text")
        grep -rqF -e "$text" "$root/Makefile" "$root/tests/play.bash" "$root/tests/run" || { echo "nobody says: $text"; false; }
        count=$((count + 1))
    done < <(sed -n '/^## When/,$s/^| `\([^`]*\)` |.*/\1/p' "$root/README.md")
    equals "$count" 7
}
