/*
 * Makes chosen system calls of a program fail, or transfer little, without
 * strace and without root. The program is linked with this file and with
 * -Wl,--wrap=socket and so on: its calls of socket come to __wrap_socket here,
 * and __real_socket is the C library's (ld(1), --wrap). Calls that the C
 * library makes itself are not seen.
 *
 * The environment variable FORCE says what happens: words with a blank between
 * them, each CALL=WHAT or CALL:N=WHAT. N is 1 for the first call of that name
 * in the program, 2 for the second; without N, every call is meant. CALL may
 * also be `input` (read, readv, recv, recvfrom, recvmsg), `output` (write,
 * writev, send, sendto, sendmsg) or `wait` (poll, ppoll, select, pselect,
 * epoll_wait, epoll_pwait). WHAT is
 *
 *     ENAME    the call is not made: it returns -1, and errno is ENAME
 *     a number of bytes: a call of input or output transfers so many at most
 *              (not of an eventfd(2) and the like, which know no part)
 *     stop     the program stops before the call, until it gets SIGCONT: so a
 *              test can do something at just this moment
 *
 * `getaddrinfo=N` gives whatever host is asked for N addresses: 2001:db8::1,
 * 192.0.2.2, 2001:db8::3 and so on. Nobody has them (RFC 3849, RFC 5737).
 *
 * close(2) is made in any case, and then fails: Linux gives the descriptor
 * back even then (close(2), NOTES), and so no descriptor leaks. A recv with
 * MSG_WAITALL transfers all, as recv(2) promises when nothing interrupts it.
 *
 * A FORCE that makes no sense ends the program with status 99, and a word
 * about it on standard error.
 */
#define _XOPEN_SOURCE 700

#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

/* The errors that the man pages of the calls list: ERRORS in each. */
static const struct {
    const char *name;
    int number;
} errors[] = {
    {"EACCES", EACCES},
    {"EADDRINUSE", EADDRINUSE},
    {"EADDRNOTAVAIL", EADDRNOTAVAIL},
    {"EAFNOSUPPORT", EAFNOSUPPORT},
    {"EAGAIN", EAGAIN},
    {"EALREADY", EALREADY},
    {"EBADF", EBADF},
    {"ECONNABORTED", ECONNABORTED},
    {"ECONNREFUSED", ECONNREFUSED},
    {"ECONNRESET", ECONNRESET},
    {"EDESTADDRREQ", EDESTADDRREQ},
    {"EDQUOT", EDQUOT},
    {"EFAULT", EFAULT},
    {"EFBIG", EFBIG},
    {"EHOSTUNREACH", EHOSTUNREACH},
    {"EINPROGRESS", EINPROGRESS},
    {"EINTR", EINTR},
    {"EINVAL", EINVAL},
    {"EIO", EIO},
    {"EISCONN", EISCONN},
    {"EISDIR", EISDIR},
    {"ELOOP", ELOOP},
    {"EMFILE", EMFILE},
    {"ENAMETOOLONG", ENAMETOOLONG},
    {"ENETUNREACH", ENETUNREACH},
    {"ENFILE", ENFILE},
    {"ENOBUFS", ENOBUFS},
    {"ENOENT", ENOENT},
    {"ENOMEM", ENOMEM},
    {"ENOPROTOOPT", ENOPROTOOPT},
    {"ENOSPC", ENOSPC},
#ifdef ENOSR
    {"ENOSR", ENOSR},
#endif
    {"ENOTCONN", ENOTCONN},
    {"ENOTDIR", ENOTDIR},
    {"ENOTSOCK", ENOTSOCK},
    {"EOPNOTSUPP", EOPNOTSUPP},
    {"EPERM", EPERM},
    {"EPIPE", EPIPE},
    {"EPROTO", EPROTO},
    {"EPROTONOSUPPORT", EPROTONOSUPPORT},
    {"EPROTOTYPE", EPROTOTYPE},
    {"EROFS", EROFS},
#ifdef ESOCKTNOSUPPORT
    {"ESOCKTNOSUPPORT", ESOCKTNOSUPPORT},
#endif
    {"ETIMEDOUT", ETIMEDOUT},
    {"EXDEV", EXDEV}, /* In no man page of these calls: an error unheard of. */
};

/* The number of an error's name. An unknown name ends the program. */
static int error_number(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (strlen(errors[i].name) == length &&
            strncmp(errors[i].name, name, length) == 0)
            return errors[i].number;
    }
    fprintf(stderr, "force: no such error: %.*s\n", (int)length, name);
    exit(99);
}

