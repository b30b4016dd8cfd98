/*
 * descriptor FAMILY TYPE: prints the number of the descriptor that socket(2)
 * gives. The idea in it: a socket is a small number, like that of an open
 * file, and the kernel chooses it.
 */
#define _POSIX_C_SOURCE 200809L

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char program[] = "descriptor";
static const char usage[] = "usage: descriptor FAMILY TYPE\n";

/* Ends the program with status 1: this call failed, and errno says why. */
static _Noreturn void fail(const char *call)
{
    fprintf(stderr, "%s: %s: %s\n", program, call, strerror(errno));
    exit(EXIT_FAILURE);
}

/* Ends the program with status 2: this argument is wrong or missing. */
static _Noreturn void refuse(const char *argument)
{
    fprintf(stderr, "%s: wrong %s\n%s", program, argument, usage);
    exit(2);
}

/*
 * Takes a whole number that fits in an int, perhaps with a minus before it.
 * Anything else is wrong usage.
 */
static int parse_int(const char *argument, const char *text)
{
    const char *digits = text[0] == '-' ? text + 1 : text;
    char *end;
    errno = 0;
    const long number = strtol(text, &end, 10);
    /* strtol(3) allows blanks and a plus before the digits: we do not. */
    if (!isdigit((unsigned char)digits[0]) || *end != '\0' || errno != 0 ||
        number < INT_MIN || number > INT_MAX)
        refuse(argument);
    return (int)number;
}

int main(int argc, char *argv[])
{
    if (argc != 3)
        refuse("number of arguments");
    const int family = parse_int("FAMILY", argv[1]);
    const int type = parse_int("TYPE", argv[2]);

    /*
     * The kernel gives the lowest number that no open file has. 0 is as good
     * as any other: only -1 means that the call failed (socket(2), RETURN
     * VALUE).
     */
    const int fd = socket(family, type, 0);
    if (fd == -1)
        fail("socket");

    /*
     * Were descriptor 1 closed, the socket would have taken its place, and
     * printf(3) would write into the socket.
     */
    if (fd == STDOUT_FILENO) {
        errno = EBADF;
        fail("write");
    }

    /* printf fills a buffer: only fflush(3) tells whether it was written. */
    if (printf("fd=%d\n", fd) < 0 || fflush(stdout) == EOF)
        fail("write");
    return EXIT_SUCCESS;
}
