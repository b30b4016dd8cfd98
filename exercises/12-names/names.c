/*
 * Exercise 12: names HOST SERVICE
 *
 * Prints every address that a host and a service stand for.
 *
 * The task is in README.md, beside this file. `make exercise12` compiles
 * and checks what you write here.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char *argv[])
{
    /*
     * TODO 1: Take two arguments, the host and the service.
     */

    /*
     * TODO 2: Ask getaddrinfo(3) for addresses of both families, for TCP.
     * What does it give when nothing is said about the type of socket?
     */

    /*
     * TODO 3: It gives a list. Print each address of it and its port, in
     * numbers, a line each. IPv4 and IPv6 addresses lie in different
     * structs: which function writes both?
     */

    /*
     * TODO 4: What does getaddrinfo(3) return when it fails? Where are the
     * words for it?
     */

    /*
     * TODO 5: SERVICE may be a name or a number. What does getaddrinfo(3)
     * do with 70000?
     */

    (void)argc;
    (void)argv;
    fprintf(stderr, "names: not written yet\n");
    return EXIT_FAILURE;
}