/* Whether `word` begins with a name, and the name ends there. */
static bool begins_with(const char *word, const char *name)
{
    const size_t length = strlen(name);

    return strncmp(word, name, length) == 0 &&
           (word[length] == '=' || word[length] == ':');
}

/*
 * Looks up in FORCE what the call of this name and group ("input", "output" or
 * ""), made for the count-th time, is to do. Returns true when it is to fail,
 * with errno set. Lowers *most when it may transfer only so many bytes.
 */
static bool forced(const char *call, const char *group, int count,
                   size_t *most)
{
    const char *word = getenv("FORCE");

    while (word != NULL && *word != '\0') {
        const size_t length = strcspn(word, " ");
        const char *equals = memchr(word, '=', length);
        if (equals == NULL) {
            fprintf(stderr, "force: not CALL=WHAT: %s\n", word);
            exit(99);
        }
        const char *what = equals + 1;
        const size_t what_length = length - (size_t)(what - word);
        const char *number = memchr(word, ':', (size_t)(equals - word));
        const bool meant =
            (begins_with(word, call) || begins_with(word, group)) &&
            (number == NULL || atoi(number + 1) == count);
        if (meant && isdigit((unsigned char)*what)) {
            const size_t bytes = strtoul(what, NULL, 10);
            *most = bytes < *most ? bytes : *most;
        } else if (meant && what_length == 4 &&
                   strncmp(what, "stop", 4) == 0) {
            raise(SIGSTOP);
        } else if (meant) {
            errno = error_number(what, what_length);
            return true;
        }
        word += length;
        word += strspn(word, " ");
    }
    return false;
}

/*
 * Each of the following stands for one system call: see the top. A function
 * that takes a buffer shortens it; one that takes a list of buffers passes on
 * the beginning of the first.
 */

int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol)
{
    static int count;
    size_t most = 0;
    return forced("socket", "", ++count, &most)
               ? -1
               : __real_socket(domain, type, protocol);
}

int __real_connect(int fd, const struct sockaddr *address, socklen_t length);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t length);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t length)
{
    static int count;
    size_t most = 0;
    return forced("connect", "", ++count, &most)
               ? -1
               : __real_connect(fd, address, length);
}

int __real_bind(int fd, const struct sockaddr *address, socklen_t length);
int __wrap_bind(int fd, const struct sockaddr *address, socklen_t length);
int __wrap_bind(int fd, const struct sockaddr *address, socklen_t length)
{
    static int count;
    size_t most = 0;
    return forced("bind", "", ++count, &most)
               ? -1
               : __real_bind(fd, address, length);
}

int __real_listen(int fd, int backlog);
int __wrap_listen(int fd, int backlog);
int __wrap_listen(int fd, int backlog)
{
    static int count;
    size_t most = 0;
    return forced("listen", "", ++count, &most) ? -1
                                                : __real_listen(fd, backlog);
}

int __real_accept(int fd, struct sockaddr *address, socklen_t *length);
int __wrap_accept(int fd, struct sockaddr *address, socklen_t *length);
int __wrap_accept(int fd, struct sockaddr *address, socklen_t *length)
{
    static int count;
    size_t most = 0;
    return forced("accept", "", ++count, &most)
               ? -1
               : __real_accept(fd, address, length);
}

int __real_getsockname(int fd, struct sockaddr *address, socklen_t *length);
int __wrap_getsockname(int fd, struct sockaddr *address, socklen_t *length);
int __wrap_getsockname(int fd, struct sockaddr *address, socklen_t *length)
{
    static int count;
    size_t most = 0;
    return forced("getsockname", "", ++count, &most)
               ? -1
               : __real_getsockname(fd, address, length);
}

int __real_getpeername(int fd, struct sockaddr *address, socklen_t *length);
int __wrap_getpeername(int fd, struct sockaddr *address, socklen_t *length);
int __wrap_getpeername(int fd, struct sockaddr *address, socklen_t *length)
{
    static int count;
    size_t most = 0;
    return forced("getpeername", "", ++count, &most)
               ? -1
               : __real_getpeername(fd, address, length);
}

int __real_setsockopt(int fd, int level, int option, const void *value,
                      socklen_t size);
int __wrap_setsockopt(int fd, int level, int option, const void *value,
                      socklen_t size);
int __wrap_setsockopt(int fd, int level, int option, const void *value,
                      socklen_t size)
{
    static int count;
    size_t most = 0;
    return forced("setsockopt", "", ++count, &most)
               ? -1
               : __real_setsockopt(fd, level, option, value, size);
}

