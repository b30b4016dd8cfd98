/*
 * Wrong: the number is not the one that the kernel gave: it is always 3.
 * Fails at: prints the number that the kernel gave, whichever it is
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

static _Noreturn void fail(const char *call)
{
    fprintf(stderr, "%s: %s: %s\n", program, call, strerror(errno));
    exit(EXIT_FAILURE);
}

static _Noreturn void refuse(const char *argument)
{
    fprintf(stderr, "%s: wrong %s\n%s", program, argument, usage);
    exit(2);
}

static int parse_int(const char *argument, const char *text)
{
    const char *digits = text[0] == '-' ? text + 1 : text;
    char *end;
    errno = 0;
    const long number = strtol(text, &end, 10);
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

    const int fd = socket(family, type, 0);
    if (fd == -1)
        fail("socket");

    if (fd == STDOUT_FILENO) {
        errno = EBADF;
        fail("write");
    }

    if (printf("fd=%d\n", fd * 0 + 3) < 0 || fflush(stdout) == EOF)
        fail("write");
    return EXIT_SUCCESS;
}
