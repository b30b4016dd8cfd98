/*
 * Exercise 16: chat PORT
 *
 * A server that passes each line of a client on to all the others. All in
 * one process.
 *
 * The task is in README.md, beside this file. `make exercise16` compiles
 * and checks what you write here.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char *argv[])
{
    /*
     * TODO 1: Take one argument, the port (0: the kernel chooses), become
     * a listener on 127.0.0.1, and say "listening PORT".
     */

    /*
     * TODO 2: Wait until something happens anywhere: a new client, or
     * input from one. Which call waits for many descriptors at once?
     */

    /*
     * TODO 3: Keep what each client has sent of a line until the newline
     * comes. Then it goes to all the others.
     */

    /*
     * TODO 4: A client may not read now. What does write(2) do then, and
     * how do you keep it from stopping all the others?
     */

    /*
     * TODO 5: When does poll(2) return at once? Ask it only for what you
     * would deal with.
     */

    /*
     * TODO 6: What must happen when a client ends its side? And when it
     * has gone?
     */

    (void)argc;
    (void)argv;
    fprintf(stderr, "chat: not written yet\n");
    return EXIT_FAILURE;
}
