/*
 * Exercise 20: http PORT DIRECTORY
 *
 * A web server: it serves the files below a directory to browsers.
 *
 * The task is in README.md, beside this file. `make exercise20` compiles
 * and checks what you write here.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char *argv[])
{
    /*
     * TODO 1: Take two arguments: the port (0: the kernel chooses) and the
     * directory. Become a listener on 127.0.0.1, and say "listening PORT".
     */

    /*
     * TODO 2: Serve many clients at once. For each, collect bytes until
     * the head of a request is complete. What is the most you collect?
     */

    /*
     * TODO 3: Take the head apart: the method, the target, the version,
     * the fields. What do you answer when it breaks the rules?
     */

    /*
     * TODO 4: Make a path of the target. How do you keep it below the
     * directory, whatever it says?
     */

    /*
     * TODO 5: Send the head of the answer and the file. The client may
     * take it slowly.
     */

    /*
     * TODO 6: Then the next request, which may be there already. When do
     * you close?
     */

    (void)argc;
    (void)argv;
    fprintf(stderr, "http: not written yet\n");
    return EXIT_FAILURE;
}
