/*
 * Wrong: a client that does not read for 0.01 seconds is taken for gone.
 * Fails at: waits while a client does not read, and then goes on
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static const char program[] = "vanish";
static const char usage[] = "usage: vanish PORT\n";

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

static long parse_number(const char *argument, const char *text, long lowest,
                         long highest)
{
    char *end;
    errno = 0;
    const long number = strtol(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 ||
        number < lowest || number > highest)
        refuse(argument);
    return number;
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

static void print_line(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    const int printed = vprintf(format, list);
    va_end(list);
    if (printed < 0 || fflush(stdout) == EOF)
        fail("write");
}

static int listen_on(long port)
{
    const int listener_fd = socket(AF_INET, SOCK_STREAM, 0);
    if (listener_fd == -1)
        fail("socket");

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

static void stream_numbers(int connection_fd)
{
    char lines[4096];
    unsigned long long number = 1;
    bool there = true;
    const struct timeval limit = {.tv_usec = 10000};
    setsockopt(connection_fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);

    while (there) {
        size_t length = 0;
        while (length < sizeof lines - 24)
            length += (size_t)sprintf(lines + length, "%llu\n", number++);
        there = send_all(connection_fd, lines, length);
    }
}

int main(int argc, char *argv[])
{
    if (argc != 2)
        refuse("number of arguments");
    const long port = parse_number("PORT", argv[1], 1, 65535);

    signal(SIGPIPE, SIG_IGN);
    occupy_standard_descriptors();

    const int listener_fd = listen_on(port);
    print_line("listening %ld\n", port);
    for (;;) {
        struct sockaddr_in client = {0};
        const int connection_fd = accept_client(listener_fd, &client);
        stream_numbers(connection_fd);
        close(connection_fd);
        print_line("gone\n");
    }
}
