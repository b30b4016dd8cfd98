/*
 * Exercise 19: proxy PORT ADDRESS UPSTREAM
 *
 * Relays between each client and a server, both ways at once.
 *
 * The task is in README.md, beside this file. `make exercise19` compiles
 * and checks what you write here.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char *argv[])
{
    /*
     * TODO 1: Take three arguments: our port, and the address and port of
     * the server. Become a listener, and say "listening PORT".
     */

    /*
     * TODO 2: For each client, begin a connection to the server at once.
     * What if that takes long, or fails?
     */

    /*
     * TODO 3: Pass on what the client says, and what the server says, both
     * at the same time.
     */

    /*
     * TODO 4: One side does not read now. How much do you keep for it, and
     * how does the other side come to wait?
     */

    /*
     * TODO 5: One side ends. What does the other side have to learn of it,
     * and what goes on?
     */

    (void)argc;
    (void)argv;
    fprintf(stderr, "proxy: not written yet\n");
    return EXIT_FAILURE;
}
