/*
 * Exercise 6: greeter PORT CLIENTS
 *
 * A server that tells each client its own address.
 *
 * The task is in README.md, beside this file. `make exercise6` compiles and
 * checks what you write here.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char *argv[])
{
    /*
     * TODO 1: Take two arguments: the port, and how many clients there will
     * be.
     */

    /*
     * TODO 2: Become a listener on 127.0.0.1 and this port. Which four calls
     * does that need?
     */

    /*
     * TODO 3: Say "listening PORT" on standard output, and flush it.
     */

    /*
     * TODO 4: As often as there are clients: take one, send it its line,
     * close its connection.
     */

    (void)argc;
    (void)argv;
    fprintf(stderr, "greeter: not written yet\n");
    return EXIT_FAILURE;
}
