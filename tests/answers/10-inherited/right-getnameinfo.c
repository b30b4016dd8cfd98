/*
 * Right: it lets getnameinfo(3) write the addresses.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
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
    const bool six = address->ss_family == AF_INET6;
    char text[INET6_ADDRSTRLEN], port[8];

    getnameinfo((const struct sockaddr *)address,
                six ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in),
                text, sizeof text, port, sizeof port,
                NI_NUMERICHOST | NI_NUMERICSERV);
    printf(six ? "[%s]:%s" : "%s:%s", text, port);
}

int main(int argc, char *argv[])
{
    (void)argv;
    if (argc != 1)
        refuse("number of arguments");

    struct sockaddr_storage local = {0};
    socklen_t size = sizeof local;
    if (getsockname(STDIN_FILENO, (struct sockaddr *)&local, &size) == -1)
        fail("getsockname");

    struct sockaddr_storage peer = {0};
    size = sizeof peer;
    const bool connected =
        getpeername(STDIN_FILENO, (struct sockaddr *)&peer, &size) == 0;
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
