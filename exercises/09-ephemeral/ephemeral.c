/*
 * Exercise 9: ephemeral
 *
 * A server on a port that the kernel chooses, and that it tells.
 *
 * The task is in README.md, beside this file. `make exercise9` compiles and
 * checks what you write here.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char *argv[])
{
    /*
     * TODO 1: There are no arguments.
     */

    /*
     * TODO 2: Become a listener on 127.0.0.1, on a port that the kernel
     * chooses.
     */

    /*
     * TODO 3: Which port is it? Ask, and say "listening PORT" on standard
     * output, flushed.
     */

    /*
     * TODO 4: Take one client, send it the port and a newline, close, and
     * end.
     */

    (void)argc;
    (void)argv;
    fprintf(stderr, "ephemeral: not written yet\n");
    return EXIT_FAILURE;
}
