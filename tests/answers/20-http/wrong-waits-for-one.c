/*
 * Wrong: waits for the rest of one request, and all wait with it.
 * Fails at: a slow client does not hold up the others
 */
#define _GNU_SOURCE

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const char program[] = "http";
static const char usage[] = "usage: http PORT DIRECTORY\n";

enum {
    LONGEST = 8192, /* bytes in the head of a request */
    EVENTS = 256,
    PATIENCE = 60 /* seconds for a request to come, or an answer to go */
};

struct client {
    size_t have, searched; /* bytes in `in`; how many hold no end of a head */
    char in[LONGEST + 1];
    unsigned long long body; /* bytes of a body: they are dropped */
    size_t from, to;         /* of `out`: bytes that are still to be sent */
    char out[LONGEST];       /* the head of an answer; a small file, too */
    int file_fd;             /* then the rest of a large one; -1: none */
    off_t offset, end;       /* of the file: what is still to be sent */
    bool last;               /* close after this answer */
    bool parting;            /* our end is sent, we wait for the client's */
    bool writing;            /* we wait until it takes more */
    time_t since;            /* when it last got on */
};
static struct client **clients; /* one for each descriptor; NULL: none */
static int highest_fd;          /* the highest descriptor of a client */
static int epoll_fd, root_fd;
static time_t now;

/* What a request asks for. */
struct request {
    const char *path; /* decoded, below the directory */
    bool head;        /* only the head of the answer */
    bool known;       /* a method that we have */
    bool close, expects;
    unsigned long long body;
};

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

/* ---- The request */

/* Whether a text is a token: RFC 9110, 5.6.2. Names are made of these. */
static bool is_token(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!isalnum((unsigned char)text[i]) &&
            (text[i] == '\0' || !strchr("!#$%&'*+-.^_`|~", text[i])))
            return false;
    }
    return length > 0;
}

/*
 * Cuts the next line off a head, and returns it without its end, which is CRLF
 * or a bare LF. Returns NULL for a CR elsewhere: RFC 9112, 2.2.
 */
static char *cut_line(char **head)
{
    char *line = *head, *end = strchr(line, '\n');

    *head = end + 1;
    if (end > line && end[-1] == '\r')
        end--;
    *end = '\0';
    return strchr(line, '\r') ? NULL : line;
}

/* The value of a hexadecimal digit, or -1. */
static int hex(char digit)
{
    if (isdigit((unsigned char)digit))
        return digit - '0';
    return isxdigit((unsigned char)digit) ? tolower(digit) - 'a' + 10 : -1;
}

/* Decodes each %XX, once: RFC 3986, 2.1. Returns false for what is none. */
static bool decode(char *text)
{
    char *to = text;

    for (; *text; text++) {
        if (*text == '%') {
            const int high = hex(text[1]), low = high < 0 ? -1 : hex(text[2]);
            if (low < 0 || high + low == 0) /* not hexadecimal; a NUL */
                return false;
            *to++ = (char)(high << 4 | low);
            text += 2;
        } else {
            *to++ = *text;
        }
    }
    *to = '\0';
    return true;
}

/*
 * Takes the target of a request, a path or a whole URL (RFC 9112, 3.2), and
 * makes it a path below the directory. Returns false for what is neither.
 */
static bool take_target(struct request *request, char *target)
{
    if (strncasecmp(target, "http://", 7) == 0) {
        target += 7 + strcspn(target + 7, "/?");
        if (*target != '/')
            *--target = '/';
    }
    if (*target != '/')
        return false;
    for (const char *at = target; *at; at++) {
        if (iscntrl((unsigned char)*at))
            return false;
    }
    target[strcspn(target, "?#")] = '\0';
    if (!decode(target))
        return false;
    request->path = target + strspn(target, "/");
    return true;
}

/* Takes the number of a Content-Length. Returns false for what is none. */
static bool take_length(const char *value, unsigned long long *length)
{
    char *end;
    errno = 0;
    *length = strtoull(value, &end, 10);
    return isdigit((unsigned char)*value) && *end == '\0' && errno == 0;
}

