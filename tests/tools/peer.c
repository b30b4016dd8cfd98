/*
 * peer: the other end of a TCP connection, told what to do on its command
 * line.
 *
 * A test starts it to play the client or the server that a program meets:
 *
 *     peer listen 127.0.0.1 0 accept expect 'GET\n' drip 'hello\n' close
 *     peer connect 127.0.0.1 8080 send 'half a line' reset
 *     peer connect 127.0.0.1 8080 open 2 use 1 send 'a' use 3 expect 'a'
 *     peer reserve
 *
 * `peer --help` lists the actions. They are carried out in order, each on the
 * current connection: the newest, or the one chosen with `use`; after `each`,
 * an action is carried out on all connections that are open, one after the
 * other. In a TEXT, \n \r \t \\ \0 and \xHH stand for one byte each, \L for
 * our own name (ADDRESS:PORT) on the current connection, and \P for the name
 * of the other end.
 *
 * `peer reserve` prints a port of 127.0.0.1 that is free, and that no other
 * `peer reserve` gives away until the process which started this one ends.
 *
 * Exit status: 0 every action succeeded, 1 an action failed, 2 wrong usage
 * (found before any socket is opened), 3 the time limit (-t SECONDS, 10 if not
 * given) is over. What went wrong is one line on stderr.
 *
 * Every socket is non-blocking and every wait is a poll(2) which ends at the
 * time limit, so that no test can hang, whatever the program at the other end
 * does.
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

/* The headers of Linux are a package of their own (musl-gcc has none). */
#if defined(__linux__) && defined(__has_include)
#if __has_include(<linux/inet_diag.h>)
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#define LOOKS_AT_THE_OTHER_END
#endif
#endif

enum status { SUCCEEDED = 0, FAILED = 1, WRONG_USAGE = 2, TIME_OVER = 3 };

enum {
    BACKLOG = 16,             /* connections that wait for accept */
    FIRST_PORT = 5000,        /* `reserve` gives away these: most systems do */
    LAST_PORT = 9999,         /*     not use them for connect (ip(7)) */
    DEFAULT_LIMIT = 10,       /* seconds */
    LARGEST_LIMIT = 86400,    /* seconds: a day */
    LARGEST_BUFFER = 1 << 30, /* bytes, for -b */
    SHOWN = 48,               /* bytes of data that a message shows */
    QUOTED = 4 * SHOWN + 6,   /* room for them as \ooo, and for "..." and \0 */
    CHUNK = 65536,            /* bytes moved at a time */
    SMALL_SEGMENT = 1460,     /* bytes of data in one of Ethernet */
    LONGEST_ESCAPE = 22       /* bytes: 255.255.255.255:65535 and a NUL */
};

#define LARGEST_NUMBER 1000000000000ULL /* for flood and pause */

/* What an action is given. */
struct argument {
    const char *word;           /* as on the command line; "": there is none */
    unsigned long long number;  /* N */
    struct sockaddr_in address; /* A:P */
    char *bytes;                /* TEXT or a file, from malloc(3); or NULL */
    size_t size;                /* how many bytes */
};

/* One connection. */
struct connection {
    int fd;                   /* -1: it is closed */
    struct sockaddr_in here;  /* our end of it */
    struct sockaddr_in there; /* the other end of it */
    bool ended;               /* `end` has been done on it */
    bool was_reset;           /* before we could even look at it */
};

/* All that one run has to remember. */
struct peer {
    unsigned long long limit;  /* seconds for the whole run */
    unsigned long long buffer; /* bytes in each receive buffer; 0: as usual */
    unsigned long long pace;   /* a read takes so many bytes; 0: all */
    long long deadline;        /* the now_ms() at which the run is over */
    int listener;              /* -1: none */
    struct sockaddr_in server; /* where `open` connects to */
    struct connection *all;    /* the connections, in the order in which */
    size_t count;              /*     they were made; from realloc(3) */
    struct connection *current;

    /* The action which is carried out now, for the messages. */
    int number; /* 1 is the first; 0 is listen or connect itself */
    const char *name;
    struct argument argument;
    unsigned long long sent;     /* bytes sent by this action */
    unsigned long long received; /* bytes received by this action */
    char shown[SHOWN];           /* the first of these */
};

/* ---- Messages ---- */

/*
 * Puts `size` bytes into `quoted` the way strace(1) shows a string: in quotes,
 * unprintable bytes as escapes, dots after it when it is cut. Takes at least
 * QUOTED bytes of room. Returns `quoted`. Cannot fail.
 */
static const char *quote(char *quoted, const char *bytes, size_t size)
{
    static const char escaped[] = "\t\n\v\f\r\"\\";
    static const char letters[] = "tnvfr\"\\";
    const unsigned char *data = (const unsigned char *)bytes;
    size_t shown = size < SHOWN ? size : SHOWN;
    char *at = quoted;

    *at++ = '"';
    for (size_t i = 0; i < shown; i++) {
        unsigned byte = data[i];
        const char *found = byte == 0 ? NULL : strchr(escaped, (int)byte);
        bool before_digit = i + 1 < shown && isdigit(data[i + 1]);

        if (found)
            at += sprintf(at, "\\%c", letters[found - escaped]);
        else if (byte >= ' ' && byte <= '~')
            *at++ = (char)byte;
        else if (before_digit)
            at += sprintf(at, "\\%03o", byte);
        else
            at += sprintf(at, "\\%o", byte);
    }
    strcpy(at, size > shown ? "\"..." : "\"");
    return quoted;
}

/*
 * Says on stderr, in one line, which action ended and why; ends the program.
 * Takes the exit status and a printf(3) format with its arguments. Does not
 * return.
 */
__attribute__((format(printf, 3, 4))) static noreturn void
stop(const struct peer *p, enum status status, const char *format, ...)
{
    char why[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    fprintf(stderr, "peer: action %d, %s: %s\n", p->number, p->name, why);
    exit((int)status);
}

/*
 * Says on stderr what is wrong with the command line; ends the program. Takes
 * what is wrong, and the word which is wrong. Does not return.
 */
static noreturn void stop_usage(const char *problem, const char *word)
{
    fprintf(stderr, "peer: %s: %s (peer --help lists the actions)\n", problem,
            word);
    exit((int)WRONG_USAGE);
}

/*
 * Says what ended a read: takes what read(2) returned, 0 or -1 with errno.
 * Returns the words for it.
 */
static const char *ending(ssize_t result)
{
    return result == 0 ? "end of file" : strerror(errno);
}

/*
 * Quotes what the action has received until now, as quote does.
 */
static const char *quote_received(char *quoted, const struct peer *p)
{
    size_t size = p->received > SHOWN ? SHOWN + 1 : (size_t)p->received;

    return quote(quoted, p->shown, size);
}

/* ---- Time ---- */

/*
 * Returns a time in milliseconds. Nobody can set this clock back or forward,
 * so it is good for measuring: CLOCK_MONOTONIC in clock_gettime(2). Cannot
 * fail.
 */
static long long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*
 * Says what the action that is carried out now waits for, if it is known. Puts
 * it into `quoted`, QUOTED bytes, where it is a text. Returns NULL if not.
 */
static const char *expectation(const struct peer *p, char *quoted)
{
    static const char *const waits[][2] = {
        {"accept", "a connection"},
        {"accepted", "that somebody accepts the connection"},
        {"drained", "that all which was sent is read"},
        {"expect-closed", "the end of file, or a reset"},
        {"expect-end", "the end of file"},
        {"expect-reset", "a reset"},
        {"read-to-end", "the end of file"},
        {"save", "the end of file"},
        {"unread", "a byte"},
    };

    if (p->argument.bytes && strncmp(p->name, "expect", 6) == 0)
        return quote(quoted, p->argument.bytes, p->argument.size);
    for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
        if (strcmp(p->name, waits[i][0]) == 0)
            return waits[i][1];
    }
    return NULL;
}

