/*
 * Right: two threads for each client, one that reads and one that writes. All
 * calls wait, and nobody waits for them.
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char program[] = "chat";
static const char usage[] = "usage: chat PORT\n";

enum {
    LONGEST = 4096,     /* bytes in a line, the newline included */
    MOST_OWED = 1 << 20 /* bytes kept for a client that does not read */
};

/* A line that a client has not taken yet. */
struct line {
    struct line *next;
    size_t size;
    char bytes[];
};

struct client {
    struct client *next;
    int fd;
    int threads; /* that use this client; the last one frees it */
    bool gone;   /* nothing can be written to it any more */
    size_t owed; /* bytes in its lines */
    struct line *first, **end;
    pthread_cond_t more; /* a line has come, or the client has gone */
};

/* All clients, and what belongs to them, are touched with the lock only. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct client *clients;

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

/* Ends one thread's use of a client; the last one frees it. With the lock. */
static void leave(struct client *client)
{
    if (--client->threads > 0)
        return;
    struct client **at = &clients;
    while (*at != client)
        at = &(*at)->next;
    *at = client->next;
    close(client->fd);
    while (client->first) {
        struct line *line = client->first;
        client->first = line->next;
        free(line);
    }
    pthread_cond_destroy(&client->more);
    free(client);
}

/* Nothing more goes to this client: both of its threads notice. */
static void give_up(struct client *client)
{
    client->gone = true;
    shutdown(client->fd, SHUT_RDWR);
    pthread_cond_signal(&client->more);
}

/* Keeps a line for all but its sender, as far as there is room. */
static void pass_on(const struct client *sender, const char *bytes,
                    size_t size)
{
    for (struct client *client = clients; client; client = client->next) {
        if (client == sender || client->gone ||
            client->owed + size > MOST_OWED + LONGEST)
            continue;
        struct line *line = malloc(sizeof *line + size);
        if (!line)
            continue;
        line->next = NULL;
        line->size = size;
        memcpy(line->bytes, bytes, size);
        *client->end = line;
        client->end = &line->next;
        client->owed += size;
        pthread_cond_signal(&client->more);
    }
}

/* Sends all of a line. Returns false when the client has gone. */
static bool send_line(int fd, const struct line *line)
{
    for (size_t sent = 0; sent < line->size;) {
        const ssize_t n = write(fd, line->bytes + sent, line->size - sent);
        if (n == -1 && errno != EINTR)
            return false;
        if (n > 0)
            sent += (size_t)n;
    }
    return true;
}

static void *write_lines(void *argument)
{
    struct client *client = argument;
    pthread_mutex_lock(&lock);
    while (!client->gone) {
        struct line *line = client->first;
        if (!line) {
            pthread_cond_wait(&client->more, &lock);
            continue;
        }
        pthread_mutex_unlock(&lock);
        const bool sent = send_line(client->fd, line);
        pthread_mutex_lock(&lock);
        client->first = line->next;
        if (!client->first)
            client->end = &client->first;
        client->owed -= line->size;
        free(line);
        if (!sent)
            give_up(client);
    }
    leave(client);
    pthread_mutex_unlock(&lock);
    return NULL;
}

/* Reads lines until the end of file. Returns false if the client must go. */
static bool read_lines(struct client *client)
{
    char line[LONGEST], input[LONGEST];
    size_t size = 0;
    for (;;) {
        const ssize_t got = read(client->fd, input, sizeof input);
        if (got == -1 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0;
        for (ssize_t i = 0; i < got; i++) {
            line[size++] = input[i];
            if (input[i] == '\n') {
                pthread_mutex_lock(&lock);
                pass_on(client, line, size);
                pthread_mutex_unlock(&lock);
                size = 0;
            } else if (size == LONGEST) {
                return false;
            }
        }
    }
}

static void *take_lines(void *argument)
{
    struct client *client = argument;
    const bool hears = read_lines(client);
    pthread_mutex_lock(&lock);
    if (!hears)
        give_up(client);
    leave(client);
    pthread_mutex_unlock(&lock);
    return NULL;
}

/* Starts a thread for one client. Returns false when there can be no more. */
static bool start(void *(*thread)(void *), struct client *client)
{
    pthread_t id;
    if (pthread_create(&id, NULL, thread, client) != 0)
        return false;
    pthread_detach(id);
    return true;
}

static void serve(int fd)
{
    struct client *client = calloc(1, sizeof *client);
    if (!client) {
        close(fd);
        return;
    }
    client->fd = fd;
    client->threads = 2;
    client->end = &client->first;
    pthread_cond_init(&client->more, NULL);
    pthread_mutex_lock(&lock);
    client->next = clients;
    clients = client;
    /* A thread that cannot be started has left at once. */
    if (!start(write_lines, client)) {
        give_up(client);
        leave(client);
    }
    if (!start(take_lines, client)) {
        give_up(client);
        leave(client);
    }
    pthread_mutex_unlock(&lock);
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
        const int fd = accept(listener_fd, NULL, NULL);
        if (fd != -1) {
            serve(fd);
        } else {
            /* No descriptor, perhaps: somebody may leave soon. */
            const struct timespec moment = {.tv_nsec = 10000000};
            nanosleep(&moment, NULL);
        }
    }
}
