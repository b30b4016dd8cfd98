/*
 * Wrong: serves one client, and then the next.
 * Fails at: serves many clients at a time
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char program[] = "proxy";
static const char usage[] = "usage: proxy PORT ADDRESS UPSTREAM\n";

enum { CLIENT, SERVER, PIECE = 65536 };

/* One direction: what was read from one side, and not yet written. */
struct way {
    bool ended;      /* an end of file was read ... */
    bool passed_on;  /* ... and passed on */
    size_t from, to; /* of data: bytes that are still to be written */
    char data[PIECE];
};

/* A client and its connection to the server. */
struct pair {
    int fd[2]; /* of the CLIENT, of the SERVER */
    bool connecting, failed;
    struct way way[2]; /* what comes from the CLIENT, from the SERVER */
};
static struct pair **pairs;
static struct pollfd *waits; /* the listener first, then two for each pair */
static size_t count;

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

/* From now on, no call on this descriptor waits: EAGAIN instead. */
static void set_nonblocking(int fd)
{
    const int flags = fcntl(fd, F_GETFL);
    if (flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
        fail("fcntl");
}

/* Whether a call failed only because it would have had to wait. */
static bool not_ready(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK;
}

/* Writes what is there to the other side, as far as that takes it now. */
static void write_on(struct pair *pair, int side)
{
    struct way *way = &pair->way[side];
    const int other_fd = pair->fd[!side];

    if (way->from < way->to) {
        const ssize_t taken =
            write(other_fd, way->data + way->from, way->to - way->from);
        if (taken == -1) {
            pair->failed = pair->failed || !not_ready();
            return;
        }
        way->from += (size_t)taken;
    }
    if (way->from == way->to && way->ended && !way->passed_on) {
        /* The end of this direction. The other one goes on. */
        if (shutdown(other_fd, SHUT_WR) == -1)
            pair->failed = true;
        way->passed_on = true;
    }
}

/* Reads a piece from one side, and writes it on. */
static void read_from(struct pair *pair, int side)
{
    struct way *way = &pair->way[side];
    const ssize_t got = read(pair->fd[side], way->data, sizeof way->data);

    if (got == -1) {
        pair->failed = pair->failed || !not_ready();
        return;
    }
    way->ended = got == 0;
    way->from = 0;
    way->to = (size_t)got;
    write_on(pair, side);
}

/*
 * Says what we wait for on one side of a pair. Bytes that were read and not
 * yet written keep us from reading more: so no buffer grows, and the sender
 * has to wait, because TCP tells it that there is no room.
 */
static struct pollfd wait_for(const struct pair *pair, int side)
{
    const struct way *in = &pair->way[side], *out = &pair->way[!side];
    struct pollfd wait = {.fd = pair->fd[side]};

    if (pair->connecting)
        wait.events = side == SERVER ? POLLOUT : 0;
    else
        wait.events = (short)((!in->ended && in->from == in->to ? POLLIN : 0) |
                              (out->from < out->to ? POLLOUT : 0));
    /* All has been said here: poll(2) would tell of the hang-up for ever. */
    if (in->ended && out->passed_on)
        wait.fd = -1;
    return wait;
}

/* Does what can be done now on one side of a pair. */
static void deal_with(struct pair *pair, int side, short told)
{
    if (pair->connecting && side == SERVER && told) {
        /* The connect has ended. SO_ERROR tells how: connect(2). */
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(pair->fd[SERVER], SOL_SOCKET, SO_ERROR, &error, &size);
        pair->connecting = false;
        pair->failed = error != 0;
        return;
    }
    if (told & POLLOUT)
        write_on(pair, !side);
    if (told & POLLIN)
        read_from(pair, side);
    else if (told & (POLLERR | POLLHUP))
        pair->failed = true;
}

/*
 * Takes a client, and begins to connect to the server for it. Returns false
 * when we are out of descriptors.
 */
static bool take_client(int listener_fd, const struct sockaddr_in *server)
{
    const int client_fd = accept(listener_fd, NULL, NULL);
    if (client_fd == -1)
        return errno != EMFILE && errno != ENFILE;

    const int server_fd = socket(AF_INET, SOCK_STREAM, 0);
    if (server_fd == -1) {
        /* There is no descriptor for its server: it is turned away. */
        close(client_fd);
        return true;
    }
    set_nonblocking(client_fd);
    set_nonblocking(server_fd);

    struct pair *pair = calloc(1, sizeof *pair);
    pairs = realloc(pairs, (count + 1) * sizeof(struct pair *));
    waits = realloc(waits, (2 * count + 3) * sizeof(struct pollfd));
    if (!pair || !pairs || !waits)
        fail("malloc");
    pair->fd[CLIENT] = client_fd;
    pair->fd[SERVER] = server_fd;
    pairs[count++] = pair;

    /* It goes on by itself: the server may take its time. */
    if (connect(server_fd, (const struct sockaddr *)server, sizeof *server) ==
        -1) {
        pair->connecting = errno == EINPROGRESS;
        pair->failed = errno != EINPROGRESS;
    }
    return true;
}

/* Closes the pairs that have ended. Returns whether there were any. */
static bool part_from_the_ended(void)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        struct pair *pair = pairs[i];
        const bool ended =
            pair->way[CLIENT].passed_on && pair->way[SERVER].passed_on;
        if (!ended && !pair->failed) {
            pairs[kept++] = pair;
            continue;
        }
        close(pair->fd[CLIENT]);
        close(pair->fd[SERVER]);
        free(pair);
    }
    const bool any = kept < count;
    count = kept;
    return any;
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
    /* A client may go between poll(2) and accept(2): that must not wait. */
    set_nonblocking(listener_fd);
    waits = malloc(sizeof *waits);
    if (!waits)
        fail("malloc");
    if (printf("listening %d\n", port_of(listener_fd)) < 0 ||
        fflush(stdout) == EOF)
        fail("write");

    for (;;) {
        waits[0].fd = listener_fd;
        waits[0].events = count == 0 ? POLLIN : 0;
        for (size_t i = 0; i < count; i++) {
            waits[2 * i + 1] = wait_for(pairs[i], CLIENT);
            waits[2 * i + 2] = wait_for(pairs[i], SERVER);
        }
        if (poll(waits, (nfds_t)(2 * count + 1), -1) == -1 && errno != EINTR)
            fail("poll");

        /* Pairs first: a new one is not in `waits` yet. */
        const size_t asked = count;
        for (size_t i = 0; i < asked; i++) {
            deal_with(pairs[i], CLIENT, waits[2 * i + 1].revents);
            deal_with(pairs[i], SERVER, waits[2 * i + 2].revents);
        }
        if (waits[0].revents)
            take_client(listener_fd, &server);
        part_from_the_ended();
    }
}
