/*
 * Wrong: its handler waits until the last child has ended.
 * Fails at: a client that has gone costs only itself
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

static const char program[] = "fork";
static const char usage[] = "usage: fork PORT\n";

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

/* Sends back what comes, until the client ends or has gone. */
static void echo(int connection_fd)
{
    char buffer[65536];
    ssize_t count;

    while ((count = read(connection_fd, buffer, sizeof buffer)) > 0) {
        if (!send_all(connection_fd, buffer, (size_t)count))
            return;
    }
}

/* Takes note of a child that has ended. */
static void reap(int number)
{
    const int saved = errno;
    (void)number;
    while (waitpid(-1, NULL, 0) > 0)
        ;
    errno = saved;
}

int main(int argc, char *argv[])
{
    if (argc != 2)
        refuse("number of arguments");
    const long port = parse_number("PORT", argv[1], 0, 65535);

    /* A client that has gone must not end us: write(2) fails with EPIPE. */
    signal(SIGPIPE, SIG_IGN);
    /*
     * A child that has ended stays a zombie until its parent waits for it.
     * Ignoring SIGCHLD says that we never will: wait(2), NOTES. A handler
     * would do as well; then accept(2) could fail with EINTR.
     */
    struct sigaction action = {.sa_handler = reap, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGCHLD, &action, NULL);
    occupy_standard_descriptors();

    const int listener_fd = listen_on(port);
    if (printf("listening %d\n", port_of(listener_fd)) < 0 ||
        fflush(stdout) == EOF)
        fail("write");
    for (;;) {
        struct sockaddr_in client = {0};
        const int connection_fd = accept_client(listener_fd, &client);

        /* Two processes go on from here, each with copies of both sockets. */
        const pid_t child = fork();
        if (child == 0) {
            close(listener_fd);
            echo(connection_fd);
            _exit(EXIT_SUCCESS);
        }
        /* No more processes: this client is turned away, the others stay. */
        if (child == -1)
            fprintf(stderr, "%s: fork: %s\n", program, strerror(errno));
        /* Ours must go: as long as it is open, the client gets no end. */
        close(connection_fd);
    }
}