/* Whether a list with commas in a field has this word, in any case. */
static bool has_word(const char *list, const char *word)
{
    while (*list) {
        list += strspn(list, ", \t");
        const size_t length = strcspn(list, ", \t");
        if (length == strlen(word) && strncasecmp(list, word, length) == 0)
            return true;
        list += length;
    }
    return false;
}

/*
 * Takes one field of a head, `Name: value`. Returns false when it breaks the
 * rules: RFC 9112, 5. Those we do not know are passed over.
 */
static bool take_field(struct request *request, char *line, int *hosts,
                       bool *has_length)
{
    char *value = strchr(line, ':');
    unsigned long long length;

    /* A blank before the colon, or at the beginning, is no token. */
    if (!value || !is_token(line, (size_t)(value - line)))
        return false;
    *value++ = '\0';
    value += strspn(value, " \t");
    for (size_t end = strlen(value); end > 0 && strchr(" \t", value[end - 1]);
         end--)
        value[end - 1] = '\0';

    if (strcasecmp(line, "Host") == 0) {
        ++*hosts;
        return value[strcspn(value, " \t/?#@\\")] == '\0';
    }
    if (strcasecmp(line, "Content-Length") == 0) {
        if (!take_length(value, &length) ||
            (*has_length && length != request->body))
            return false;
        *has_length = true;
        request->body = length;
    }
    if (strcasecmp(line, "Connection") == 0 && has_word(value, "close"))
        request->close = true;
    if (strcasecmp(line, "Expect") == 0)
        request->expects = strcasecmp(value, "100-continue") == 0;
    /* We cannot tell where such a body ends: better none than a wrong end. */
    return strcasecmp(line, "Transfer-Encoding") != 0;
}

/*
 * Takes the whole head of a request, a string. Returns false when it breaks
 * the rules: then nobody knows where the next request would begin.
 */
static bool take_request(struct request *request, char *head)
{
    int hosts = 0;
    bool has_length = false;
    char *line = cut_line(&head);
    char *target = line ? strchr(line, ' ') : NULL;
    char *version = target ? strchr(target + 1, ' ') : NULL;

    if (!version)
        return false;
    *target++ = *version++ = '\0';
    if (!is_token(line, strlen(line)) || strncmp(version, "HTTP/1.", 7) != 0 ||
        !isdigit((unsigned char)version[7]) || version[8] != '\0')
        return false;
    request->head = strcmp(line, "HEAD") == 0;
    request->known = request->head || strcmp(line, "GET") == 0;
    if (request->known && !take_target(request, target))
        return false;
    request->close = version[7] == '0';

    while ((line = cut_line(&head)) && *line) {
        if (!take_field(request, line, &hosts, &has_length))
            return false;
    }
    return line && (hosts == 1 || (hosts == 0 && version[7] == '0'));
}

/* ---- The answer */

/*
 * Opens a path below the directory. Links and `..` may lead where they like,
 * as long as that is below: else the kernel says EXDEV, see openat2(2).
 */
static int open_below(const char *path)
{
    /* As in <linux/openat2.h>; 8 is RESOLVE_BENEATH. */
    const struct {
        uint64_t flags, mode, resolve;
    } how = {.flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
             .resolve = 8};

    return (int)syscall(SYS_openat2, root_fd, *path ? path : ".", &how,
                        sizeof how);
}

/*
 * Opens the file that a path means: of a directory, its index.html; then the
 * path is that. Returns the status of the answer: 200, and the file and what
 * fstat(2) says about it; or why not.
 */
static int open_file(const char **path, int *fd, struct stat *about)
{
    static char index[LONGEST + 16];

    *fd = open_below(*path);
    if (*fd != -1 && fstat(*fd, about) == 0 && S_ISDIR(about->st_mode)) {
        close(*fd);
        snprintf(index, sizeof index, "%s/index.html", **path ? *path : ".");
        *path = index;
        *fd = open_below(index);
    }
    if (*fd == -1) {
        const int error = errno;
        if (error == EACCES || error == EXDEV || error == ELOOP ||
            error == EPERM)
            return 403;
        return error == EMFILE || error == ENFILE ? 503 : 404;
    }
    if (fstat(*fd, about) == -1 || !S_ISREG(about->st_mode)) {
        close(*fd);
        *fd = -1;
        return 403;
    }
    return 200;
}

