/*
 * Right: it looks with fstat(2) whether descriptor 0 is a socket at all, and
 * works on a copy above the standard descriptors.
 */
#define _XOPEN_SOURCE 700

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static const char program[] = "inherited";
static const char usage[] = "usage: inherited\n";

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

static void print_address(const struct sockaddr_storage *address)
{
    char text[INET6_ADDRSTRLEN];

    if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
        inet_ntop(AF_INET6, &six->sin6_addr, text, sizeof text);
        printf("[%s]:%d", text, ntohs(six->sin6_port));
    } else {
        const struct sockaddr_in *four = (const struct sockaddr_in *)address;
        inet_ntop(AF_INET, &four->sin_addr, text, sizeof text);
        printf("%s:%d", text, ntohs(four->sin_port));
    }
}

int main(int argc, char *argv[])
{
    (void)argv;
    if (argc != 1)
        refuse("number of arguments");

    struct stat status;
    if (fstat(STDIN_FILENO, &status) == -1)
        fail("fstat");
    if ((status.st_mode & S_IFMT) != S_IFSOCK) {
        errno = ENOTSOCK;
        fail("fstat");
    }
    const int fd = fcntl(STDIN_FILENO, F_DUPFD, 3);
    if (fd == -1)
        fail("fcntl");
    struct sockaddr_storage local = {0};
    socklen_t size = sizeof local;
    if (getsockname(fd, (struct sockaddr *)&local, &size) == -1)
        fail("getsockname");

    struct sockaddr_storage peer = {0};
    size = sizeof peer;
    const bool connected =
        getpeername(fd, (struct sockaddr *)&peer, &size) == 0;
    if (!connected && errno != ENOTCONN && errno != EINVAL)
        fail("getpeername");

    printf("local ");
    print_address(&local);
    printf(" peer ");
    if (connected)
        print_address(&peer);
    else
        printf("none");
    printf("\n");
    if (fflush(stdout) == EOF || ferror(stdout))
        fail("write");
    return EXIT_SUCCESS;
}