/*
 * Returns how many milliseconds are left for the run, at least 1. When none is
 * left: says so, with what the action sent and received, and ends the program
 * with TIME_OVER.
 */
static int time_left(const struct peer *p)
{
    long long left = p->deadline - now_ms();
    char quoted[QUOTED], wanted[QUOTED];

    const char *expected = left <= 0 ? expectation(p, wanted) : NULL;

    if (expected)
        stop(p, TIME_OVER, "expected %s, got within %llu s: %s", expected,
             p->limit,
             p->received > 0 ? quote_received(quoted, p) : "nothing");
    if (left <= 0)
        stop(p, TIME_OVER,
             "the time limit of %llu s is over; sent %llu bytes, received "
             "%llu bytes: %s",
             p->limit, p->sent, p->received, quote_received(quoted, p));
    return (int)left;
}

/*
 * Sleeps for some microseconds, fewer than a million: nanosleep(2). A signal
 * may end the sleep early; our callers look at their condition again anyway.
 * When the time of the run is over, it ends the program.
 */
static void nap(const struct peer *p, long microseconds)
{
    struct timespec length = {.tv_sec = 0, .tv_nsec = microseconds * 1000};

    time_left(p);
    nanosleep(&length, NULL);
}

/*
 * Waits until `fd` is ready for `events` (POLLIN or POLLOUT), or has an error
 * or a hang-up: then the caller's next call does not block, and tells which:
 * poll(2). When the time of the run is over, it ends the program.
 */
static void wait_ready(const struct peer *p, int fd, short events)
{
    struct pollfd entry = {.fd = fd, .events = events};
    int ready;

    do
        ready = poll(&entry, 1, time_left(p));
    while (ready == 0 || (ready < 0 && errno == EINTR));
    if (ready < 0)
        stop(p, FAILED, "poll: %s", strerror(errno));
}

/* ---- Bytes in and out ---- */

/*
 * Tells whether a call which failed is to be made again: a signal came (EINTR
 * in signal(7)), or the descriptor was not ready after all (BUGS in
 * select(2)). Looks at errno.
 */
static bool again(void)
{
    return errno == EINTR || errno == EAGAIN;
}

/*
 * Acknowledges what has arrived on `fd` now, not up to 40 ms later: who sends
 * may wait for it with the end of what it has (Nagle's algorithm, RFC 9293,
 * 3.7.4). TCP_QUICKACK in tcp(7), which only Linux has: elsewhere, and on an
 * error, the acknowledgement comes later.
 */
static void acknowledge(int fd)
{
#ifdef TCP_QUICKACK
    const int on = 1;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
#else
    (void)fd;
#endif
}

/*
 * Reads at most `size` bytes, as soon as there are some: read(2). Returns how
 * many, 0 for the end of file, -1 for an error (in errno).
 */
static ssize_t read_some(const struct peer *p, int fd, char *bytes,
                         size_t size)
{
    ssize_t n;

    do {
        acknowledge(fd);
        wait_ready(p, fd, POLLIN);
        n = read(fd, bytes, size);
    } while (n < 0 && again());
    return n;
}

/*
 * The same on the current connection, at the pace that `pace` has set; counts
 * what it received, and keeps the first bytes for the messages.
 */
static ssize_t receive(struct peer *p, char *bytes, size_t size)
{
    if (p->pace > 0) {
        nap(p, 1000);
        size = size < p->pace ? size : (size_t)p->pace;
    }
    ssize_t n = read_some(p, p->current->fd, bytes, size);

    /* SO_ERROR has told us of this reset, and tells it once. */
    if (n == 0 && p->current->was_reset) {
        errno = ECONNRESET;
        return -1;
    }
    for (ssize_t i = 0; i < n; i++, p->received++) {
        if (p->received < SHOWN)
            p->shown[p->received] = bytes[i];
    }
    return n;
}

/*
 * Writes all of `size` bytes, however many write(2) takes at a time. Counts
 * what went to the current connection. Returns false on an error (in errno).
 */
static bool write_all(struct peer *p, int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        wait_ready(p, fd, POLLOUT);
        ssize_t n = write(fd, bytes, size);
        if (n < 0 && again())
            continue;
        if (n < 0)
            return false;
        bytes += n;
        size -= (size_t)n;
        if (fd == p->current->fd)
            p->sent += (unsigned long long)n;
    }
    return true;
}

/*
 * Sends all of `size` bytes on the current connection. On an error it ends the
 * program. ECONNRESET: the other end sent a reset. EPIPE: it did so before
 * (send(2); we ignore the signal SIGPIPE, see main).
 */
static void send_all(struct peer *p, const char *bytes, size_t size)
{
    if (!write_all(p, p->current->fd, bytes, size))
        stop(p, FAILED,
             "expected to send everything, got after %llu bytes: %s", p->sent,
             strerror(errno));
}

/*
 * Sends the line which was printed to stdout on its way now: fflush(3). A test
 * that waits for the line must not wait for a full buffer. On an error it ends
 * the program.
 */
static void flush_line(const struct peer *p)
{
    wait_ready(p, STDOUT_FILENO, POLLOUT);
    if (fflush(stdout) != 0 || ferror(stdout))
        stop(p, FAILED, "stdout: %s", strerror(errno));
}

/* ---- Sockets ---- */

/*
 * Makes a descriptor non-blocking: O_NONBLOCK in fcntl(2). On an error it ends
 * the program.
 */
static void set_nonblocking(const struct peer *p, int fd)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
        stop(p, FAILED, "fcntl: %s", strerror(errno));
}

/*
 * Switches a socket option on: setsockopt(2). On an error it ends the program.
 */
static void switch_on(const struct peer *p, int fd, int level, int option)
{
    int on = 1;

    if (setsockopt(fd, level, option, &on, sizeof on) < 0)
        stop(p, FAILED, "setsockopt: %s", strerror(errno));
}

/*
 * Returns a new TCP socket, non-blocking, with the receive buffer that -b asks
 * for (SO_RCVBUF in socket(7); accepted ones inherit it): tcp(7). Its segments
 * are then as small as on Ethernet (TCP_MAXSEG in tcp(7)): Linux gives the
 * other end a send buffer for some segments, and those of loopback have 64 KiB
 * (2 MB fit between two ends with -b 4096; so, 74 KB). Elsewhere it may be
 * refused; then more fits. On any other error it ends the program.
 */
