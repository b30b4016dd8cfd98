/*
 * Exercise 5: source SOURCE ADDRESS PORT
 *
 * Connects to a server from an address of your choice, and prints what it
 * sends.
 *
 * The task is in README.md, beside this file. `make exercise5` compiles and
 * checks what you write here.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char *argv[])
{
    /*
     * TODO 1: Take three arguments: your own address, then the address and
     * the port of the server.
     */

    /*
     * TODO 2: Open a socket, and give it your address. Which port?
     */

    /*
     * TODO 3: Connect it, and print what comes until the peer closes, as in
     * exercise 2.
     */

    (void)argc;
    (void)argv;
    fprintf(stderr, "source: not written yet\n");
    return EXIT_FAILURE;
}
