/*
 * Exercise 1: descriptor FAMILY TYPE
 *
 * Opens a socket, and prints the number of its descriptor.
 *
 * The task is in README.md, beside this file. `make exercise1` compiles and
 * checks what you write here.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char *argv[])
{
    /*
     * TODO 1: Take two arguments, whole numbers that may have a minus.
     * Refuse anything else: a line on standard error, status 2.
     */

    /*
     * TODO 2: Ask the kernel for a socket of this family and type, with
     * protocol 0.
     */

    /*
     * TODO 3: Has it failed? Say so on standard error, naming the call.
     * Status 1.
     */

    /*
     * TODO 4: Print the descriptor as fd=N. Could it be written? Status 0.
     */

    (void)argc;
    (void)argv;
    fprintf(stderr, "descriptor: not written yet\n");
    return EXIT_FAILURE;
}