static int open_socket(const struct peer *p)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0)
        stop(p, FAILED, "socket: %s", strerror(errno));
    set_nonblocking(p, fd);
    if (p->buffer > 0) {
        int size = (int)p->buffer;
        const int segment = SMALL_SEGMENT;

        if (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size) < 0)
            stop(p, FAILED, "setsockopt: %s", strerror(errno));
        (void)setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment,
                         sizeof segment);
    }
    return fd;
}

/*
 * Returns the error that waits on a socket, 0 for none, and clears it:
 * SO_ERROR in socket(7).
 */
static int socket_error(int fd)
{
    int error = 0;
    socklen_t size = sizeof error;

    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        return errno;
    return error;
}

/*
 * Adds `fd` to the connections, makes it the current one, and notes the
 * addresses of its two ends (later, after a reset, getpeername(2) could not
 * tell). On an error it ends the program.
 */
static void add_connection(struct peer *p, int fd,
                           const struct sockaddr_in *there)
{
    const size_t size = (p->count + 1) * sizeof *p->all;
    struct connection *larger = realloc(p->all, size);
    socklen_t length = sizeof p->current->here;

    if (!larger)
        stop(p, FAILED, "realloc: %s", strerror(errno));
    p->all = larger;
    p->current = &p->all[p->count++];
    *p->current = (struct connection){.fd = fd, .there = *there};
    if (getsockname(fd, (struct sockaddr *)&p->current->here, &length) < 0)
        stop(p, FAILED, "getsockname: %s", strerror(errno));
}

/*
 * Tells whether a port looks the same in network and in host byte order, such
 * as 0x1414: such a port tells a test nothing about byte order.
 */
static bool looks_the_same(in_port_t port)
{
    return (port >> 8) == (port & 0xff);
}

/*
 * Listens on `address`, and prints the port: the one the kernel chose if the
 * port is 0 (ip(7), getsockname(2)). SO_REUSEADDR (socket(7)): connections of
 * an earlier test in TIME-WAIT do not matter. On an error it ends the program.
 */
static void start_listening(struct peer *p, struct sockaddr_in address)
{
    socklen_t size = sizeof address;

    const bool any = address.sin_port == 0;
    do {
        p->listener = open_socket(p);
        switch_on(p, p->listener, SOL_SOCKET, SO_REUSEADDR);
        if (any)
            address.sin_port = 0;
        if (bind(p->listener, (struct sockaddr *)&address, size) < 0)
            stop(p, FAILED, "bind: %s", strerror(errno));
        if (getsockname(p->listener, (struct sockaddr *)&address, &size) < 0)
            stop(p, FAILED, "getsockname: %s", strerror(errno));
        if (any && looks_the_same(address.sin_port))
            close(p->listener);
    } while (any && looks_the_same(address.sin_port));
    if (listen(p->listener, BACKLOG) < 0)
        stop(p, FAILED, "listen: %s", strerror(errno));
    printf("listening %u\n", (unsigned)ntohs(address.sin_port));
    flush_line(p);
}

/*
 * Connects to `address`. On a non-blocking socket connect(2) only begins
 * (EINPROGRESS; after a signal, EINTR, it goes on too); the socket is writable
 * when it is done, and SO_ERROR says how it ended. On an error it ends the
 * program.
 */
static void start_connection(struct peer *p, struct sockaddr_in address)
{
    int fd = open_socket(p);
    int error = 0;

    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        error = errno;
        if (error == EINPROGRESS || error == EINTR) {
            wait_ready(p, fd, POLLOUT);
            error = socket_error(fd);
        }
    }
    /*
     * A reset comes from somebody who was connected, if only for a moment. It
     * is EPIPE when an end of file came before it, which a read still tells.
     */
    if (error != 0 && error != ECONNRESET && error != EPIPE)
        stop(p, FAILED, "%s", strerror(error));
    add_connection(p, fd, &address);
    p->current->was_reset = error == ECONNRESET;
}

/* ---- Has the other end read everything? ---- */

#ifdef LOOKS_AT_THE_OTHER_END

/* What the kernel tells of the other end of a connection. */
struct other_end {
    unsigned long unread; /* bytes that its program has not yet read */
    unsigned long inode;  /* 0: no program has it, not yet or no more */
    unsigned state;       /* 1, 8: established, or only we have ended */
};

/* The socket on which we ask the kernel; -1 before the first question. */
static int kernel_fd = -1;

/*
 * Asks the kernel about the other end of the current connection: the socket
 * whose name is the peer of ours. One that listens on IPv6 and took an IPv4
 * connection is found as well. sock_diag(7): an exact question has one answer,
 * however many sockets there are; to read /proc/net/tcp takes a millisecond
 * and more. Returns true and fills `other`, or false if there is no such
 * socket.
 */
static bool find_other_end(const struct peer *p, struct other_end *other)
{
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 request;
    } question = {
        .header = {.nlmsg_len = sizeof question,
                   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                   .nlmsg_flags = NLM_F_REQUEST},
        .request = {
            .sdiag_family = AF_INET,
            .sdiag_protocol = IPPROTO_TCP,
            .idiag_states = ~0U,
            .id = {.idiag_sport = p->current->there.sin_port,
                   .idiag_src = {p->current->there.sin_addr.s_addr},
                   .idiag_dport = p->current->here.sin_port,
                   .idiag_dst = {p->current->here.sin_addr.s_addr},
                   .idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE}}}};
    struct {
        struct nlmsghdr header;
        struct inet_diag_msg message;
        char more[512];
    } answer;

    if (send(kernel_fd, &question, sizeof question, 0) < 0 ||
        recv(kernel_fd, &answer, sizeof answer, 0) < 0)
        stop(p, FAILED, "netlink: %s", strerror(errno));
    /* Where nobody is connected, the answer may be the socket that listens. */
    if (answer.header.nlmsg_type != SOCK_DIAG_BY_FAMILY ||
        answer.message.id.idiag_dport != p->current->here.sin_port)
        return false;
    other->unread = answer.message.idiag_rqueue;
    other->inode = answer.message.idiag_inode;
    other->state = answer.message.idiag_state;
    return true;
}

/*
 * Tells whether the other end has read all bytes we sent. First our send queue
 * must be empty: everything has arrived (TIOCOUTQ, in tcp(7)). Then the other
 * end's receive queue must be empty. After `end`, the end of file may stand in
 * it and counts as one byte there; whether it has been read does not matter.
 *
 * An end which is closed may be gone. If it went without a
 * reset, it had read everything: a close with unread bytes sends a reset (RFC
 * 9293, 3.6.1). On a reset it ends the program.
 */
static bool other_end_has_read(const struct peer *p)
{
    struct pollfd ours = {.fd = p->current->fd, .events = 0};
    int unacknowledged = 0;
    struct other_end other;

    if (poll(&ours, 1, 0) < 0)
        return false;
    if (ours.revents & POLLERR)
        stop(p, FAILED, "expected the other end to read everything, got: %s",
             strerror(socket_error(p->current->fd)));
    if (ioctl(p->current->fd, TIOCOUTQ, &unacknowledged) < 0 ||
        unacknowledged > 0)
        return false;
    if (find_other_end(p, &other))
        return other.unread <= (p->current->ended ? 1 : 0);
    return (ours.revents & POLLHUP) != 0;
}

