/*
 * Exercise 4: half-close ADDRESS PORT
 *
 * Sends its standard input, and prints the answer of a peer that waits for
 * the end of it.
 *
 * The task is in README.md, beside this file. `make exercise4` compiles and
 * checks what you write here.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char *argv[])
{
    /*
     * TODO 1: Take two arguments: an address in dotted decimal, and a port.
     */

    /*
     * TODO 2: Connect, before anything is read.
     */

    /*
     * TODO 3: Send all of standard input.
     */

    /*
     * TODO 4: Tell the peer that this was all, and stay able to read.
     */

    /*
     * TODO 5: Print what it answers, until it closes.
     */

    (void)argc;
    (void)argv;
    fprintf(stderr, "half-close: not written yet\n");
    return EXIT_FAILURE;
}
