/*
 * load: puts a load on a server, and measures. For `make bench`.
 *
 *     load echo PORT CONNECTIONS SECONDS   messages of 64 bytes, one at a time
 *                                          on each connection, until the time
 *                                          is over
 *     load drain PORT SECONDS              reads as fast as it can
 *     load source PORT                     a server that sends as fast as it
 *                                          can, to one client after another
 *
 * All on 127.0.0.1. `echo` prints: messages a second, and the middle and the
 * 99th percentile of the round trip in microseconds. `drain` prints MB a
 * second. Exit status: 0, 1 when a call failed or an echo was wrong, 2 for
 * wrong usage. For Linux: epoll(7).
 */
#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MESSAGE = 64, EVENTS = 256, PIECE = 1 << 18, SLOTS = 1 << 20 };

struct connection {
    int fd;
    int got;           /* bytes of the echo that have come */
    long long started; /* when the message was sent: a now_ns() */
};

/* Ends the program: this call failed. */
static _Noreturn void fail(const char *call)
{
    fprintf(stderr, "load: %s: %s\n", call, strerror(errno));
    exit(EXIT_FAILURE);
}

/* The time in nanoseconds: CLOCK_MONOTONIC in clock_gettime(2). */
static long long now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* 127.0.0.1 and this port, a text. */
static struct sockaddr_in address_of(const char *port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((in_port_t)atoi(port)),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* Returns a connection to that port. On an error it ends the program. */
static int connect_to(const char *port)
{
    const struct sockaddr_in address = address_of(port);
    const int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

    if (fd == -1 ||
        connect(fd, (const struct sockaddr *)&address, sizeof address) == -1)
        fail("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

/* Sends the next message on a connection. */
static void send_message(struct connection *c)
{
    static const char message[MESSAGE] =
        "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk";

    c->started = now_ns();
    c->got = 0;
    if (write(c->fd, message, MESSAGE) != MESSAGE)
        fail("write");
}

/*
 * The round trip in microseconds below which this part of all are. `slots`
 * counts those of each number of microseconds.
 */
static size_t percentile(const unsigned *slots, unsigned long long count,
                         double part)
{
    unsigned long long seen = 0;

    for (size_t i = 0; i < SLOTS; i++) {
        seen += slots[i];
        if ((double)seen >= (double)count * part)
            return i;
    }
    return SLOTS;
}

/* Echoes on so many connections for so many seconds. */
static void load_echo(const char *port, int connections, int seconds)
{
    static unsigned slots[SLOTS];
    struct connection *all = calloc((size_t)connections, sizeof *all);
    const int epoll_fd = epoll_create1(0);
    unsigned long long count = 0;
    char data[MESSAGE];

    if (!all || epoll_fd == -1)
        fail("epoll_create1");
    for (int i = 0; i < connections; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        all[i].fd = connect_to(port);
        if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, all[i].fd, &event) == -1)
            fail("epoll_ctl");
    }
    for (int i = 0; i < connections; i++)
        send_message(&all[i]);

    /* The first fifth warms up, and is not counted. */
    const long long start = now_ns() + seconds * 200000000LL;
    const long long end = start + seconds * 1000000000LL;
    for (long long now = start; now < end;) {
        struct epoll_event ready[EVENTS];
        const int n = epoll_wait(epoll_fd, ready, EVENTS, 1000);
        now = now_ns();
        for (int i = 0; i < n; i++) {
            struct connection *c = ready[i].data.ptr;
            const ssize_t got = read(c->fd, data, (size_t)(MESSAGE - c->got));
            if (got <= 0)
                fail("read");
            c->got += (int)got;
            if (c->got < MESSAGE)
                continue;
            const long long us = (now_ns() - c->started) / 1000;
            if (now >= start) {
                slots[us < SLOTS ? us : SLOTS - 1]++;
                count++;
            }
            send_message(c);
        }
    }
    printf("%llu %zu %zu\n", count / (unsigned)seconds,
           percentile(slots, count, 0.5), percentile(slots, count, 0.99));
    fflush(stdout);
    /* Resets: no port stays in TIME-WAIT for a minute. */
    const struct linger reset = {.l_onoff = 1};
    for (int i = 0; i < connections; i++) {
        setsockopt(all[i].fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        close(all[i].fd);
    }
}

/* Reads as fast as it can for so many seconds. */
static void load_drain(const char *port, int seconds)
{
    static char data[PIECE];
    const int fd = connect_to(port);
    const long long start = now_ns(), end = start + seconds * 1000000000LL;
    unsigned long long bytes = 0;

    while (now_ns() < end) {
        const ssize_t got = read(fd, data, sizeof data);
        if (got <= 0)
            fail("read");
        bytes += (unsigned long long)got;
    }
    printf("%.0f\n", (double)bytes * 1000.0 / (double)(now_ns() - start));
}

/* Serves one client after another with bytes, until it is ended. */
static void serve_bytes(const char *port)
{
    static char data[PIECE];
    const struct sockaddr_in address = address_of(port);
    const int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;

    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (const struct sockaddr *)&address, sizeof address) ==
            -1 ||
        listen(listener, 16) == -1)
        fail("bind");
    puts("listening");
    fflush(stdout);
    for (;;) {
        const int fd = accept(listener, NULL, NULL);
        while (write(fd, data, sizeof data) > 0)
            continue;
        close(fd);
    }
}

int main(int argc, char **argv)
{
    struct rlimit limit;

    signal(SIGPIPE, SIG_IGN);
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (argc == 5 && strcmp(argv[1], "echo") == 0) {
        load_echo(argv[2], atoi(argv[3]), atoi(argv[4]));
    } else if (argc == 4 && strcmp(argv[1], "drain") == 0) {
        load_drain(argv[2], atoi(argv[3]));
    } else if (argc == 3 && strcmp(argv[1], "source") == 0) {
        serve_bytes(argv[2]);
    } else {
        fputs("usage: load echo PORT CONNECTIONS SECONDS, or load drain PORT "
              "SECONDS, or load source PORT\n",
              stderr);
        return 2;
    }
    return EXIT_SUCCESS;
}
