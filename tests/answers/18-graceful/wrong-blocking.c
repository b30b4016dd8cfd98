/*
 * Wrong: write(2) waits for a client that does not read.
 * Fails at: a client that does not read does not hold up the others
 */
#define _GNU_SOURCE /* for ppoll(2) */

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
#include <time.h>
#include <unistd.h>

static const char program[] = "graceful";
static const char usage[] = "usage: graceful PORT\n";

enum {
    LONGEST = 4096,     /* bytes in a line, the newline included */
    DELAY = 300,        /* ms until it is answered */
    PATIENCE = 1000,    /* ms that we wait, at the end, for a slow client */
    MOST_OWED = 1 << 20 /* bytes owed to a client: then we stop reading */
};

/* An answer that is owed. */
struct answer {
    struct answer *next; /* the one to send after it */
    long long due;       /* when: a now_ms() */
    size_t length, sent;
    char text[];
};

struct client {
    int fd;
    bool speaks;  /* no end of file has come yet */
    bool gone;    /* reading or writing has failed */
    size_t begun; /* bytes of a line whose end has not come yet */
    char line[LONGEST];
    struct answer *first, *last;
    size_t owed; /* bytes in all of these */
};
static struct client **clients;
static struct pollfd *waits; /* the listener first, then the clients */
static size_t count;

static volatile sig_atomic_t terminated; /* SIGTERM has come */

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

/* Notes the signal: a handler does as little as it can: signal-safety(7). */
static void note_signal(int number)
{
    (void)number;
    terminated = 1;
}

/* The time in milliseconds, on a clock that nobody can set back. */
static long long now_ms(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) == -1)
        fail("clock_gettime");
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Puts the answer to a line behind those that are owed already. */
static void owe(struct client *client, const char *line, size_t length)
{
    static const char done[5] = "done ";
    struct answer *answer = malloc(sizeof *answer + sizeof done + length);
    if (!answer)
        fail("malloc");

    memcpy(answer->text, done, sizeof done);
    memcpy(answer->text + sizeof done, line, length);
    answer->length = sizeof done + length;
    answer->sent = 0;
    answer->due = now_ms() + DELAY;
    answer->next = NULL;
    if (client->first)
        client->last->next = answer;
    else
        client->first = answer;
    client->last = answer;
    client->owed += answer->length;
}

/*
 * Reads once, and owes an answer for each line that is complete now. Returns
 * whether something was there.
 */
static bool take_input(struct client *client)
{
    const ssize_t got = read(client->fd, client->line + client->begun,
                             LONGEST - client->begun);
    if (got == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return false;
    if (got <= 0) {
        /* 0: it sends no more, but waits for its answers. -1: it has gone. */
        client->speaks = false;
        client->gone = got == -1;
        return false;
    }
    client->begun += (size_t)got;

    char *newline;
    while ((newline = memchr(client->line, '\n', client->begun))) {
        const size_t length = (size_t)(newline - client->line) + 1;
        owe(client, client->line, length);
        client->begun -= length;
        memmove(client->line, newline + 1, client->begun);
    }
    /* The buffer is full, and still no newline: that line is too long. */
    if (client->begun == LONGEST)
        client->gone = true;
    return true;
}

/* Sends the answers that are due now, as far as the client takes them. */
static void give_output(struct client *client)
{
    struct answer *answer;

    while ((answer = client->first) && answer->due <= now_ms()) {
        const ssize_t taken = write(client->fd, answer->text + answer->sent,
                                    answer->length - answer->sent);
        if (taken == -1) {
            client->gone = errno != EAGAIN && errno != EWOULDBLOCK;
            return;
        }
        answer->sent += (size_t)taken;
        if (answer->sent < answer->length)
            return;
        client->first = answer->next;
        client->owed -= answer->length;
        free(answer);
    }
}

/* Takes a new client. Returns false when we are out of descriptors. */
static bool take_client(int listener_fd)
{
    const int fd = accept(listener_fd, NULL, NULL);
    if (fd == -1)
        return errno != EMFILE && errno != ENFILE;

    struct client *client = calloc(1, sizeof *client);
    clients = realloc(clients, (count + 1) * sizeof(struct client *));
    waits = realloc(waits, (count + 2) * sizeof(struct pollfd));
    if (!client || !clients || !waits)
        fail("malloc");
    client->fd = fd;
    client->speaks = true;
    clients[count++] = client;
    return true;
}

/*
 * Closes the clients that have gone, and those that send no more and get no
 * more. Returns whether there were any.
 */
static bool part_from_the_gone(void)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        struct client *client = clients[i];
        if (!client->gone && (client->speaks || client->first)) {
            clients[kept++] = client;
            continue;
        }
        close(client->fd);
        while (client->first) {
            struct answer *answer = client->first;
            client->first = answer->next;
            free(answer);
        }
        free(client);
    }
    const bool any = kept < count;
    count = kept;
    return any;
}