/* The media type that the end of a name stands for. */
static const char *type_of(const char *path)
{
    static const char *const types[][2] = {
        {".html", "text/html"},     {".css", "text/css"},
        {".js", "text/javascript"}, {".txt", "text/plain"},
        {".png", "image/png"},      {".jpg", "image/jpeg"},
        {".svg", "image/svg+xml"},
    };
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *end = strrchr(name, '.');

    for (size_t i = 0; end && i < sizeof types / sizeof types[0]; i++) {
        if (strcasecmp(end, types[i][0]) == 0)
            return types[i][1];
    }
    return "application/octet-stream";
}

/* What a status means, for the people. */
static const char *reason(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 400:
        return "Bad Request";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 431:
        return "Request Header Fields Too Large";
    default:
        return "Service Unavailable";
    }
}

/* The date of now as HTTP writes it. It changes once a second. */
static const char *date(void)
{
    static char text[64];
    static time_t written;
    struct tm parts;

    if (written != now) {
        written = now;
        strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT",
                 gmtime_r(&now, &parts));
    }
    return text;
}

/* Puts something into `out`, as printf(3) does. The room is known to do. */
static void put(struct client *client, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    client->to +=
        (size_t)vsnprintf(client->out + client->to,
                          sizeof client->out - client->to, format, list);
    va_end(list);
}

/* Prepares an answer that is no file: what is wrong. */
static void answer_status(struct client *client, int status, bool head)
{
    char text[64];
    const int length =
        snprintf(text, sizeof text, "%d %s\n", status, reason(status));

    put(client, "HTTP/1.1 %d %s\r\nDate: %s\r\n", status, reason(status),
        date());
    put(client, "Content-Type: text/plain\r\nContent-Length: %d\r\n%s%s\r\n",
        length, status == 405 ? "Allow: GET, HEAD\r\n" : "",
        client->last ? "Connection: close\r\n" : "");
    if (!head)
        put(client, "%s", text);
}

/* Prepares an answer with a file. */
static void answer_file(struct client *client, int fd, const char *type,
                        off_t size, bool head)
{
    put(client,
        "HTTP/1.1 200 OK\r\nDate: %s\r\nContent-Type: %s\r\n"
        "Content-Length: %lld\r\n%s\r\n",
        date(), type, (long long)size,
        client->last ? "Connection: close\r\n" : "");
    client->file_fd = fd;
    client->offset = 0;
    client->end = head ? 0 : size;

    /* A small file goes with the head, in one write(2). */
    if (client->end <= (off_t)(sizeof client->out - client->to)) {
        const ssize_t got =
            read(fd, client->out + client->to, (size_t)client->end);
        if (got > 0) {
            client->to += (size_t)got;
            client->offset = got;
        }
    }
}

/* Answers a request whose head has come: a string, if it has no NUL. */
static void answer(struct client *client, char *head, size_t length)
{
    struct request request = {.path = NULL};
    struct stat about;
    int fd;

    if (memchr(head, '\0', length) || !take_request(&request, head)) {
        client->last = true;
        answer_status(client, 400, false);
        return;
    }
    client->last = request.close;
    client->body = request.body;
    if (request.expects && request.body > 0)
        put(client, "HTTP/1.1 100 Continue\r\n\r\n");
    if (!request.known) {
        answer_status(client, 405, false);
        return;
    }
    const int status = open_file(&request.path, &fd, &about);
    if (status == 200)
        answer_file(client, fd, type_of(request.path), about.st_size,
                    request.head);
    else
        answer_status(client, status, request.head);
}

/* ---- The connection */