/*
 * Tells whether we can look at the other end: it is on this machine, and the
 * kernel answers questions about sockets (sock_diag(7)).
 */
static bool other_end_is_visible(const struct peer *p)
{
    bool loopback = ntohl(p->current->there.sin_addr.s_addr) >> 24 == 127;
    bool same =
        p->current->there.sin_addr.s_addr == p->current->here.sin_addr.s_addr;

    if (kernel_fd == -1)
        kernel_fd = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_SOCK_DIAG);
    return (loopback || same) && kernel_fd != -1;
}

/*
 * Waits until the other end has read all we sent. If we cannot look at the
 * other end, it sleeps for a millisecond and hopes. When the time of the
 * run is over, or after a reset, it ends the program.
 */
static void wait_until_read(const struct peer *p)
{
    if (!other_end_is_visible(p)) {
        nap(p, 1000);
        return;
    }
    while (!other_end_has_read(p))
        nap(p, 100);
}

/*
 * Waits until a program has accepted the connection at its other end, or the
 * connection has gone. If we cannot look at it, it sleeps as above.
 */
static void wait_until_accepted(const struct peer *p)
{
    struct other_end other;

    if (!other_end_is_visible(p)) {
        nap(p, 1000);
        return;
    }
    while (find_other_end(p, &other) && other.inode == 0 &&
           (other.state == 1 || other.state == 8))
        nap(p, 100);
}

#else

/*
 * Only Linux lets us look at the other end. Elsewhere, or without the headers
 * for it: sleeps for a millisecond, and hopes. When the time of the run is
 * over, it ends the program.
 */
static void wait_until_read(const struct peer *p)
{
    nap(p, 1000);
}

static void wait_until_accepted(const struct peer *p)
{
    nap(p, 1000);
}

#endif

/* ---- The actions ---- */

/*
 * Each one finds its argument in p->argument. If the table below says that it
 * needs a connection or a listening socket, that is open. Each one ends the
 * program if it fails, and if the time of the run is over.
 */

/*
 * accept: takes the next connection: accept(2). It may be gone before we take
 * it (ECONNABORTED): then we wait for another one.
 */
static void do_accept(struct peer *p)
{
    struct sockaddr_in there;
    socklen_t size = sizeof there;
    char text[INET_ADDRSTRLEN];
    int fd;

    do {
        wait_ready(p, p->listener, POLLIN);
        fd = accept(p->listener, (struct sockaddr *)&there, &size);
    } while (fd < 0 && (again() || errno == ECONNABORTED));
    if (fd < 0)
        stop(p, FAILED, "%s", strerror(errno));
    set_nonblocking(p, fd);
    add_connection(p, fd, &there);
    inet_ntop(AF_INET, &there.sin_addr, text, sizeof text);
    printf("accepted %s:%u\n", text, (unsigned)ntohs(there.sin_port));
    flush_line(p);
}

/* open: makes N more connections to the address given to `peer connect`. */
static void do_open(struct peer *p)
{
    for (unsigned long long i = 0; i < p->argument.number; i++)
        start_connection(p, p->server);
}

/* accepted: waits until a program has accepted the connection. */
static void do_accepted(struct peer *p)
{
    wait_until_accepted(p);
}

/* call: connects to the server at ADDRESS:PORT, which may be any. */
static void do_call(struct peer *p)
{
    start_connection(p, p->argument.address);
}

/* use: connection N is the current one; 1 is the one that was made first. */
static void do_use(struct peer *p)
{
    if (p->argument.number < 1 || p->argument.number > p->count)
        stop(p, FAILED, "expected a number from 1 to %zu, got %llu", p->count,
             p->argument.number);
    p->current = &p->all[p->argument.number - 1];
}

/* pace: from now on, a read takes N bytes at most, and one comes each ms. */
static void do_pace(struct peer *p)
{
    p->pace = p->argument.number;
}

/* send, send-file: sends all the bytes. */
static void do_send(struct peer *p)
{
    send_all(p, p->argument.bytes, p->argument.size);
}

/*
 * drip, drip-file: sends one byte at a time, the next one when the other end
 * has read the one before. TCP_NODELAY (tcp(7)): each byte leaves at once.
 */
static void do_drip(struct peer *p)
{
    switch_on(p, p->current->fd, IPPROTO_TCP, TCP_NODELAY);
    for (size_t i = 0; i < p->argument.size; i++) {
        send_all(p, p->argument.bytes + i, 1);
        wait_until_read(p);
    }
}

/* drained: waits until the other end has read all bytes we sent. */
static void do_drained(struct peer *p)
{
    wait_until_read(p);
}

/*
 * Points `bytes` at what `flood` sends: bytes number `from` and so on, at most
 * CHUNK of them and none after byte `end`. Returns how many. Byte i, counted
 * from 0, is a newline if it is the last of 64 (i % 64 is 63), else the letter
 * 'a' + i % 26. That repeats after PERIOD bytes, which both 64 and 26 divide.
 */
static size_t flood_bytes(const char **bytes, unsigned long long from,
                          unsigned long long end)
{
    enum { PERIOD = 832 };
    static char pattern[PERIOD + CHUNK];

    if (!pattern[0]) {
        for (int i = 0; i < PERIOD + CHUNK; i++)
            pattern[i] = (char)(i % 64 == 63 ? '\n' : 'a' + i % 26);
    }
    *bytes = pattern + from % PERIOD;
    return end - from < CHUNK ? (size_t)(end - from) : CHUNK;
}

/* flood: sends N bytes: see flood_bytes. */
static void do_flood(struct peer *p)
{
    const char *bytes;

    while (p->sent < p->argument.number) {
        size_t size = flood_bytes(&bytes, p->sent, p->argument.number);
        send_all(p, bytes, size);
    }
}

/*
 * fill: sends as flood does, until the other end has taken nothing for N
 * milliseconds; prints how much it took.
 */
static void do_fill(struct peer *p)
{
    const char *bytes;
    struct pollfd entry = {.fd = p->current->fd, .events = POLLOUT};

    while (poll(&entry, 1, (int)p->argument.number) == 1) {
        time_left(p);
        size_t size = flood_bytes(&bytes, p->sent, p->sent + CHUNK);
        ssize_t n = write(p->current->fd, bytes, size);
        if (n < 0 && again())
            continue;
        if (n < 0)
            stop(p, FAILED, "expected a full buffer, got after %llu bytes: %s",
                 p->sent, strerror(errno));
        p->sent += (unsigned long long)n;
    }
    printf("filled %llu bytes\n", p->sent);
    flush_line(p);
}

/*
 * Reads some of what must be the same as flood sends, from byte p->received
 * on. Anything else ends the program.
 */