/*
 * Whether a call on `fd` may transfer fewer bytes than were asked for.
 * eventfd(2), signalfd(2) and timerfd_create(2) give descriptors that transfer
 * all or nothing: they have no file type, S_IFMT in inode(7).
 */
static bool transfers_bytes(int fd)
{
    struct stat status;

    return fstat(fd, &status) == -1 || (status.st_mode & S_IFMT) != 0;
}

ssize_t __real_read(int fd, void *data, size_t length);
ssize_t __wrap_read(int fd, void *data, size_t length);
ssize_t __wrap_read(int fd, void *data, size_t length)
{
    static int count;
    size_t most = length;
    if (forced("read", "input", ++count, &most))
        return -1;
    const size_t few = length < most || !transfers_bytes(fd) ? length : most;
    return __real_read(fd, data, few);
}

ssize_t __real_recv(int fd, void *data, size_t length, int flags);
ssize_t __wrap_recv(int fd, void *data, size_t length, int flags);
ssize_t __wrap_recv(int fd, void *data, size_t length, int flags)
{
    static int count;
    size_t most = length;
    if (forced("recv", "input", ++count, &most))
        return -1;
    const size_t few = length < most || (flags & MSG_WAITALL) ? length : most;
    return __real_recv(fd, data, few, flags);
}

ssize_t __real_recvfrom(int fd, void *data, size_t length, int flags,
                        struct sockaddr *from, socklen_t *size);
ssize_t __wrap_recvfrom(int fd, void *data, size_t length, int flags,
                        struct sockaddr *from, socklen_t *size);
ssize_t __wrap_recvfrom(int fd, void *data, size_t length, int flags,
                        struct sockaddr *from, socklen_t *size)
{
    static int count;
    size_t most = length;
    if (forced("recvfrom", "input", ++count, &most))
        return -1;
    const size_t few = length < most || (flags & MSG_WAITALL) ? length : most;
    return __real_recvfrom(fd, data, few, flags, from, size);
}

ssize_t __real_write(int fd, const void *data, size_t length);
ssize_t __wrap_write(int fd, const void *data, size_t length);
ssize_t __wrap_write(int fd, const void *data, size_t length)
{
    static int count;
    size_t most = length;
    if (forced("write", "output", ++count, &most))
        return -1;
    const size_t few = length < most || !transfers_bytes(fd) ? length : most;
    return __real_write(fd, data, few);
}

ssize_t __real_send(int fd, const void *data, size_t length, int flags);
ssize_t __wrap_send(int fd, const void *data, size_t length, int flags);
ssize_t __wrap_send(int fd, const void *data, size_t length, int flags)
{
    static int count;
    size_t most = length;
    if (forced("send", "output", ++count, &most))
        return -1;
    const size_t few = length < most ? length : most;
    return __real_send(fd, data, few, flags);
}

ssize_t __real_sendto(int fd, const void *data, size_t length, int flags,
                      const struct sockaddr *to, socklen_t size);
ssize_t __wrap_sendto(int fd, const void *data, size_t length, int flags,
                      const struct sockaddr *to, socklen_t size);
ssize_t __wrap_sendto(int fd, const void *data, size_t length, int flags,
                      const struct sockaddr *to, socklen_t size)
{
    static int count;
    size_t most = length;
    if (forced("sendto", "output", ++count, &most))
        return -1;
    const size_t few = length < most ? length : most;
    return __real_sendto(fd, data, few, flags, to, size);
}

/*
 * Sets `few` to the beginning of a list of buffers: at most `most` bytes of
 * the first that is not empty. Returns false when there is no limit, or no
 * buffer: then the list is good as it is.
 */
static bool shorten(const struct iovec *list, size_t count, size_t most,
                    struct iovec *few)
{
    if (most == SIZE_MAX || count == 0)
        return false;
    while (count > 1 && list->iov_len == 0) {
        list++;
        count--;
    }
    *few = *list;
    few->iov_len = few->iov_len < most ? few->iov_len : most;
    return true;
}

ssize_t __real_readv(int fd, const struct iovec *list, int buffers);
ssize_t __wrap_readv(int fd, const struct iovec *list, int buffers);
ssize_t __wrap_readv(int fd, const struct iovec *list, int buffers)
{
    static int count;
    size_t most = SIZE_MAX;
    struct iovec few;
    if (forced("readv", "input", ++count, &most))
        return -1;
    return transfers_bytes(fd) && shorten(list, (size_t)buffers, most, &few)
               ? __real_readv(fd, &few, 1)
               : __real_readv(fd, list, buffers);
}

