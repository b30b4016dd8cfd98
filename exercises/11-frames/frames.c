/*
 * Exercise 11: frames PORT
 *
 * A server that echoes messages. Each message is a frame: its length, and
 * then its bytes.
 *
 * The task is in README.md, beside this file. `make exercise11` compiles
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
     * TODO 2: For each client: read the four bytes of a length. How do you
     * get all four, when they come one by one?
     */

    /*
     * TODO 3: Make a number of them. Which of the four comes first? And
     * what if the number is too large?
     */

    /*
     * TODO 4: Read the bytes of the frame, all of them, and send the whole
     * frame back.
     */

    /*
     * TODO 5: Go on until the client ends. What if it ends in the middle
     * of a frame?
     */

    (void)argc;
    (void)argv;
    fprintf(stderr, "frames: not written yet\n");
    return EXIT_FAILURE;
}
