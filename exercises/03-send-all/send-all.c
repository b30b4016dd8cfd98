/*
 * Exercise 3: send-all ADDRESS PORT
 *
 * Sends all of its standard input, and says how many bytes it were.
 *
 * The task is in README.md, beside this file. `make exercise3` compiles and
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
     * TODO 2: Open a socket, and connect it to that address.
     */

    /*
     * TODO 3: Read standard input piece by piece, and write each piece
     * whole: how much did write(2) take?
     */

    /*
     * TODO 4: What happens to a program that writes to a peer which has
     * gone?
     */

    /*
     * TODO 5: Close, then print how many bytes were sent: sent N.
     */

    (void)argc;
    (void)argv;
    fprintf(stderr, "send-all: not written yet\n");
    return EXIT_FAILURE;
}
