/*
 * Exercise 14: deadline ADDRESS PORT MS
 *
 * Receives one line, within a time limit for all of it.
 *
 * The task is in README.md, beside this file. `make exercise14` compiles
 * and checks what you write here.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char *argv[])
{
    /*
     * TODO 1: Take three arguments: the address, the port, and the limit
     * in milliseconds. From when on does the time count?
     */

    /*
     * TODO 2: Connect. How do you keep connect(2) from waiting longer than
     * you may?
     */

    /*
     * TODO 3: Read until the line is complete. How long may each wait be?
     */

    /*
     * TODO 4: Print the line when all of it is there. What if the peer
     * ends before the newline?
     */

    /*
     * TODO 5: Too late: print nothing, and end with status 3.
     */

    (void)argc;
    (void)argv;
    fprintf(stderr, "deadline: not written yet\n");
    return EXIT_FAILURE;
}
