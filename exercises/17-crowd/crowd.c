/*
 * Exercise 17: crowd PORT
 *
 * A server that echoes to ten thousand clients at once, from one process.
 *
 * The task is in README.md, beside this file. `make exercise17` compiles
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
     * TODO 2: How many descriptors may you have? Raise the soft limit as
     * far as it goes.
     */

    /*
     * TODO 3: Wait for all clients at once, and for new ones. Which call
     * does not get slower with each client?
     */

    /*
     * TODO 4: Send each client back what it sends. What do you do with
     * what it does not take now? And how do you keep that from growing
     * without end?
     */

    /*
     * TODO 5: What happens when you are out of descriptors? The listener
     * is still ready.
     */

    (void)argc;
    (void)argv;
    fprintf(stderr, "crowd: not written yet\n");
    return EXIT_FAILURE;
}
