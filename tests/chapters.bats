# What each step brings, and what it leaves for later; and that the steps repeat each other
# word for word.
load steps

# The calls on sockets and descriptors that a source file makes, in alphabetical order, on
# one line. The linker knows them: nm(1) lists what an object file needs from outside.
calls_of() {
    cc -O0 -c -o object.o "$1"
    nm -u object.o | sed 's/.* _\{0,1\}//; s/@.*//' | grep -xE \
        'socket|connect|bind|listen|accept4?|get(sock|peer)name|[gs]etsockopt|shutdown|send|recv|sendto|recvfrom|sendmsg|recvmsg|readv?|writev?|close|p?select|p?poll|epoll_.*|dup2?|fcntl|ioctl|sigaction|fork|getaddrinfo|inet_(addr|aton|ntoa)|gethostby.*|open(at)?|socketpair|pipe2?' |
        sort | tr '\n' ' '
}

@test "step 1 adds socket(2), and closes" {
    equals "$(calls_of "$step1.c")" 'close socket '
}

@test "step 2 adds connect(2), and reads and writes" {
    equals "$(calls_of "$step2.c")" 'close connect read socket write '
}

@test "step 3 adds bind(2)" {
    equals "$(calls_of "$step3.c")" 'bind close socket '
}

@test "step 4 adds listen(2) and accept(2), and an option of the listener" {
    equals "$(calls_of "$step4.c")" 'accept bind close listen read setsockopt socket write '
}

@test "step 5 adds getsockname(2) and getpeername(2)" {
    equals "$(calls_of "$step5.c")" 'accept bind close connect getpeername getsockname listen setsockopt socket '
}

# Writes each function of a source file to a file of its own, DIRECTORY/NAME: from the line
# that names it to the brace that ends it, and the comment before it.
split_functions() {
    mkdir -p "$2"
    awk -v directory="$2" '
        /^\/\*/ { text = "" }
        { text = text $0 "\n" }
        /^(static|int) .*\(/ && !/=/ && !/;$/ {
            name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name)
        }
        /^}$/ && name { printf "%s", text > (directory "/" name); close(directory "/" name); name = "" }
        /^$/ || /^}/ { text = "" }
    ' "$1"
}

@test "a function that two steps have is the same in both, word for word" {
    local step file other compared=0
    for step in "$step1" "$step2" "$step3" "$step4" "$step5"; do
        split_functions "$step.c" "$(basename "$step")"
    done
    for file in */*; do
        [ "$(basename "$file")" != main ] || continue
        for other in */"$(basename "$file")"; do
            [ "$file" \< "$other" ] || continue
            diff -u "$file" "$other"
            compared=$((compared + 1))
        done
    done
    # 8 functions are in all five steps: ten pairs each.
    [ "$compared" -gt 80 ] || { echo "only $compared pairs"; false; }
}

@test "a row of the error table that two steps have is the same in both" {
    local step
    for step in "$step1" "$step2" "$step3" "$step4" "$step5"; do
        # One row on one line: call, error, what it means and what to do.
        sed -n '/errors\[\] = {/,/^};/p' "$step.c" | tr '\n' ' ' | sed 's/},/},\n/g' |
            grep -o '{".*' | sed 's/  */ /g'
    done | sort -u | sed 's/^\({"[a-z]*", [A-Z]*\),.*/\1/' | sort | uniq -d >differing
    equals "$(cat differing)" ''
}

@test "every step names its own page in its first line, and tells how to compile it" {
    local step number=0
    for step in "$step1" "$step2" "$step3" "$step4" "$step5"; do
        number=$((number + 1))
        sed -n 2p "$step.c" | grep -q "Step $number: .*(2)"
        grep -qF "By hand: cc $(basename "$step").c, and then ./a.out" "$step.c"
    done
}

@test "main comes last" {
    local step
    for step in "$step1" "$step2" "$step3" "$step4" "$step5"; do
        equals "$(grep -E '^[a-z].*\(.*\)$|^(static|int) .*\(' "$step.c" | tail -n 1)" \
            'int main(int argc, char *argv[])'
    done
}
