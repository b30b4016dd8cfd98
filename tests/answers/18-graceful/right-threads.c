/*
 * Right: two threads for each client, one that reads and one that answers, and
 * one that waits for SIGTERM: it ends all.
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
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
    MOST_OWED = 1 << 20 /* bytes owed to a client: then we stop reading */
};

/* An answer that is owed. */
struct answer {
    struct answer *next;
    struct timespec due;
    size_t size;
    char bytes[];
};

struct client {
    int fd;
    int threads; /* that use this client; the last one frees it */
    bool ended;  /* it sends no more */
    bool gone;   /* nothing can be written to it any more */
    size_t owed; /* bytes in its answers */
    struct answer *first, **end;
    pthread_cond_t news; /* any of these has changed */
};

/* What belongs to the clients is touched with the lock only. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static size_t answers_owed;                            /* to all clients */
static pthread_cond_t paid = PTHREAD_COND_INITIALIZER; /* they are fewer */
static bool terminated;                                /* SIGTERM has come */
static int listener;

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

/* Forgets the first answer that is owed to a client. */
static void strike_out(struct client *client)
{
    struct answer *answer = client->first;
    client->first = answer->next;
    if (!client->first)
        client->end = &client->first;
    client->owed -= answer->size;
    free(answer);
    answers_owed--;
    pthread_cond_signal(&paid);
    pthread_cond_broadcast(&client->news);
}

/* Ends one thread's use of a client; the last one frees it. With the lock. */
static void leave(struct client *client)
{
    if (--client->threads > 0)
        return;
    while (client->first)
        strike_out(client);
    close(client->fd);
    pthread_cond_destroy(&client->news);
    free(client);
}

/* Nothing more goes to this client: both of its threads notice. */
static void give_up(struct client *client)
{
    client->gone = true;
    shutdown(client->fd, SHUT_RDWR);
    pthread_cond_broadcast(&client->news);
}

/* Sends an answer when it is due. Returns false when the client has gone. */
static bool send_answer(int fd, const struct answer *answer)
{
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &answer->due,
                           NULL) == EINTR)
        continue;
    for (size_t sent = 0; sent < answer->size;) {
        const ssize_t n = write(fd, answer->bytes + sent, answer->size - sent);
        if (n == -1 && errno != EINTR)
            return false;
        if (n > 0)
            sent += (size_t)n;
    }
    return true;
}

static void *send_answers(void *argument)
{
    struct client *client = argument;
    pthread_mutex_lock(&lock);
    while (!client->gone && (client->first || !client->ended)) {
        if (!client->first) {
            pthread_cond_wait(&client->news, &lock);
            continue;
        }
        pthread_mutex_unlock(&lock);
        const bool sent = send_answer(client->fd, client->first);
        pthread_mutex_lock(&lock);
        strike_out(client);
        if (!sent)
            give_up(client);
    }
    leave(client);
    pthread_mutex_unlock(&lock);
    return NULL;
}

/* Notes that the answer to a line is owed, from now on. */
static void owe(struct client *client, const char *line, size_t size)
{
    static const char done[5] = {'d', 'o', 'n', 'e', ' '};
    struct answer *answer = malloc(sizeof *answer + sizeof done + size);
    if (!answer) {
        give_up(client);
        return;
    }
    answer->next = NULL;
    answer->size = sizeof done + size;
    memcpy(answer->bytes, done, sizeof done);
    memcpy(answer->bytes + sizeof done, line, size);
    clock_gettime(CLOCK_MONOTONIC, &answer->due);
    answer->due.tv_nsec += DELAY * 1000000L;
    if (answer->due.tv_nsec >= 1000000000) {
        answer->due.tv_nsec -= 1000000000;
        answer->due.tv_sec++;
    }
    *client->end = answer;
    client->end = &answer->next;
    client->owed += answer->size;
    answers_owed++;
    pthread_cond_broadcast(&client->news);
}

static void *take_lines(void *argument)
{
    struct client *client = argument;
    char line[LONGEST], input[LONGEST];
    size_t size = 0;
    struct pollfd wait = {.fd = client->fd, .events = POLLIN};
    pthread_mutex_lock(&lock);
    while (!client->gone && !client->ended) {
        if (client->owed > MOST_OWED) {
            pthread_cond_wait(&client->news, &lock);
            continue;
        }
        pthread_mutex_unlock(&lock);
        poll(&wait, 1, -1);
        pthread_mutex_lock(&lock);
        /* What was read is owed at once: no SIGTERM comes in between. */
        const ssize_t got =
            recv(client->fd, input, sizeof input, MSG_DONTWAIT);
        if (got == -1 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got == -1)
            give_up(client);
        else if (got == 0)
            client->ended = true;
        for (ssize_t i = 0; i < got && !client->gone; i++) {
            line[size++] = input[i];
            if (input[i] == '\n') {
                if (!terminated)
                    owe(client, line, size);
                size = 0;
            } else if (size == LONGEST) {
                give_up(client);
            }
        }
    }
    pthread_cond_broadcast(&client->news);
    leave(client);
    pthread_mutex_unlock(&lock);
    return NULL;
}

/* Waits for SIGTERM, which is blocked in all threads: sigwait(3). */
static void *end_well(void *argument)
{
    const sigset_t *signals = argument;
    int signal_number;
    sigwait(signals, &signal_number);
    pthread_mutex_lock(&lock);
    terminated = true;
    /* This ends the accept(2) of the main thread as well: shutdown(2). */
    shutdown(listener, SHUT_RDWR);
    close(listener);
    while (answers_owed > 0)
        pthread_cond_wait(&paid, &lock);
    exit(EXIT_SUCCESS);
}

/* Starts a thread. Returns false when there can be no more. */
static bool start(void *(*thread)(void *), void *argument)
{
    pthread_t id;
    if (pthread_create(&id, NULL, thread, argument) != 0)
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
    pthread_cond_init(&client->news, NULL);
    pthread_mutex_lock(&lock);
    /* A thread that cannot be started has left at once. */
    if (!start(send_answers, client)) {
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

    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);

    listener = listen_on(port);
    if (printf("listening %d\n", port_of(listener)) < 0 ||
        fflush(stdout) == EOF)
        fail("write");
    if (!start(end_well, &signals))
        fail("pthread_create");
    for (;;) {
        const int fd = accept(listener, NULL, NULL);
        if (fd != -1) {
            serve(fd);
            continue;
        }
        pthread_mutex_lock(&lock);
        const bool over = terminated;
        pthread_mutex_unlock(&lock);
        if (over)
            pause();
        /* No descriptor, perhaps: somebody may leave soon. */
        const struct timespec moment = {.tv_nsec = 10000000};
        nanosleep(&moment, NULL);
    }
}
