/*
 * Exercise 15: fork PORT
 *
 * A server that echoes to many clients at once, with a process for each.
 *
 * The task is in README.md, beside this file. `make exercise15` compiles
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
     * TODO 2: For ever: take a client, and make a process for it. Which of
     * the two processes serves it? What does the other do meanwhile?
     */

    /*
     * TODO 3: Each of the two has a copy of every descriptor. Which ones
     * must each of them close?
     */

    /*
     * TODO 4: The process of a client sends back what it gets, until the
     * client ends. Then it ends as well.
     */

    /*
     * TODO 5: What becomes of a child that has ended? Who must do what
     * about it, and when?
     */

    (void)argc;
    (void)argv;
    fprintf(stderr, "fork: not written yet\n");
    return EXIT_FAILURE;
}
