/*
 * Exercise 10: inherited
 *
 * Tells the names of the socket that is its standard input.
 *
 * The task is in README.md, beside this file. `make exercise10` compiles and
 * checks what you write here.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char *argv[])
{
    /*
     * TODO 1: There are no arguments: descriptor 0 is a socket that somebody
     * else has opened.
     */

    /*
     * TODO 2: Ask for its own name. What if it is no socket at all?
     */

    /*
     * TODO 3: Ask for the name of its peer. What if it has none?
     */

    /*
     * TODO 4: Print both on one line. The address may be one of IPv6.
     */

    (void)argc;
    (void)argv;
    fprintf(stderr, "inherited: not written yet\n");
    return EXIT_FAILURE;
}
