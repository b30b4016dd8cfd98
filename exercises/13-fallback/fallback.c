/*
 * Exercise 13: fallback PORT ADDRESS...
 *
 * Tries one address after the other, until one of them connects.
 *
 * The task is in README.md, beside this file. `make exercise13` compiles
 * and checks what you write here.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char *argv[])
{
    /*
     * TODO 1: Take the port and at least one address. Look at all of them
     * before you open a socket.
     */

    /*
     * TODO 2: Take the addresses in their order: open a socket, and
     * connect it. What must happen to a socket whose connect failed?
     */

    /*
     * TODO 3: An address that fails: say so on standard error, with the
     * address, and try the next.
     */

    /*
     * TODO 4: The first that connects: say "connected ADDRESS" on standard
     * output, at once, and copy what it sends, as in exercise 2.
     */

    /*
     * TODO 5: All failed: what is the exit status?
     */

    (void)argc;
    (void)argv;
    fprintf(stderr, "fallback: not written yet\n");
    return EXIT_FAILURE;
}
