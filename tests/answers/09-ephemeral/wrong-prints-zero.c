/*
 * Wrong: it prints the port that it asked for: 0.
 * Fails at: says the real port, sends it to its client, and ends
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char program[] = "ephemeral";
static const char usage[] = "usage: ephemeral\n";

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

static void occupy_standard_descriptors(void)
{
    int fd;
    do
        fd = open("/dev/null", fcntl(0, F_GETFD) == -1 ? O_WRONLY : O_RDONLY);
    while (fd != -1 && fd <= 2);
    if (fd > 2)
        close(fd);
}

static int listen_anywhere(void)
{
    const int listener_fd = socket(AF_INET, SOCK_STREAM, 0);
    if (listener_fd == -1)
        fail("socket");
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons(0),
                                        .sin_addr.s_addr =
                                            htonl(INADDR_LOOPBACK)};
    if (bind(listener_fd, (const struct sockaddr *)&address, sizeof address) ==
        -1)
        fail("bind");
    if (listen(listener_fd, SOMAXCONN) == -1)
        fail("listen");
    return listener_fd;
}

static int port_of(int fd)
{
    struct sockaddr_in address = {0};
    socklen_t size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &size) == -1)
        fail("getsockname");
    return 0;
}

static int accept_client(int listener_fd, struct sockaddr_in *client)
{
    for (;;) {
        socklen_t size = sizeof *client;
        const int connection_fd =
            accept(listener_fd, (struct sockaddr *)client, &size);
        if (connection_fd != -1)
            return connection_fd;
        if (errno != ECONNABORTED && errno != EPROTO && errno != EINTR)
            fail("accept");
    }
}

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

int main(int argc, char *argv[])
{
    (void)argv;
    if (argc != 1)
        refuse("number of arguments");

    signal(SIGPIPE, SIG_IGN);
    occupy_standard_descriptors();

    const int listener_fd = listen_anywhere();
    const int port = port_of(listener_fd);
    if (printf("listening %d\n", port) < 0 || fflush(stdout) == EOF)
        fail("write");

    struct sockaddr_in client = {0};
    const int connection_fd = accept_client(listener_fd, &client);
    char line[16];
    const int length = snprintf(line, sizeof line, "%d\n", port);
    send_all(connection_fd, line, (size_t)length);
    close(connection_fd);
    return EXIT_SUCCESS;
}