ssize_t __real_writev(int fd, const struct iovec *list, int buffers);
ssize_t __wrap_writev(int fd, const struct iovec *list, int buffers);
ssize_t __wrap_writev(int fd, const struct iovec *list, int buffers)
{
    static int count;
    size_t most = SIZE_MAX;
    struct iovec few;
    if (forced("writev", "output", ++count, &most))
        return -1;
    return transfers_bytes(fd) && shorten(list, (size_t)buffers, most, &few)
               ? __real_writev(fd, &few, 1)
               : __real_writev(fd, list, buffers);
}

ssize_t __real_recvmsg(int fd, struct msghdr *message, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags)
{
    static int count;
    size_t most = SIZE_MAX;
    struct iovec few;
    if (forced("recvmsg", "input", ++count, &most))
        return -1;
    if ((flags & MSG_WAITALL) ||
        !shorten(message->msg_iov, (size_t)message->msg_iovlen, most, &few))
        return __real_recvmsg(fd, message, flags);
    /* The caller's list is his: only what the kernel writes goes back. */
    struct msghdr shortened = *message;
    shortened.msg_iov = &few;
    shortened.msg_iovlen = 1;
    const ssize_t received = __real_recvmsg(fd, &shortened, flags);
    message->msg_namelen = shortened.msg_namelen;
    message->msg_controllen = shortened.msg_controllen;
    message->msg_flags = shortened.msg_flags;
    return received;
}

ssize_t __real_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
    static int count;
    size_t most = SIZE_MAX;
    struct iovec few;
    struct msghdr shortened = *message;
    if (forced("sendmsg", "output", ++count, &most))
        return -1;
    if (!shorten(message->msg_iov, (size_t)message->msg_iovlen, most, &few))
        return __real_sendmsg(fd, message, flags);
    shortened.msg_iov = &few;
    shortened.msg_iovlen = 1;
    return __real_sendmsg(fd, &shortened, flags);
}

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
    static int count;
    size_t most = 0;
    const bool fails = forced("close", "", ++count, &most);
    const int error = errno;
    const int result = __real_close(fd);
    if (!fails)
        return result;
    errno = error;
    return -1;
}

int __real_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    static int calls;
    size_t most = 0;
    return forced("poll", "wait", ++calls, &most)
               ? -1
               : __real_poll(fds, count, timeout);
}

int __real_ppoll(struct pollfd *fds, nfds_t count,
                 const struct timespec *timeout, const sigset_t *mask);
int __wrap_ppoll(struct pollfd *fds, nfds_t count,
                 const struct timespec *timeout, const sigset_t *mask);
int __wrap_ppoll(struct pollfd *fds, nfds_t count,
                 const struct timespec *timeout, const sigset_t *mask)
{
    static int calls;
    size_t most = 0;
    return forced("ppoll", "wait", ++calls, &most)
               ? -1
               : __real_ppoll(fds, count, timeout, mask);
}

int __real_select(int count, fd_set *in, fd_set *out, fd_set *except,
                  struct timeval *timeout);
int __wrap_select(int count, fd_set *in, fd_set *out, fd_set *except,
                  struct timeval *timeout);
int __wrap_select(int count, fd_set *in, fd_set *out, fd_set *except,
                  struct timeval *timeout)
{
    static int calls;
    size_t most = 0;
    return forced("select", "wait", ++calls, &most)
               ? -1
               : __real_select(count, in, out, except, timeout);
}

int __real_pselect(int count, fd_set *in, fd_set *out, fd_set *except,
                   const struct timespec *timeout, const sigset_t *mask);
int __wrap_pselect(int count, fd_set *in, fd_set *out, fd_set *except,
                   const struct timespec *timeout, const sigset_t *mask);
int __wrap_pselect(int count, fd_set *in, fd_set *out, fd_set *except,
                   const struct timespec *timeout, const sigset_t *mask)
{
    static int calls;
    size_t most = 0;
    return forced("pselect", "wait", ++calls, &most)
               ? -1
               : __real_pselect(count, in, out, except, timeout, mask);
}

int __real_epoll_wait(int fd, struct epoll_event *events, int count,
                      int timeout);
int __wrap_epoll_wait(int fd, struct epoll_event *events, int count,
                      int timeout);
