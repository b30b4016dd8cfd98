/*
 * Exercise 2: fetch ADDRESS PORT
 *
 * Connects to a server, and prints all that it sends.
 *
 * The task is in README.md, beside this file. `make exercise2` compiles and
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
     * TODO 3: Read, and write what was read to standard output, until the
     * peer closes. One read gives what has come so far, not all.
     */

    /*
     * TODO 4: Anything that fails: one line on standard error that names the
     * call, and status 1. Did you look at what each call returned?
     */

    (void)argc;
    (void)argv;
    fprintf(stderr, "fetch: not written yet\n");
    return EXIT_FAILURE;
}
