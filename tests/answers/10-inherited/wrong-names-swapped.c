/*
 * Wrong: local and peer are taken for each other.
 * Fails at: tells both names of a connection
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <errno.h>
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
    print_address(connected ? &peer : &local);
    printf(" peer ");
    if (connected)
        print_address(&local);
    else
        printf("none");
    printf("\n");
    if (fflush(stdout) == EOF || ferror(stdout))
        fail("write");
    return EXIT_SUCCESS;
}