int __wrap_epoll_wait(int fd, struct epoll_event *events, int count,
                      int timeout)
{
    static int calls;
    size_t most = 0;
    return forced("epoll_wait", "wait", ++calls, &most)
               ? -1
               : __real_epoll_wait(fd, events, count, timeout);
}

int __real_epoll_pwait(int fd, struct epoll_event *events, int count,
                       int timeout, const sigset_t *mask);
int __wrap_epoll_pwait(int fd, struct epoll_event *events, int count,
                       int timeout, const sigset_t *mask);
int __wrap_epoll_pwait(int fd, struct epoll_event *events, int count,
                       int timeout, const sigset_t *mask)
{
    static int calls;
    size_t most = 0;
    return forced("epoll_pwait", "wait", ++calls, &most)
               ? -1
               : __real_epoll_pwait(fd, events, count, timeout, mask);
}

/* A list that we have made: getaddrinfo(3). */
struct made {
    struct addrinfo info;
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } address;
};

/*
 * Makes `number` addresses with this port, as `hints` asks for them: one for
 * each type of socket. Returns the first, or NULL without memory. The chain
 * lies in one piece of memory, so freeing the first frees it all.
 */
static struct addrinfo *make_addresses(size_t number, in_port_t port,
                                       const struct addrinfo *hints)
{
    static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_RAW};
    const int family = hints != NULL ? hints->ai_family : AF_UNSPEC;
    const int wanted = hints != NULL ? hints->ai_socktype : 0;
    struct made *made = calloc(3 * number + 1, sizeof *made);
    size_t count = 0;

    if (made == NULL)
        return NULL;
    for (size_t i = 0; i < 3 * number; i++) {
        const unsigned char n = (unsigned char)(i / 3 + 1);
        const int type = types[i % 3],
                  this_family = n % 2 ? AF_INET6 : AF_INET;
        if ((wanted != 0 && type != wanted) ||
            (family != AF_UNSPEC && this_family != family))
            continue;
        struct made *m = &made[count++];
        m->info.ai_family = this_family;
        m->info.ai_socktype = type;
        m->info.ai_addr = &m->address.any;
        if (this_family == AF_INET6) {
            m->address.in6.sin6_family = AF_INET6;
            m->address.in6.sin6_port = port;
            memcpy(&m->address.in6.sin6_addr, "\x20\x01\x0d\xb8", 4);
            m->address.in6.sin6_addr.s6_addr[15] = n;
            m->info.ai_addrlen = sizeof m->address.in6;
        } else {
            m->address.in.sin_family = AF_INET;
            m->address.in.sin_port = port;
            m->address.in.sin_addr.s_addr = htonl(0xc0000200U | n);
            m->info.ai_addrlen = sizeof m->address.in;
        }
        if (count > 1)
            made[count - 2].info.ai_next = &m->info;
    }
    return &made->info;
}

static struct addrinfo
    *ours; /* what we gave; the C library must not free it */

void __real_freeaddrinfo(struct addrinfo *list);
int __real_getaddrinfo(const char *host, const char *service,
                       const struct addrinfo *hints, struct addrinfo **list);
int __wrap_getaddrinfo(const char *host, const char *service,
                       const struct addrinfo *hints, struct addrinfo **list);
int __wrap_getaddrinfo(const char *host, const char *service,
                       const struct addrinfo *hints, struct addrinfo **list)
{
    static int count;
    const struct addrinfo stream = {.ai_family = AF_INET,
                                    .ai_socktype = SOCK_STREAM};
    struct addrinfo *real;
    in_port_t port = 0;
    size_t number = 0;

    if (getenv("FORCE") != NULL && strstr(getenv("FORCE"), "getaddrinfo=")) {
        number = SIZE_MAX;
        if (forced("getaddrinfo", "", ++count, &number))
            return EAI_SYSTEM;
    }
    if (number == 0)
        return __real_getaddrinfo(host, service, hints, list);
    const int error = __real_getaddrinfo("127.0.0.1", service, &stream, &real);
    if (error != 0)
        return error;
    memcpy(&port,
           (const char *)real->ai_addr +
               offsetof(struct sockaddr_in, sin_port),
           sizeof port);
    __real_freeaddrinfo(real);
    *list = ours = make_addresses(number, port, hints);
    return ours != NULL ? 0 : EAI_MEMORY;
}

void __wrap_freeaddrinfo(struct addrinfo *list);
void __wrap_freeaddrinfo(struct addrinfo *list)
{
    if (list != NULL && list == ours) {
        free(list);
        ours = NULL;
    } else {
        __real_freeaddrinfo(list);
    }
}
