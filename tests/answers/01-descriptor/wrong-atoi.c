/*
 * Wrong: atoi(3) takes what is no number for 0, and what follows a number for
 * nothing.
 * Fails at: refuses wrong usage with status 2, before any socket
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
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
    if (text[0] == '\0')
        refuse(argument);
    return atoi(text);
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

    if (printf("fd=%d\n", fd) < 0 || fflush(stdout) == EOF)
        fail("write");
    return EXIT_SUCCESS;
}
