/*
 * Exercise 18: graceful PORT
 *
 * A server that answers each line after 300 ms, and ends well when it is
 * asked to.
 *
 * The task is in README.md, beside this file. `make exercise18` compiles
 * and checks what you write here.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char *argv[])
{
    /*
     * TODO 1: Take one argument, the port (0: the kernel chooses), become
     * a listener on 127.0.0.1, and say "listening PORT".
     */

    /*
     * TODO 2: Serve many clients at once. For each complete line, note
     * what is owed to whom, and when.
     */

    /*
     * TODO 3: Wait until something can be read, or until the next answer
     * is due. Which call does both?
     */

    /*
     * TODO 4: SIGTERM: take no more clients, send what is owed when it is
     * due, and end with status 0. What may a handler do, and what not?
     */

    /*
     * TODO 5: What if SIGTERM comes after you have looked whether it came,
     * and before you wait?
     */

    (void)argc;
    (void)argv;
    fprintf(stderr, "graceful: not written yet\n");
    return EXIT_FAILURE;
}