/* Whether an answer, or a part of one, is still to be sent. */
static bool is_busy(const struct client *client)
{
    return client->from < client->to || client->offset < client->end;
}

/* Sends on, as far as the client takes it. Returns false when it has gone. */
static bool send_answer(int fd, struct client *client)
{
    while (client->from < client->to) {
        /* MSG_MORE: the file follows, wait for it to fill the packet. */
        const ssize_t taken =
            send(fd, client->out + client->from, client->to - client->from,
                 client->offset < client->end ? MSG_MORE : 0);
        if (taken == -1)
            return not_ready();
        client->from += (size_t)taken;
        client->since = now;
    }
    while (client->offset < client->end) {
        const ssize_t taken = sendfile(fd, client->file_fd, &client->offset,
                                       (size_t)(client->end - client->offset));
        if (taken == -1)
            return not_ready();
        if (taken == 0)
            return false; /* The file is shorter now than we have said. */
        client->since = now;
    }
    return true;
}

/*
 * Closes what an answer needed. After the last one we send our end, and wait
 * for the client's: close(2) with unread bytes is a reset, and could take the
 * answer away from it. RFC 9112, 9.6.
 */
static void end_answer(int fd, struct client *client)
{
    if (client->file_fd != -1)
        close(client->file_fd);
    client->file_fd = -1;
    client->from = client->to = 0;
    client->offset = client->end = 0;
    if (client->last) {
        shutdown(fd, SHUT_WR);
        client->parting = true;
    }
}

/* Takes bytes away from the beginning of what has come. */
static void drop(struct client *client, size_t length)
{
    client->have -= length;
    client->searched = 0;
    memmove(client->in, client->in + length, client->have);
}

/*
 * The length of the head at the beginning of what has come, up to the empty
 * line at its end; 0: its end has not come yet. Empty lines before it are
 * passed over: RFC 9112, 2.2.
 */
static size_t head_length(struct client *client)
{
    const char *in = client->in;

    while (client->have > 0 &&
           (in[0] == '\n' ||
            (client->have > 1 && in[0] == '\r' && in[1] == '\n')))
        drop(client, in[0] == '\n' ? 1 : 2);

    const char *end = in + client->have, *at = in + client->searched;
    while ((at = memchr(at, '\n', (size_t)(end - at)))) {
        at++;
        if (at < end && *at == '\n')
            return (size_t)(at - in) + 1;
        if (at + 1 < end && at[0] == '\r' && at[1] == '\n')
            return (size_t)(at - in) + 2;
    }
    client->searched = client->have > 2 ? client->have - 2 : 0;
    return 0;
}

/*
 * Answers the requests that have come, one after the other, until one is not
 * complete or the client takes no more. Returns false when it has gone.
 */
static bool serve(int fd, struct client *client)
{
    for (;;) {
        if (is_busy(client)) {
            if (!send_answer(fd, client))
                return false;
            if (is_busy(client))
                return true;
            end_answer(fd, client);
        }
        if (client->parting) {
            client->have = 0;
            return true;
        }
        const size_t body =
            client->body < client->have ? (size_t)client->body : client->have;
        client->body -= body;
        drop(client, body);

        const size_t length = client->body > 0 ? 0 : head_length(client);
        if (length > 0) {
            const char after = client->in[length];
            client->in[length] = '\0';
            client->since = now;
            answer(client, client->in, length);
            client->in[length] = after;
            drop(client, length);
        } else if (client->have == LONGEST) {
            client->last = true;
            answer_status(client, 431, false);
        } else {
            return true;
        }
    }
}

/* Reads once, and serves. Returns false when the client has gone. */
static bool take_input(int fd, struct client *client)
{
    const ssize_t got =
        read(fd, client->in + client->have, LONGEST - client->have);
    if (got <= 0)
        return got == -1 && not_ready();
    client->have += (size_t)got;
    fcntl(fd, F_SETFL, 0);
    while (client->have < 64 && !head_length(client)) {
        const ssize_t more = read(fd, client->in + client->have, 1);
        if (more <= 0)
            return false;
        client->have++;
    }
    fcntl(fd, F_SETFL, O_NONBLOCK);
    if (client->body > 0)
        client->since = now;
    return serve(fd, client);
}

