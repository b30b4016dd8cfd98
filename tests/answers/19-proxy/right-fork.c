/*
 * Right: two processes for each client, one for each direction, all calls
 * blocking.
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const char program[] = "proxy";
static const char usage[] = "usage: proxy PORT ADDRESS UPSTREAM\n";

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

/* Takes a whole number in decimal digits. Anything else is wrong usage. */
static long parse_number(const char *argument, const char *text, long lowest,
                         long highest)
{
    char *end;
    errno = 0;
    const long number = strtol(text, &end, 10);
    /* strtol(3) allows blanks and a sign before the digits: we do not. */
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 ||
        number < lowest || number > highest)
        refuse(argument);
    return number;
}

/* Makes an address of its two parts: inet_pton(3), htons(3). */
static struct sockaddr_in make_address(const char *argument, const char *ip,
                                       long port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    if (inet_pton(AF_INET, ip, &address.sin_addr) != 1)
        refuse(argument);
    address.sin_port = htons((in_port_t)port);
    return address;
}

/*
 * Takes the descriptors 0, 1 and 2 where they are not open. A socket gets the
 * lowest number that is free: printf(3) must not write to the peer. Each is
 * opened the wrong way round, so that using it fails, as if it were closed.
 */
static void occupy_standard_descriptors(void)
{
    int fd;
    do
        fd = open("/dev/null", fcntl(0, F_GETFD) == -1 ? O_WRONLY : O_RDONLY);
    while (fd != -1 && fd <= 2);
    if (fd > 2)
        close(fd);
}

/* Returns a socket that listens on 127.0.0.1, at this port. */
static int listen_on(long port)
{
    const int listener_fd = socket(AF_INET, SOCK_STREAM, 0);
    if (listener_fd == -1)
        fail("socket");

    /* Before bind: connections in TIME_WAIT do not keep the port: socket(7) */
    const int on = 1;
    if (setsockopt(listener_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ==
        -1)
        fail("setsockopt");

    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons((in_port_t)port),
                                        .sin_addr.s_addr =
                                            htonl(INADDR_LOOPBACK)};
    if (bind(listener_fd, (const struct sockaddr *)&address, sizeof address) ==
        -1)
        fail("bind");
    if (listen(listener_fd, SOMAXCONN) == -1)
        fail("listen");
    return listener_fd;
}

/* Returns the port that a socket has: only the kernel knows which it chose. */
static int port_of(int fd)
{
    struct sockaddr_in address = {0};
    socklen_t size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &size) == -1)
        fail("getsockname");
    return ntohs(address.sin_port);
}

/* Copies one direction, to its end. Returns false after a failure. */
static bool copy(int from, int to)
{
    static char data[65536];
    ssize_t got;
    while ((got = read(from, data, sizeof data)) > 0) {
        for (ssize_t sent = 0; sent < got;) {
            const ssize_t taken = write(to, data + sent, (size_t)(got - sent));
            if (taken == -1)
                return false;
            sent += taken;
        }
    }
    return got == 0 && shutdown(to, SHUT_WR) == 0;
}

/* Serves one client, with a process for each direction. */
static void serve(int client_fd, const struct sockaddr_in *server)
{
    const int server_fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(server_fd, (const struct sockaddr *)server, sizeof *server) ==
        -1)
        return;
    const pid_t child = fork();
    const bool fine =
        child == 0 ? copy(client_fd, server_fd) : copy(server_fd, client_fd);
    /* A failure ends both connections, whoever holds them. */
    if (!fine) {
        shutdown(client_fd, SHUT_RDWR);
        shutdown(server_fd, SHUT_RDWR);
    }
    close(client_fd);
    close(server_fd);
    if (child > 0)
        waitpid(child, NULL, 0);
}

int main(int argc, char *argv[])
{
    if (argc != 4)
        refuse("number of arguments");
    const long port = parse_number("PORT", argv[1], 0, 65535);
    const struct sockaddr_in server = make_address(
        "ADDRESS", argv[2], parse_number("UPSTREAM", argv[3], 1, 65535));

    /* One that has gone must not end us: write(2) fails with EPIPE. */
    signal(SIGPIPE, SIG_IGN);
    occupy_standard_descriptors();

    const int listener_fd = listen_on(port);
    if (printf("listening %d\n", port_of(listener_fd)) < 0 ||
        fflush(stdout) == EOF)
        fail("write");

    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        const int client_fd = accept(listener_fd, NULL, NULL);
        if (client_fd == -1)
            continue;
        if (fork() == 0) {
            signal(SIGCHLD, SIG_DFL);
            close(listener_fd);
            serve(client_fd, &server);
            _exit(EXIT_SUCCESS);
        }
        close(client_fd);
    }
}
