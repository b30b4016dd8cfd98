/*
 * parent: opens a socket, and runs a program with it as standard input, as
 * inetd(8) does.
 *
 *     parent -n names connected exercises/10-inherited/inherited
 *
 * KIND is what the program gets as descriptor 0:
 *
 *     connected    a TCP connection; connected6: over IPv6
 *     half-closed  the same, and the peer has shut down its sending side
 *     reset        the same, and the peer has reset it
 *     fresh        a socket that was just made
 *     bound        one that has an address; listening: that listens;
 *                  listening6: over IPv6
 *     pipe, file   no socket: the end of a pipe, an open file
 *
 * With -n FILE, the line that a right answer prints goes into FILE: it is made
 * from what the other end knows, where there is one.
 *
 * We become the program: execvp(3). The other end of a connection stays open
 * as a descriptor that the program inherits and knows nothing of. Exit status:
 * 2 wrong usage, 3 a call failed, else that of the program.
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WRONG_USAGE = 2, CALL_FAILED = 3 };

/* Any address: IPv4 or IPv6. */
union address {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
};

/* Ends the program, because a call failed: says which. */
static _Noreturn void fail(const char *call)
{
    fprintf(stderr, "parent: %s: %s\n", call, strerror(errno));
    exit(CALL_FAILED);
}

/* Returns a TCP socket, bound to loopback with any port unless it is fresh. */
static int open_socket(bool six, bool bound)
{
    const int fd = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
    union address address;

    if (fd == -1)
        fail("socket");
    memset(&address, 0, sizeof address);
    if (six) {
        address.six.sin6_family = AF_INET6;
        address.six.sin6_addr = in6addr_loopback;
    } else {
        address.four.sin_family = AF_INET;
        address.four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    }
    if (bound && bind(fd, &address.any,
                      six ? sizeof address.six : sizeof address.four) == -1)
        fail("bind");
    return fd;
}

/* Writes an address as the answer has it: A:P, or [A]:P for IPv6. */
static void print_address(FILE *file, const union address *address)
{
    char text[INET6_ADDRSTRLEN];

    if (address->any.sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &address->six.sin6_addr, text, sizeof text);
        fprintf(file, "[%s]:%d", text, ntohs(address->six.sin6_port));
    } else {
        inet_ntop(AF_INET, &address->four.sin_addr, text, sizeof text);
        fprintf(file, "%s:%d", text, ntohs(address->four.sin_port));
    }
}

/*
 * Writes the answer for a socket into a file (NULL: nowhere). Takes the other
 * end of its connection, or -1.
 */
static void write_names(const char *name, int fd, int other_fd)
{
    union address local, peer;
    socklen_t size = sizeof local;
    FILE *file = name ? fopen(name, "w") : NULL;

    if (!name)
        return;
    if (!file)
        fail("fopen");
    if (other_fd == -1 ? getsockname(fd, &local.any, &size)
                       : getpeername(other_fd, &local.any, &size))
        fail("getsockname");
    fputs("local ", file);
    print_address(file, &local);
    fputs(" peer ", file);
    if (other_fd == -1) {
        fputs("none", file);
    } else {
        size = sizeof peer;
        if (getsockname(other_fd, &peer.any, &size) == -1)
            fail("getsockname");
        print_address(file, &peer);
    }
    fputc('\n', file);
    fclose(file);
}

/* Returns one end of a connection; the other one goes to *other_fd. */
static int connect_pair(bool six, int *other_fd)
{
    const int listener_fd = open_socket(six, true);
    union address address;
    socklen_t size = sizeof address;

    if (listen(listener_fd, 1) == -1)
        fail("listen");
    if (getsockname(listener_fd, &address.any, &size) == -1)
        fail("getsockname");
    *other_fd = open_socket(six, false);
    if (connect(*other_fd, &address.any, size) == -1)
        fail("connect");
    const int fd = accept(listener_fd, NULL, NULL);
    if (fd == -1)
        fail("accept");
    close(listener_fd);
    return fd;
}

/* Closes the other end with a reset, and waits until it has arrived. */
static void reset(int fd, int other_fd)
{
    const struct linger none = {.l_onoff = 1, .l_linger = 0};
    struct pollfd entry = {.fd = fd, .events = POLLIN};

    setsockopt(other_fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    close(other_fd);
    if (poll(&entry, 1, 5000) != 1)
        fail("poll");
}

/* Returns what the program gets as descriptor 0. A wrong kind is an end. */
static int make(const char *kind, const char *name)
{
    const size_t length = strlen(kind);
    const bool six = length > 0 && kind[length - 1] == '6';
    int other_fd = -1, pair[2];

    if (strcmp(kind, "file") == 0)
        return open("/dev/null", O_RDONLY);
    if (strcmp(kind, "pipe") == 0) {
        if (pipe(pair) == -1)
            fail("pipe");
        return pair[0];
    }
    if (strcmp(kind, "fresh") == 0 || strcmp(kind, "bound") == 0 ||
        strncmp(kind, "listening", 9) == 0) {
        const int fd = open_socket(six, strcmp(kind, "fresh") != 0);
        if (kind[0] == 'l' && listen(fd, 1) == -1)
            fail("listen");
        write_names(name, fd, -1);
        return fd;
    }
    if (strncmp(kind, "connected", 9) != 0 &&
        strcmp(kind, "half-closed") != 0 && strcmp(kind, "reset") != 0) {
        fprintf(stderr, "parent: unknown kind: %s\n", kind);
        exit(WRONG_USAGE);
    }

    const int fd = connect_pair(six, &other_fd);
    if (kind[0] == 'r') {
        reset(fd, other_fd);
        write_names(name, fd, -1);
        return fd;
    }
    write_names(name, fd, other_fd);
    if (kind[0] == 'h' && shutdown(other_fd, SHUT_WR) == -1)
        fail("shutdown");
    return fd; /* The other end stays open: the program inherits it, too. */
}

int main(int argc, char **argv)
{
    const char *name = NULL;
    int first = 1;

    if (argc > 2 && strcmp(argv[1], "-n") == 0) {
        name = argv[2];
        first = 3;
    }
    if (argc - first < 2) {
        fprintf(stderr, "usage: parent [-n FILE] KIND COMMAND...\n");
        return WRONG_USAGE;
    }
    const int fd = make(argv[first], name);
    if (fd == -1 || dup2(fd, STDIN_FILENO) == -1)
        fail("dup2");
    if (fd != STDIN_FILENO)
        close(fd);
    execvp(argv[first + 1], argv + first + 1);
    fail("execvp");
}
