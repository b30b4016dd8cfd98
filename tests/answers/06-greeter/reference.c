/*
 * greeter PORT CLIENTS: tells each client its own address, and ends after
 * CLIENTS of them. The idea in it: accept(2) gives a new socket for each
 * client, and says who it is.
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char program[] = "greeter";
static const char usage[] = "usage: greeter PORT CLIENTS\n";

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

/*
 * Waits for the next client, and returns its connection. A client that has
 * given up in the queue is no failure of ours: accept(2), RETURN VALUE.
 */
static int accept_client(int listener_fd, struct sockaddr_in *client)
{
    for (;;) {
        /* The kernel reads the size, and writes it: it is set each time. */
        socklen_t size = sizeof *client;
        const int connection_fd =
            accept(listener_fd, (struct sockaddr *)client, &size);
        if (connection_fd != -1)
            return connection_fd;
        if (errno != ECONNABORTED && errno != EPROTO && errno != EINTR)
            fail("accept");
    }
}

/*
 * Sends all of the data, as far as the client takes it. write(2) may take less
 * than it was given. Returns false when the client has gone.
 */
static bool send_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        const ssize_t taken = write(fd, data, length);
        if (taken == -1)
            return false;
        data += taken;
        length -= (size_t)taken;
    }
    return true;
}

/* Sends a client its own address, and closes the connection. */
static void greet(int connection_fd, const struct sockaddr_in *client)
{
    char ip[INET_ADDRSTRLEN];
    char line[64];

    /* Address and port are in network byte order: ntohs(3), inet_ntop(3). */
    inet_ntop(AF_INET, &client->sin_addr, ip, sizeof ip);
    const int length = snprintf(line, sizeof line, "you are %s:%d\n", ip,
                                ntohs(client->sin_port));

    /* A client that does not wait for its line has only itself to blame. */
    send_all(connection_fd, line, (size_t)length);
    close(connection_fd);
}

int main(int argc, char *argv[])
{
    if (argc != 3)
        refuse("number of arguments");
    const long port = parse_number("PORT", argv[1], 1, 65535);
    const long clients = parse_number("CLIENTS", argv[2], 1, LONG_MAX);

    /* A client that has gone must not end us: write(2) fails with EPIPE. */
    signal(SIGPIPE, SIG_IGN);
    occupy_standard_descriptors();

    const int listener_fd = listen_on(port);
    if (printf("listening %ld\n", port) < 0 || fflush(stdout) == EOF)
        fail("write");
    for (long served = 0; served < clients; served++) {
        struct sockaddr_in client = {0};
        const int connection_fd = accept_client(listener_fd, &client);
        greet(connection_fd, &client);
    }
    return EXIT_SUCCESS;
}
