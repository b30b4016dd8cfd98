/*
 * Exercise 8: vanish PORT
 *
 * A server that streams numbers to a client until it goes away, and then
 * takes the next.
 *
 * The task is in README.md, beside this file. `make exercise8` compiles and
 * checks what you write here.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char *argv[])
{
    /*
     * TODO 1: Take one argument, the port, and become a listener on
     * 127.0.0.1.
     */

    /*
     * TODO 2: Say "listening PORT" on standard output, and flush it.
     */

    /*
     * TODO 3: For ever: take a client, and send it the lines 1, 2, 3 and so
     * on, until it has gone.
     */

    /*
     * TODO 4: How do you know that it has gone? And what would happen to
     * you, if you did nothing about it?
     */

    /*
     * TODO 5: Say "gone", flush it, and take the next client.
     */

    (void)argc;
    (void)argv;
    fprintf(stderr, "vanish: not written yet\n");
    return EXIT_FAILURE;
}