static void check_flood(struct peer *p)
{
    char got[CHUNK], quoted[QUOTED], quoted_got[QUOTED];
    const char *expected;
    const unsigned long long from = p->received;
    const size_t size = flood_bytes(&expected, from, p->argument.number);
    ssize_t n = receive(p, got, size);

    if (n <= 0)
        stop(p, FAILED, "expected %llu bytes back, got %llu and then: %s",
             p->argument.number, from, ending(n));
    if (memcmp(got, expected, (size_t)n) == 0)
        return;
    size_t i = 0;
    while (got[i] == expected[i])
        i++;
    stop(p, FAILED, "expected at byte %llu %s, got %s", from + i,
         quote(quoted, expected + i, size - i),
         quote(quoted_got, got + i, (size_t)n - i));
}

/* expect-flood: reads N bytes, which must be those that flood sends. */
static void do_expect_flood(struct peer *p)
{
    while (p->received < p->argument.number)
        check_flood(p);
}

/*
 * echo: sends N bytes as flood does, and at the same time reads N bytes, which
 * must be the same. So neither end waits for ever while both buffers are full.
 */
static void do_echo(struct peer *p)
{
    const char *bytes;
    struct pollfd entry = {.fd = p->current->fd};

    while (p->received < p->argument.number || p->sent < p->argument.number) {
        const bool more = p->sent < p->argument.number;
        const bool missing = p->received < p->argument.number;
        entry.events = (short)((missing ? POLLIN : 0) | (more ? POLLOUT : 0));
        int ready = poll(&entry, 1, time_left(p));
        if (ready < 0 && !again())
            stop(p, FAILED, "poll: %s", strerror(errno));
        if (ready <= 0)
            continue;
        if (missing && (entry.revents & ~POLLOUT))
            check_flood(p);
        if (more && (entry.revents & (POLLOUT | POLLERR))) {
            size_t size = flood_bytes(&bytes, p->sent, p->argument.number);
            ssize_t n = write(p->current->fd, bytes, size);
            if (n < 0 && !again())
                stop(p, FAILED,
                     "expected to send everything, got after %llu bytes: %s",
                     p->sent, strerror(errno));
            p->sent += n > 0 ? (unsigned long long)n : 0;
        }
    }
}

/*
 * Says that the `have` bytes in `got` are not the expected ones, and ends the
 * program. Takes what came after them, "" if nothing. Shows both from their
 * beginning, or from a little before the difference if that is far away.
 */
static noreturn void stop_different(const struct peer *p, const char *got,
                                    size_t have, const char *after)
{
    char quoted_expected[QUOTED], quoted_got[QUOTED];
    size_t same = 0;

    while (same < have && got[same] == p->argument.bytes[same])
        same++;
    size_t from = same < SHOWN ? 0 : same - SHOWN / 2;
    quote(quoted_expected, p->argument.bytes + from, p->argument.size - from);
    quote(quoted_got, got + from, have - from);
    stop(p, FAILED,
         "expected %s, got %s%s%s; shown from byte %zu, different at byte %zu",
         quoted_expected, quoted_got, *after ? " and then: " : "", after, from,
         same);
}

/*
 * expect, expect-file: reads as many bytes as are expected, and compares them.
 * It fails at the first difference, without waiting for the rest.
 */
static void do_expect(struct peer *p)
{
    char *got = malloc(p->argument.size + 1);
    size_t have = 0;

    if (!got)
        stop(p, FAILED, "malloc: %s", strerror(errno));
    while (have < p->argument.size) {
        ssize_t n = receive(p, got + have, p->argument.size - have);
        if (n <= 0)
            stop_different(p, got, have, ending(n));
        if (memcmp(got + have, p->argument.bytes + have, (size_t)n) != 0)
            stop_different(p, got, have + (size_t)n, "");
        have += (size_t)n;
    }
    free(got);
}

/*
 * Reads until the end of file, and writes what it reads into `file` (-1:
 * nowhere). Prints how much it was. A reset (ECONNRESET in tcp(7) and read(2))
 * or another error ends the program.
 */
static void read_until_end(struct peer *p, int file)
{
    char chunk[CHUNK], quoted[QUOTED];
    ssize_t n;

    while ((n = receive(p, chunk, sizeof chunk)) > 0) {
        if (file >= 0 && !write_all(p, file, chunk, (size_t)n))
            stop(p, FAILED, "write: %s", strerror(errno));
    }
    if (n < 0) {
        const char *error = strerror(errno);
        stop(p, FAILED,
             "expected the end of file, got %llu bytes: %s and then: %s",
             p->received, quote_received(quoted, p), error);
    }
    printf("read %llu bytes\n", p->received);
    flush_line(p);
}

/* read-to-end: reads until the end of file. */
static void do_read_to_end(struct peer *p)
{
    read_until_end(p, -1);
}

/*
 * save: reads until the end of file into a file: open(2). O_NONBLOCK: opening
 * a FIFO which nobody reads is an error, not a wait without a limit (fifo(7)).
 */
static void do_save(struct peer *p)
{
    const char *name = p->argument.word;
    int file = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK, 0666);

    if (file < 0)
        stop(p, FAILED, "%s: %s", name, strerror(errno));
    read_until_end(p, file);
    if (close(file) < 0)
        stop(p, FAILED, "%s: %s", name, strerror(errno));
}

/*
 * read: reads N bytes, whatever they are. The end of file or an error before
 * that ends the program.
 */
static void do_read(struct peer *p)
{
    char chunk[CHUNK], quoted[QUOTED];

    while (p->received < p->argument.number) {
        unsigned long long left = p->argument.number - p->received;
        ssize_t n = receive(p, chunk, left < CHUNK ? (size_t)left : CHUNK);
        if (n <= 0) {
            const char *how = ending(n);
            stop(p, FAILED, "expected %llu bytes, got %llu: %s and then: %s",
                 p->argument.number, p->received, quote_received(quoted, p),
                 how);
        }
    }
}

/*
 * quiet: for N milliseconds nothing may come, no byte, no end of file, no
 * reset. With 0 it only looks whether something is there now.
 */
static void do_quiet(struct peer *p)
{
    char bytes[SHOWN + 1], quoted[QUOTED];
    struct pollfd entry = {.fd = p->current->fd, .events = POLLIN};
    const long long until = now_ms() + (long long)p->argument.number;

    do {
        const long long left = until - now_ms();
        if (poll(&entry, 1, left > 0 ? (int)left : 0) == 1) {
            ssize_t n = receive(p, bytes, sizeof bytes);
            if (n < 0)
                stop(p, FAILED, "expected nothing, got: %s", strerror(errno));
            stop(p, FAILED, "expected nothing, got %s",
                 n == 0 ? "end of file" : quote(quoted, bytes, (size_t)n));
        }
    } while (now_ms() < until);
}

/*
 * expect-closed: the next read(2) must tell that the other end has closed: it
 * returns 0, the end of file, or fails with ECONNRESET, a reset.
 */
static void do_expect_closed(struct peer *p)
{
    char bytes[SHOWN + 1], quoted[QUOTED];
    ssize_t n = receive(p, bytes, sizeof bytes);

    if (n < 0 && errno != ECONNRESET && errno != EPIPE)
        stop(p, FAILED, "expected that it is closed, got: %s",
             strerror(errno));
    if (n > 0)
        stop(p, FAILED, "expected that it is closed, got %s",
             quote(quoted, bytes, (size_t)n));
}

