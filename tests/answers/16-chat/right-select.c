/*
 * Right: select(2), and a client that is too slow loses lines.
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
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

static const char program[] = "chat";
static const char usage[] = "usage: chat PORT\n";

enum {
    LONGEST = 4096,     /* bytes in a line, the newline included */
    MOST_OWED = 1 << 20 /* bytes kept for a client that does not read */
};

struct client {
    int fd;
    bool speaks;        /* it may send more: no end of file yet */
    bool hears;         /* it may read more: no write has failed yet */
    size_t begun;       /* bytes of a line whose end has not come yet ... */
    char line[LONGEST]; /* ... and these are they */
    size_t owed;        /* bytes that it has not taken yet ... */
    char out[MOST_OWED];
};

static struct client **clients;
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

/* Puts a line behind what a client is owed. */
static void owe(struct client *client, const char *line, size_t length)
{
    if (!client->hears)
        return;
    /* It has not read for a long time: we part from it. */
    if (client->owed + length > MOST_OWED) {
        return;
    }
    memcpy(client->out + client->owed, line, length);
    client->owed += length;
}

/*
 * Reads once, and passes on the lines that are complete now. The rest waits at
 * the beginning of `line` for its end.
 */
static void take_input(struct client *client)
{
    const ssize_t got = read(client->fd, client->line + client->begun,
                             LONGEST - client->begun);
    if (got == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return;
    if (got <= 0) {
        /* 0: it sends no more, but may still read. -1: it has gone. */
        client->speaks = false;
        client->hears = client->hears && got == 0;
        return;
    }
    client->begun += (size_t)got;

    char *newline;
    while ((newline = memchr(client->line, '\n', client->begun))) {
        const size_t length = (size_t)(newline - client->line) + 1;
        for (size_t i = 0; i < count; i++) {
            if (clients[i] != client)
                owe(clients[i], client->line, length);
        }
        client->begun -= length;
        memmove(client->line, newline + 1, client->begun);
    }
    /* The buffer is full, and still no newline: that line is too long. */
    if (client->begun == LONGEST)
        client->speaks = client->hears = false;
}

/* Sends what the client takes now of what it is owed. */
static void give_output(struct client *client)
{
    const ssize_t taken = write(client->fd, client->out, client->owed);
    if (taken == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return;
    if (taken == -1) {
        /* It takes no more. Lines that it has sent may still be there. */
        client->hears = false;
        client->owed = 0;
        return;
    }
    client->owed -= (size_t)taken;
    memmove(client->out, client->out + taken, client->owed);
}

/* Takes a new client. Returns false when we are out of descriptors. */
static bool take_client(int listener_fd)
{
    const int fd = accept(listener_fd, NULL, NULL);
    if (fd == -1)
        return errno != EMFILE && errno != ENFILE;
    set_nonblocking(fd);

    struct client *client = malloc(sizeof *client);
    clients = realloc(clients, (count + 1) * sizeof(struct client *));
    if (!client || !clients)
        fail("malloc");
    client->fd = fd;
    client->speaks = client->hears = true;
    client->begun = client->owed = 0;
    clients[count++] = client;
    return true;
}

/* Closes the clients that have gone. Returns whether there were any. */
static bool part_from_the_gone(void)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (clients[i]->speaks || clients[i]->hears) {
            clients[kept++] = clients[i];
        } else {
            close(clients[i]->fd);
            free(clients[i]);
        }
    }
    const bool any = kept < count;
    count = kept;
    return any;
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
    /* A client may go between poll(2) and accept(2): that must not wait. */
    set_nonblocking(listener_fd);
    if (printf("listening %d\n", port_of(listener_fd)) < 0 ||
        fflush(stdout) == EOF)
        fail("write");

    bool room = true; /* for more clients */
    for (;;) {
        fd_set in, out;
        int highest = listener_fd;
        FD_ZERO(&in);
        FD_ZERO(&out);
        if (room)
            FD_SET((size_t)listener_fd, &in);
        for (size_t i = 0; i < count; i++) {
            const size_t fd = (size_t)clients[i]->fd;
            if (clients[i]->speaks)
                FD_SET(fd, &in);
            if (clients[i]->owed > 0)
                FD_SET(fd, &out);
            highest = (int)fd > highest ? (int)fd : highest;
        }
        if (select(highest + 1, &in, &out, NULL, NULL) == -1)
            fail("select");
        const bool new_client = FD_ISSET((size_t)listener_fd, &in);
        for (size_t i = 0; i < count; i++) {
            const size_t fd = (size_t)clients[i]->fd;
            if (FD_ISSET(fd, &out) && clients[i]->owed > 0)
                give_output(clients[i]);
            if (FD_ISSET(fd, &in))
                take_input(clients[i]);
        }
        if (new_client)
            room = take_client(listener_fd);
        if (part_from_the_gone())
            room = true;
    }
}