/*
 * Takes the clients that wait. Returns false when there is no descriptor for
 * the next one: the listener would then be ready for ever.
 */
static bool take_clients(int listener_fd)
{
    const int on = 1;

    for (;;) {
        const int fd =
            accept4(listener_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd == -1)
            return errno != EMFILE && errno != ENFILE;
        struct client *client = calloc(1, sizeof *client);
        if (!client)
            fail("calloc");
        client->file_fd = -1;
        client->since = now;
        clients[fd] = client;
        highest_fd = fd > highest_fd ? fd : highest_fd;
        /* An answer goes at once, also if one before is on its way: tcp(7) */
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        await(EPOLL_CTL_ADD, fd, EPOLLIN);
    }
}

/* Parts from a client. close(2) takes it out of epoll as well. */
static void part(int fd)
{
    if (clients[fd]->file_fd != -1)
        close(clients[fd]->file_fd);
    free(clients[fd]);
    clients[fd] = NULL;
    close(fd);
}

/* Does what can be done for a client. Returns whether it has gone. */
static bool deal_with(int fd)
{
    struct client *client = clients[fd];

    if (!(is_busy(client) ? serve(fd, client) : take_input(fd, client))) {
        part(fd);
        return true;
    }
    if (client->writing != is_busy(client)) {
        client->writing = !client->writing;
        await(EPOLL_CTL_MOD, fd, client->writing ? EPOLLOUT : EPOLLIN);
    }
    return false;
}

/* Parts from those that have not got on for long. Returns whether any did. */
static bool part_from_the_slow(void)
{
    bool any = false;

    for (int fd = 0; fd <= highest_fd; fd++) {
        if (clients[fd] && now - clients[fd]->since > PATIENCE) {
            part(fd);
            any = true;
        }
    }
    while (highest_fd > 0 && !clients[highest_fd])
        highest_fd--;
    return any;
}

int main(int argc, char *argv[])
{
    if (argc != 3)
        refuse("number of arguments");
    const long port = parse_number("PORT", argv[1], 0, 65535);

    /* A client that has gone must not end us: write(2) fails with EPIPE. */
    signal(SIGPIPE, SIG_IGN);
    occupy_standard_descriptors();
    root_fd = open(argv[2], O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root_fd == -1)
        fail("open");
    clients = calloc(raise_limit(), sizeof(struct client *));
    if (!clients)
        fail("calloc");

    const int listener_fd = listen_on(port);
    /* A client may have gone before accept(2): that must not wait. */
    if (fcntl(listener_fd, F_SETFL, O_NONBLOCK) == -1)
        fail("fcntl");
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_fd == -1)
        fail("epoll_create1");
    await(EPOLL_CTL_ADD, listener_fd, EPOLLIN);
    if (printf("listening %d\n", port_of(listener_fd)) < 0 ||
        fflush(stdout) == EOF)
        fail("write");

    bool listening = true; /* whether we wait for new clients */
    for (time_t looked = 0;;) {
        struct epoll_event ready[EVENTS];
        const int count =
            epoll_wait(epoll_fd, ready, EVENTS, highest_fd > 0 ? 1000 : -1);
        if (count == -1 && errno != EINTR)
            fail("epoll_wait");

        bool parted = false;
        now = time(NULL);
        for (int i = 0; i < count; i++) {
            if (ready[i].data.fd != listener_fd) {
                parted = deal_with(ready[i].data.fd) || parted;
            } else if (!take_clients(listener_fd)) {
                listening = false;
                await(EPOLL_CTL_MOD, listener_fd, 0);
            }
        }
        if (now != looked) {
            looked = now;
            parted = part_from_the_slow() || parted;
        }
        /* A descriptor is free again: new clients may come. */
        if (parted && !listening) {
            listening = true;
            await(EPOLL_CTL_MOD, listener_fd, EPOLLIN);
        }
    }
}