/* expect-end: the next read(2) must return 0, the end of file. */
static void do_expect_end(struct peer *p)
{
    char bytes[SHOWN + 1], quoted[QUOTED];
    ssize_t n = receive(p, bytes, sizeof bytes);

    if (n < 0)
        stop(p, FAILED, "expected the end of file, got: %s", strerror(errno));
    if (n > 0)
        stop(p, FAILED, "expected the end of file, got %s",
             quote(quoted, bytes, (size_t)n));
}

/* expect-reset: reads until a reset, ECONNRESET in read(3p). */
static void do_expect_reset(struct peer *p)
{
    char chunk[CHUNK];
    ssize_t n;

    do
        n = receive(p, chunk, sizeof chunk);
    while (n > 0);
    if (n == 0 || errno != ECONNRESET)
        stop(p, FAILED, "expected a reset, got after %llu bytes: %s",
             p->received, ending(n));
}

/*
 * unread: waits until there is something to read, and looks at it without
 * taking it: MSG_PEEK in recv(2). The end of file is not something.
 */
static void do_unread(struct peer *p)
{
    char byte;
    ssize_t n;

    do {
        wait_ready(p, p->current->fd, POLLIN);
        n = recv(p->current->fd, &byte, 1, MSG_PEEK);
    } while (n < 0 && again());
    if (n <= 0)
        stop(p, FAILED, "expected at least one byte, got: %s", ending(n));
}

/*
 * end: nothing more will be sent; the other end reads the end of file:
 * shutdown(2).
 */
static void do_end(struct peer *p)
{
    if (shutdown(p->current->fd, SHUT_WR) < 0)
        stop(p, FAILED, "shutdown: %s", strerror(errno));
    p->current->ended = true;
}

/*
 * close: close(2). If received bytes are still unread, the kernel sends a
 * reset (RFC 9293, 3.6.1).
 */
static void do_close(struct peer *p)
{
    int fd = p->current->fd;

    p->current->fd = -1;
    if (close(fd) < 0)
        stop(p, FAILED, "close: %s", strerror(errno));
}

/*
 * reset: a close which sends a reset, because it may linger for 0 seconds:
 * SO_LINGER in socket(7).
 */
static void do_reset(struct peer *p)
{
    struct linger none = {.l_onoff = 1, .l_linger = 0};
    int fd = p->current->fd;

    if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none) < 0)
        stop(p, FAILED, "setsockopt: %s", strerror(errno));
    do_close(p);
}

/* stop-listening: closes the listening socket: close(2). */
static void do_stop_listening(struct peer *p)
{
    int fd = p->listener;

    p->listener = -1;
    if (close(fd) < 0)
        stop(p, FAILED, "close: %s", strerror(errno));
}

/* say: prints a line. */
static void do_say(struct peer *p)
{
    fwrite(p->argument.bytes, 1, p->argument.size, stdout);
    putchar('\n');
    flush_line(p);
}

/*
 * Reads one byte from standard input, and nothing of what follows it. Returns
 * it, or EOF at the end of file. On an error it ends the program.
 */
static int read_stdin(const struct peer *p)
{
    char byte;
    ssize_t n = read_some(p, STDIN_FILENO, &byte, 1);

    if (n < 0)
        stop(p, FAILED, "stdin: %s", strerror(errno));
    return n == 0 ? EOF : (unsigned char)byte;
}

/* wait: reads a line from standard input, or the end of file. */
static void do_wait(struct peer *p)
{
    int byte;

    do
        byte = read_stdin(p);
    while (byte != '\n' && byte != EOF);
}

/* hold: reads standard input until its end. */
static void do_hold(struct peer *p)
{
    while (read_stdin(p) != EOF)
        continue;
}

/* pause: waits for N milliseconds. */
static void do_pause(struct peer *p)
{
    long long until = now_ms() + (long long)p->argument.number;

    while (now_ms() < until)
        nap(p, 1000);
}

/* ---- The table of actions ---- */

enum kind { NOTHING, TEXT, CONTENT, PATH, NUMBER, NAME }; /* of argument */
static const char *const kind_names[] = {"",     "TEXT", "FILE",
                                         "FILE", "N",    "A:P"};

enum need { NO_SOCKET, LISTENER, SERVER, CONNECTION };

struct action {
    const char *name;
    enum kind kind; /* NOTHING: no argument; any other: one argument */
    enum need need; /* what must be open */
    void (*function)(struct peer *p);
    const char *help;
};

static const struct action actions[] = {
    /* clang-format off */
    {"accept", NOTHING, LISTENER, do_accept,
     "take the next connection; print it"},
    {"open", NUMBER, SERVER, do_open,
     "connect N more times, as at the beginning"},
    {"call", NAME, NO_SOCKET, do_call,
     "connect to ADDRESS:PORT"},
    {"accepted", NOTHING, CONNECTION, do_accepted,
     "wait until the server has accepted us"},
    {"use", NUMBER, NO_SOCKET, do_use,
     "go on with connection N; 1 is the first made"},
    {"pace", NUMBER, NO_SOCKET, do_pace,
     "read N bytes at a time, each ms (0: at once)"},
    {"send", TEXT, CONNECTION, do_send,
     "send all of TEXT"},
    {"send-file", CONTENT, CONNECTION, do_send,
     "send all bytes of FILE"},
    {"drip", TEXT, CONNECTION, do_drip,
     "send TEXT by bytes, each read before the next"},
    {"drip-file", CONTENT, CONNECTION, do_drip,
     "the same with the bytes of FILE"},
    {"drained", NOTHING, CONNECTION, do_drained,
     "wait until all we sent has been read"},
    {"flood", NUMBER, CONNECTION, do_flood,
     "send N bytes, abc..., every 64th a newline"},
    {"fill", NUMBER, CONNECTION, do_fill,
     "flood, until nothing is taken for N ms"},
    {"echo", NUMBER, CONNECTION, do_echo,
     "flood N bytes, and expect them back"},
    {"expect", TEXT, CONNECTION, do_expect,
     "read as many bytes as TEXT; compare them"},
    {"expect-file", CONTENT, CONNECTION, do_expect,
     "the same with the bytes of FILE"},
    {"expect-flood", NUMBER, CONNECTION, do_expect_flood,
     "read N bytes, the same that flood sends"},
    {"read", NUMBER, CONNECTION, do_read,
     "read N bytes, whatever they are"},
    {"quiet", NUMBER, CONNECTION, do_quiet,
     "nothing comes for N ms (0: nothing is there)"},
    {"read-to-end", NOTHING, CONNECTION, do_read_to_end,
     "read until end of file; print how much"},
    {"save", PATH, CONNECTION, do_save,
     "the same, into FILE"},
    {"expect-end", NOTHING, CONNECTION, do_expect_end,
     "the next read is end of file"},
    {"expect-closed", NOTHING, CONNECTION, do_expect_closed,
     "the next read is end of file, or a reset"},
    {"expect-reset", NOTHING, CONNECTION, do_expect_reset,
     "read until a reset comes"},
    {"unread", NOTHING, CONNECTION, do_unread,
     "wait for a byte, but do not read it"},
    {"end", NOTHING, CONNECTION, do_end,
     "send end of file; reading goes on"},
    {"close", NOTHING, CONNECTION, do_close,
     "close the connection"},
    {"reset", NOTHING, CONNECTION, do_reset,
     "close the connection with a reset"},
    {"stop-listening", NOTHING, LISTENER, do_stop_listening,
     "close the listening socket"},
    {"say", TEXT, NO_SOCKET, do_say,
     "print TEXT as a line"},
    {"wait", NOTHING, NO_SOCKET, do_wait,
     "wait for a line, or the end, of stdin"},
    {"hold", NOTHING, NO_SOCKET, do_hold,
     "keep everything open until stdin ends"},
    {"pause", NUMBER, NO_SOCKET, do_pause,
     "wait for N milliseconds"},
    /* clang-format on */
};

