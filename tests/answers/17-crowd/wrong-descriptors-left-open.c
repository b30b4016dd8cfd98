/*
 * Wrong: takes a client that has gone out of epoll, and does not close it.
 * Fails at: leaves no descriptor open, client after client
 */
#define _GNU_SOURCE

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
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static const char program[] = "crowd";
static const char usage[] = "usage: crowd PORT\n";

enum { PIECE = 65536, EVENTS = 256 };

/* What a client has not taken of its echo. Most clients never have any. */
struct rest {
    size_t from, to; /* of data */
    char data[PIECE];
};
static struct rest **rests; /* one for each descriptor; NULL: nothing */
static int epoll_fd;

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
 * Raises the soft limit of descriptors to the hard one: getrlimit(2). Returns
 * how many there may be.
 */
static size_t raise_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
        fail("getrlimit");
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
        fail("setrlimit");
    return limit.rlim_cur;
}

/* Says for what we wait on a descriptor: EPOLLIN, EPOLLOUT, or nothing. */
static void await(int operation, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};
    if (epoll_ctl(epoll_fd, operation, fd, &event) == -1)
        fail("epoll_ctl");
}

/* Whether a call failed only because it would have had to wait. */
static bool not_ready(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK;
}

/*
 * Reads once, and sends it back. What the client does not take is kept; until
 * it has taken that, we read no more from it. So it cannot make us keep more
 * than one piece. Returns false when the client has gone.
 */
static bool echo(int fd)
{
    static char data[PIECE];
    const ssize_t got = read(fd, data, sizeof data);
    if (got <= 0)
        return got == -1 && not_ready();

    const ssize_t taken = write(fd, data, (size_t)got);
    if (taken == got)
        return true;
    if (taken == -1 && !not_ready())
        return false;

    struct rest *rest = malloc(sizeof *rest);
    if (!rest)
        return false;
    rest->from = taken == -1 ? 0 : (size_t)taken;
    rest->to = (size_t)got;
    memcpy(rest->data, data, (size_t)got);
    rests[fd] = rest;
    await(EPOLL_CTL_MOD, fd, EPOLLOUT);
    return true;
}

/* Sends more of the rest. Returns false when the client has gone. */
static bool send_rest(int fd)
{
    struct rest *rest = rests[fd];
    const ssize_t taken =
        write(fd, rest->data + rest->from, rest->to - rest->from);
    if (taken == -1)
        return not_ready();

    rest->from += (size_t)taken;
    if (rest->from == rest->to) {
        free(rest);
        rests[fd] = NULL;
        await(EPOLL_CTL_MOD, fd, EPOLLIN);
    }
    return true;
}

/*
 * Takes the clients that wait. Returns false when there is no descriptor for
 * the next one: the listener would then be ready for ever.
 */
static bool take_clients(int listener_fd)
{
    for (;;) {
        const int fd = accept4(listener_fd, NULL, NULL, SOCK_NONBLOCK);
        if (fd != -1)
            await(EPOLL_CTL_ADD, fd, EPOLLIN);
        else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
                 errno == ENOMEM)
            return false;
        else if (not_ready())
            return true;
    }
}

/* Parts from a client. close(2) takes it out of epoll as well. */
static void part(int fd)
{
    free(rests[fd]);
    rests[fd] = NULL;
    shutdown(fd, SHUT_RDWR);
    epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

int main(int argc, char *argv[])
{
    if (argc != 2)
        refuse("number of arguments");
    const long port = parse_number("PORT", argv[1], 0, 65535);

    /* A client that has gone must not end us: write(2) fails with EPIPE. */
    signal(SIGPIPE, SIG_IGN);
    occupy_standard_descriptors();
    rests = calloc(raise_limit(), sizeof(struct rest *));
    if (!rests)
        fail("calloc");

    const int listener_fd = listen_on(port);
    /* A client may have gone before accept(2): that must not wait. */
    if (fcntl(listener_fd, F_SETFL, O_NONBLOCK) == -1)
        fail("fcntl");
    epoll_fd = epoll_create1(0);
    if (epoll_fd == -1)
        fail("epoll_create1");
    await(EPOLL_CTL_ADD, listener_fd, EPOLLIN);
    if (printf("listening %d\n", port_of(listener_fd)) < 0 ||
        fflush(stdout) == EOF)
        fail("write");

    bool listening = true; /* whether we wait for new clients */
    for (;;) {
        struct epoll_event ready[EVENTS];
        const int count = epoll_wait(epoll_fd, ready, EVENTS, -1);
        if (count == -1 && errno != EINTR)
            fail("epoll_wait");

        bool parted = false;
        for (int i = 0; i < count; i++) {
            const int fd = ready[i].data.fd;
            if (fd == listener_fd) {
                listening = take_clients(listener_fd);
                if (!listening)
                    await(EPOLL_CTL_MOD, listener_fd, 0);
            } else if (!(rests[fd] ? send_rest(fd) : echo(fd))) {
                part(fd);
                parted = true;
            }
        }
        /* A descriptor is free again: new clients may come. */
        if (parted && !listening) {
            listening = true;
            await(EPOLL_CTL_MOD, listener_fd, EPOLLIN);
        }
    }
}
