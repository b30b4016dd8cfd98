/*
 * Exercise 7: restart PORT
 *
 * A server that closes first, and can be started again at once.
 *
 * The task is in README.md, beside this file. `make exercise7` compiles and
 * checks what you write here.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char *argv[])
{
    /*
     * TODO 1: Take one argument, the port.
     */

    /*
     * TODO 2: Become a listener on 127.0.0.1 and this port, even when
     * connections of the last run are still there.
     */

    /*
     * TODO 3: Say "listening PORT" on standard output when it is true, and
     * flush it.
     */

    /*
     * TODO 4: For ever: take a client, send ok and a newline, close.
     */

    (void)argc;
    (void)argv;
    fprintf(stderr, "restart: not written yet\n");
    return EXIT_FAILURE;
}