enum { ACTIONS = sizeof actions / sizeof actions[0] };

/*
 * Returns the action with this name; ends the program if there is none.
 */
static const struct action *find_action(const char *name)
{
    for (size_t i = 0; i < ACTIONS; i++) {
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    }
    stop_usage("unknown action", name);
}

/* Tells whether a word says that the action after it is for all connections */
static bool is_each(const char *word)
{
    return strcmp(word, "each") == 0 || strcmp(word, "each-backwards") == 0;
}

/* Prints how to use peer, and the table. */
static void print_help(void)
{
    puts("usage: peer [-t SECONDS] [-b BYTES] listen ADDRESS PORT ACTION...\n"
         "       peer [-t SECONDS] [-b BYTES] connect ADDRESS PORT ACTION...\n"
         "       peer [-t SECONDS] reserve\n"
         "       peer --help\n"
         "The other end of TCP connections, for tests. -t: time limit (10).\n"
         "-b: the size of each receive buffer; send buffers are small, too.\n"
         "reserve: prints a free port, and keeps it until the shell ends.\n"
         "Exit: 0 success, 1 an action failed, 2 wrong usage, 3 time over.\n"
         "In TEXT, \\n \\r \\t \\\\ \\0 \\xHH are one byte each, \\L is "
         "our name\n(ADDRESS:PORT) on this connection, \\P that of the other "
         "end.\n"
         "each ACTION: on every open connection. each-backwards: newest "
         "first.\n"
         "Actions:");
    for (size_t i = 0; i < ACTIONS; i++)
        printf("  %-14s %-4s  %s\n", actions[i].name,
               kind_names[actions[i].kind], actions[i].help);
}

/* ---- Arguments ---- */

/*
 * Reads a decimal number from `text`: digits only, strtoull(3). Returns false
 * if it is no number or larger than `largest`.
 */
static bool parse_number(const char *text, unsigned long long largest,
                         unsigned long long *number)
{
    if (*text == '\0' || text[strspn(text, "0123456789")] != '\0')
        return false;
    errno = 0;
    *number = strtoull(text, NULL, 10);
    return errno == 0 && *number <= largest;
}

/*
 * Makes an IPv4 address from words: inet_pton(3), ip(7). Wrong ones end the
 * program.
 */
static struct sockaddr_in parse_address(const char *address, const char *port)
{
    struct sockaddr_in parsed;
    unsigned long long number;

    memset(&parsed, 0, sizeof parsed);
    parsed.sin_family = AF_INET;
    if (inet_pton(AF_INET, address, &parsed.sin_addr) != 1)
        stop_usage("not an IPv4 address", address);
    if (!parse_number(port, 65535, &number))
        stop_usage("not a port", port);
    parsed.sin_port = htons((in_port_t)number);
    return parsed;
}

/*
 * Makes an IPv4 address from one word, ADDRESS:PORT. A wrong one ends the
 * program.
 */
static struct sockaddr_in parse_name(const char *word)
{
    char address[INET_ADDRSTRLEN] = "";
    const char *colon = strchr(word, ':');

    if (!colon || colon - word >= INET_ADDRSTRLEN)
        stop_usage("not ADDRESS:PORT", word);
    memcpy(address, word, (size_t)(colon - word));
    return parse_address(address, colon + 1);
}

/*
 * Writes the escape at `text`, which begins after the backslash, into `bytes`,
 * and their number into `size`. Takes the connection that \L and \P name.
 * Returns how many characters the escape has; 0 if it is wrong.
 */
static size_t parse_escape(const struct connection *connection,
                           const char *text, char *bytes, size_t *size)
{
    static const char letters[] = "nrt\\0";
    static const char meant[] = "\n\r\t\\"; /* and the '\0' that ends it */
    const char *found = *text == '\0' ? NULL : strchr(letters, *text);

    *size = 1;
    if (found) {
        *bytes = meant[found - letters];
        return 1;
    }
    if (*text == 'L' || *text == 'P') {
        const struct sockaddr_in *name =
            *text == 'L' ? &connection->here : &connection->there;
        inet_ntop(AF_INET, &name->sin_addr, bytes, INET_ADDRSTRLEN);
        *size = strlen(bytes);
        *size += (size_t)sprintf(bytes + *size, ":%u",
                                 (unsigned)ntohs(name->sin_port));
        return 1;
    }
    if (text[0] != 'x' || !isxdigit((unsigned char)text[1]) ||
        !isxdigit((unsigned char)text[2]))
        return 0;
    const char digits[] = {text[1], text[2], '\0'};
    *bytes = (char)strtol(digits, NULL, 16);
    return 3;
}

/*
 * Puts the bytes of TEXT, after its escapes, into `bytes`, which has room for
 * LONGEST_ESCAPE bytes for each character of it. Returns false if an escape is
 * wrong, else their number in `size`.
 */
static bool parse_text(const struct connection *connection, const char *text,
                       char *bytes, size_t *size)
{
    *size = 0;
    while (*text != '\0') {
        size_t added = 1;
        if (*text == '\\') {
            size_t length =
                parse_escape(connection, text + 1, bytes + *size, &added);
            if (length == 0)
                return false;
            text += length + 1;
        } else {
            bytes[*size] = *text++;
        }
        *size += added;
    }
    return true;
}

/*
 * Reads all of a file into `argument`: open(2), read(2). It may also be a pipe
 * or a FIFO; O_NONBLOCK: opening it does not wait for a writer (fifo(7)), our
 * poll does. On an error it ends the program.
 */
static void load_file(const struct peer *p, struct argument *argument)
{
    int file = open(argument->word, O_RDONLY | O_NONBLOCK);
    ssize_t n = file < 0 ? -1 : 1;

    while (n > 0) {
        char *larger = realloc(argument->bytes, argument->size + CHUNK);
        if (!larger)
            stop(p, FAILED, "realloc: %s", strerror(errno));
        argument->bytes = larger;
        n = read_some(p, file, argument->bytes + argument->size, CHUNK);
        if (n > 0)
            argument->size += (size_t)n;
    }
    if (n < 0)
        stop(p, FAILED, "%s: %s", argument->word, strerror(errno));
    close(file);
}

/*
 * Makes the argument of an action from the word on the command line. The
 * caller frees argument.bytes. A wrong word ends the program: with FAILED if a
 * file cannot be read, else with WRONG_USAGE.
 */
