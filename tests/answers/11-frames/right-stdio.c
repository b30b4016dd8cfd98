/*
 * Right: fread(3) and fwrite(3) on the connection, flushed after each
 * frame.
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char program[] = "frames";
static const char usage[] = "usage: frames PORT\n";

enum {
    HEADER = 4,       /* bytes of length before each frame */
    LONGEST = 1 << 20 /* bytes in a frame, at most */
};

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

/* Returns the port that a socket has: only the kernel knows which it chose. */
static int port_of(int fd)
{
    struct sockaddr_in address = {0};
    socklen_t size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &size) == -1)
        fail("getsockname");
    return ntohs(address.sin_port);
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

/* Echoes by way of the C library's buffers. */
static void echo_frames(int connection_fd)
{
    static unsigned char frame[HEADER + LONGEST];
    FILE *in = fdopen(dup(connection_fd), "r");
    FILE *out = fdopen(dup(connection_fd), "w");

    while (in && out && fread(frame, HEADER, 1, in) == 1) {
        const uint32_t length = (uint32_t)frame[0] << 24 |
                                (uint32_t)frame[1] << 16 |
                                (uint32_t)frame[2] << 8 | frame[3];
        if (length > LONGEST ||
            fread(frame + HEADER, 1, length, in) != length ||
            fwrite(frame, 1, HEADER + length, out) != HEADER + length ||
            fflush(out) == EOF)
            break;
    }
    if (in)
        fclose(in);
    if (out)
        fclose(out);
}

/*
 * Closes a connection so that the client gets all we have sent. close(2) with
 * bytes that nobody has read is a reset, and a reset drops what is still on
 * its way: so we send our end, and read what comes until the client's.
 */
static void part(int connection_fd)
{
    char dropped[4096];

    if (shutdown(connection_fd, SHUT_WR) == 0) {
        while (read(connection_fd, dropped, sizeof dropped) > 0)
            ;
    }
    close(connection_fd);
}

int main(int argc, char *argv[])
{
    if (argc != 2)
        refuse("number of arguments");
    const long port = parse_number("PORT", argv[1], 0, 65535);

    /* A client that has gone must not end us: write(2) fails with EPIPE. */
    signal(SIGPIPE, SIG_IGN);
    occupy_standard_descriptors();

    const int listener_fd = listen_on(port);
    if (printf("listening %d\n", port_of(listener_fd)) < 0 ||
        fflush(stdout) == EOF)
        fail("write");
    for (;;) {
        struct sockaddr_in client = {0};
        const int connection_fd = accept_client(listener_fd, &client);
        echo_frames(connection_fd);
        part(connection_fd);
    }
}