/*
 * Says for each client what we wait for. Returns how many milliseconds the
 * next answer is away; -1: none is owed.
 */
static long long prepare_to_wait(void)
{
    const long long now = now_ms();
    long long next = -1;

    for (size_t i = 0; i < count; i++) {
        const struct client *client = clients[i];
        const bool due = client->first && client->first->due <= now;
        const bool reading = client->speaks && client->fd > 0;
        waits[i + 1].fd = client->fd;
        waits[i + 1].events =
            (short)((reading ? POLLIN : 0) | (due ? POLLOUT : 0));
        if (client->first && !due &&
            (next == -1 || client->first->due - now < next))
            next = client->first->due - now;
    }
    return next;
}

/*
 * SIGTERM has come. What clients have sent before it is still read; then they
 * are not listened to any more, and nobody can connect.
 */
static void stop_taking(int listener_fd)
{
    close(listener_fd);
    for (size_t i = 0; i < count; i++) {
        while (clients[i]->speaks && !clients[i]->gone &&
               clients[i]->owed < MOST_OWED && take_input(clients[i]))
            ;
        clients[i]->speaks = false;
    }
}

/* A client that does not take its answers shall not keep us for ever. */
static void part_from_the_slow(void)
{
    for (size_t i = 0; i < count; i++) {
        if (clients[i]->first && clients[i]->first->due + PATIENCE < now_ms())
            clients[i]->gone = true;
    }
}

int main(int argc, char *argv[])
{
    if (argc != 2)
        refuse("number of arguments");
    const long port = parse_number("PORT", argv[1], 0, 65535);

    /* A client that has gone must not end us: write(2) fails with EPIPE. */
    signal(SIGPIPE, SIG_IGN);
    occupy_standard_descriptors();

    /*
     * SIGTERM is blocked from now on. ppoll(2) lets it in while it waits, and
     * only then: so it cannot come after we have looked at `terminated` and
     * before we wait, where it would wake nobody.
     */
    sigset_t blocked, usual;
    const struct sigaction action = {.sa_handler = note_signal};
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &blocked, &usual) == -1 ||
        sigaction(SIGTERM, &action, NULL) == -1)
        fail("sigaction");

    const int listener_fd = listen_on(port);
    /* A client may go between ppoll(2) and accept(2): that must not wait. */
    set_nonblocking(listener_fd);
    waits = malloc(sizeof *waits);
    if (!waits)
        fail("malloc");
    if (printf("listening %d\n", port_of(listener_fd)) < 0 ||
        fflush(stdout) == EOF)
        fail("write");

    bool stopping = false, room = true;
    /* Once we stop, a client stays only as long as it is owed something. */
    while (!stopping || count > 0) {
        long long next = prepare_to_wait();
        waits[0].fd = stopping ? -1 : listener_fd; /* -1 is passed over */
        waits[0].events = room ? POLLIN : 0;
        if (stopping && next == -1)
            next = PATIENCE;
        const struct timespec limit = {.tv_sec = next / 1000,
                                       .tv_nsec = next % 1000 * 1000000};
        const int ready = ppoll(waits, (nfds_t)count + 1,
                                next == -1 ? NULL : &limit, &usual);
        if (ready == -1 && errno != EINTR)
            fail("ppoll");

        const size_t asked = ready == -1 ? 0 : count;
        for (size_t i = 0; i < asked; i++) {
            const short told = waits[i + 1].revents;
            if (told & POLLIN)
                take_input(clients[i]);
            else if (told & (POLLERR | POLLHUP))
                clients[i]->gone = true;
            if (clients[i]->first)
                give_output(clients[i]);
        }
        if (ready > 0 && waits[0].revents)
            room = take_client(listener_fd);
        if (terminated && !stopping) {
            stopping = true;
            stop_taking(listener_fd);
        }
        if (stopping)
            part_from_the_slow();
        if (part_from_the_gone())
            room = true;
    }
    return EXIT_SUCCESS;
}