static struct argument make_argument(const struct peer *p,
                                     const struct action *action,
                                     const char *word)
{
    struct argument argument = {.word = word, .number = 0};

    if (action->kind == NUMBER &&
        !parse_number(word, LARGEST_NUMBER, &argument.number))
        stop_usage("not a number, or too large", word);
    if (action->kind == TEXT) {
        argument.bytes = malloc(LONGEST_ESCAPE * strlen(word) + 1);
        if (!argument.bytes)
            stop(p, FAILED, "malloc: %s", strerror(errno));
        if (!parse_text(p->current, word, argument.bytes, &argument.size))
            stop_usage("unknown escape in the text", word);
    }
    if (action->kind == NAME)
        argument.address = parse_name(word);
    if (action->kind == CONTENT)
        load_file(p, &argument);
    return argument;
}

/*
 * Checks the actions and their arguments, all before the first socket. It
 * looks at no file: a file may come into being while we run. A wrong word ends
 * the program.
 */
static void check_actions(const struct peer *p, bool listening, char **words)
{
    if (!*words)
        stop_usage("missing", "ACTION");
    while (*words) {
        if (is_each(*words) && !*++words)
            stop_usage("missing", "ACTION");
        const struct action *action = find_action(*words++);
        if (action->need == LISTENER && !listening)
            stop_usage("only for listen", action->name);
        if (action->need == SERVER && listening)
            stop_usage("only for connect", action->name);
        if (action->kind == NOTHING)
            continue;
        if (!*words)
            stop_usage("missing argument", action->name);
        if (action->kind != CONTENT)
            free(make_argument(p, action, *words).bytes);
        words++;
    }
}

/*
 * Carries out one action. If what it needs is not open, that is a failure.
 */
static void run_action(struct peer *p, const struct action *action,
                       const char *word)
{
    p->sent = 0;
    p->received = 0;
    if (action->need == CONNECTION && p->current->fd < 0)
        stop(p, FAILED, "expected an open connection, got none");
    if (action->need == LISTENER && p->listener < 0)
        stop(p, FAILED, "expected a listening socket, got none");

    p->argument = make_argument(p, action, word);
    action->function(p);
    free(p->argument.bytes);
}

/*
 * Carries out an action on every connection that is open, the oldest first, or
 * last. Afterwards the current connection is again what it was.
 */
static void run_each(struct peer *p, const struct action *action,
                     const char *word, bool backwards)
{
    const size_t count = p->count;
    const size_t before = (size_t)(p->current - p->all);

    for (size_t i = 0; i < count; i++) {
        p->current = &p->all[backwards ? count - 1 - i : i];
        if (p->current->fd >= 0)
            run_action(p, action, word);
    }
    if (count > 0)
        p->current = &p->all[before];
}

/*
 * Carries out all actions, in order.
 */
static void run_actions(struct peer *p, char **words)
{
    while (*words) {
        const char *each = is_each(*words) ? *words++ : NULL;
        const struct action *action = find_action(*words++);
        const char *word = action->kind == NOTHING ? "" : *words++;

        p->number++;
        p->name = action->name;
        if (each)
            run_each(p, action, word, strcmp(each, "each") != 0);
        else
            run_action(p, action, word);
    }
}

/*
 * `peer reserve`: finds a free port that nobody else has reserved, prints it,
 * and keeps it reserved until the process which started us has ended. Free
 * means: bind(2) takes it for all addresses, without SO_REUSEADDR. Reserved
 * means: the UDP port of the same number is bound, which no server over TCP
 * is hindered by (udp(7)). When no port is free, it ends the program.
 */
static void reserve(const struct peer *p)
{
    const unsigned ports = LAST_PORT - FIRST_PORT + 1;
    const pid_t parent = getppid();
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    unsigned long start = (unsigned long)now.tv_nsec / 1000 * 7919 +
                          (unsigned long)getpid() * 104729;
    for (unsigned i = 0; i < ports; i++) {
        struct sockaddr_in address = {.sin_family = AF_INET};
        address.sin_port =
            htons((in_port_t)(FIRST_PORT + (start + i) % ports));
        if (looks_the_same(address.sin_port))
            continue;
        const int probe = open_socket(p);
        const int lock = socket(AF_INET, SOCK_DGRAM, 0);
        if (lock == -1)
            stop(p, FAILED, "socket: %s", strerror(errno));

        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        bool ours =
            bind(lock, (struct sockaddr *)&address, sizeof address) == 0;
        address.sin_addr.s_addr = htonl(INADDR_ANY);
        ours = ours &&
               bind(probe, (struct sockaddr *)&address, sizeof address) == 0;
        close(probe);
        if (ours) {
            printf("%u\n", (unsigned)ntohs(address.sin_port));
            flush_line(p);
            while (getppid() == parent)
                nap(p, 50000);
            exit(SUCCEEDED);
        }
        close(lock);
    }
    stop(p, FAILED, "expected a free port, got none from %d to %d", FIRST_PORT,
         LAST_PORT);
}

/*
 * Reads an option with a number behind it, such as -t SECONDS, if it is there.
 * Returns the words after it. A wrong number ends the program.
 */
static char **parse_option(char **words, const char *name,
                           unsigned long long largest,
                           unsigned long long *number)
{
    if (!words[0] || strcmp(words[0], name) != 0)
        return words;
    if (!words[1])
        stop_usage("missing argument", name);
    if (!parse_number(words[1], largest, number) || *number == 0)
        stop_usage("not a number, or too large", words[1]);
    return words + 2;
}

/* Allows us as many connections as we may have at all: setrlimit(2). */
static void raise_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/*
 * First checks the whole command line, then starts the clock and carries it
 * out. SIGPIPE is ignored, so that a write to a closed connection is an error
 * (EPIPE) and does not kill us: signal(7), send(2). exit closes everything.
 */
int main(int argc, char **argv)
{
    static struct connection none = {.fd = -1};
    struct peer peer = {
        .listener = -1, .current = &none, .limit = DEFAULT_LIMIT};

    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        print_help();
        return SUCCEEDED;
    }
    char **words = parse_option(argv + 1, "-t", LARGEST_LIMIT, &peer.limit);
    words = parse_option(words, "-b", LARGEST_BUFFER, &peer.buffer);
    peer.deadline = now_ms() + (long long)peer.limit * 1000;
    if (words[0] && !words[1] && strcmp(words[0], "reserve") == 0) {
        peer.name = words[0];
        reserve(&peer);
    }
    if (!words[0] || !words[1] || !words[2])
        stop_usage("missing", "listen or connect, ADDRESS, PORT");
    bool listening = strcmp(words[0], "listen") == 0;
    if (!listening && strcmp(words[0], "connect") != 0)
        stop_usage("neither listen nor connect", words[0]);
    peer.server = parse_address(words[1], words[2]);
    check_actions(&peer, listening, words + 3);

    signal(SIGPIPE, SIG_IGN);
    raise_limit();
    peer.name = words[0];
    peer.deadline = now_ms() + (long long)peer.limit * 1000;
    if (listening)
        start_listening(&peer, peer.server);
    else
        start_connection(&peer, peer.server);
    run_actions(&peer, words + 3);
    return SUCCEEDED;
}
