/*
 * Makes chosen system calls of a program fail, or transfer little, without
 * strace and without root. A program is compiled with -Dsocket=forced_socket
 * and so on, and linked with this file: its calls then come here. (`make
 * tests/build/forced-accept` shows how.) Calls that the C library makes
 * itself are not seen.
 *
 * The environment variable FORCE says what happens: words with a blank between
 * them, each CALL=WHAT or CALL:N=WHAT. N is 1 for the first call of that name
 * in the program, 2 for the second; without N, every call is meant. WHAT is
 *
 *     ENAME    the call is not made: it returns -1, and errno is ENAME
 *     byte     read and write transfer one byte at the most
 *     stop     the program stops before the call, until it gets SIGCONT: so a
 *              test can do something at just this moment
 *
 * close(2) is made in any case, and then fails: Linux gives the descriptor
 * back even then (close(2), NOTES), and so no descriptor leaks.
 *
 * A FORCE that makes no sense ends the program with status 99, and a word
 * about it on standard error.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
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

/*
 * Looks up in FORCE what the call of this name, made for the count-th time, is
 * to do. Returns true when it is to fail, with errno set. Lowers *most to 1
 * when it may transfer one byte only.
 */
static bool forced(const char *call, int count, size_t *most)
{
    const char *word = getenv("FORCE");
    const size_t name_length = strlen(call);

    while (word != NULL && *word != '\0') {
        const size_t length = strcspn(word, " ");
        const char *equals = memchr(word, '=', length);
        if (equals == NULL) {
            fprintf(stderr, "force: not CALL=WHAT: %s\n", word);
            exit(99);
        }
        const char *what = equals + 1;
        const size_t what_length = length - (size_t)(what - word);
        const char *rest = word + name_length;
        const bool meant =
            strncmp(word, call, name_length) == 0 &&
            (rest == equals || (*rest == ':' && atoi(rest + 1) == count));
        if (meant && what_length == 4 && strncmp(what, "byte", 4) == 0) {
            *most = 1;
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

/* Each of the following stands for one system call: see the top. */

int forced_socket(int domain, int type, int protocol);
int forced_socket(int domain, int type, int protocol)
{
    static int count;
    size_t most = 0;
    return forced("socket", ++count, &most) ? -1
                                            : socket(domain, type, protocol);
}

int forced_connect(int fd, const struct sockaddr *address, socklen_t length);
int forced_connect(int fd, const struct sockaddr *address, socklen_t length)
{
    static int count;
    size_t most = 0;
    return forced("connect", ++count, &most) ? -1
                                             : connect(fd, address, length);
}

int forced_bind(int fd, const struct sockaddr *address, socklen_t length);
int forced_bind(int fd, const struct sockaddr *address, socklen_t length)
{
    static int count;
    size_t most = 0;
    return forced("bind", ++count, &most) ? -1 : bind(fd, address, length);
}

int forced_listen(int fd, int backlog);
int forced_listen(int fd, int backlog)
{
    static int count;
    size_t most = 0;
    return forced("listen", ++count, &most) ? -1 : listen(fd, backlog);
}

int forced_accept(int fd, struct sockaddr *address, socklen_t *length);
int forced_accept(int fd, struct sockaddr *address, socklen_t *length)
{
    static int count;
    size_t most = 0;
    return forced("accept", ++count, &most) ? -1 : accept(fd, address, length);
}

int forced_getsockname(int fd, struct sockaddr *address, socklen_t *length);
int forced_getsockname(int fd, struct sockaddr *address, socklen_t *length)
{
    static int count;
    size_t most = 0;
    return forced("getsockname", ++count, &most)
               ? -1
               : getsockname(fd, address, length);
}

int forced_getpeername(int fd, struct sockaddr *address, socklen_t *length);
int forced_getpeername(int fd, struct sockaddr *address, socklen_t *length)
{
    static int count;
    size_t most = 0;
    return forced("getpeername", ++count, &most)
               ? -1
               : getpeername(fd, address, length);
}

int forced_setsockopt(int fd, int level, int option, const void *value,
                      socklen_t length);
int forced_setsockopt(int fd, int level, int option, const void *value,
                      socklen_t length)
{
    static int count;
    size_t most = 0;
    return forced("setsockopt", ++count, &most)
               ? -1
               : setsockopt(fd, level, option, value, length);
}

ssize_t forced_read(int fd, void *data, size_t length);
ssize_t forced_read(int fd, void *data, size_t length)
{
    static int count;
    size_t most = length;
    if (forced("read", ++count, &most))
        return -1;
    return read(fd, data, length < most ? length : most);
}

ssize_t forced_write(int fd, const void *data, size_t length);
ssize_t forced_write(int fd, const void *data, size_t length)
{
    static int count;
    size_t most = length;
    if (forced("write", ++count, &most))
        return -1;
    return write(fd, data, length < most ? length : most);
}

int forced_close(int fd);
int forced_close(int fd)
{
    static int count;
    size_t most = 0;
    const bool fails = forced("close", ++count, &most);
    const int error = errno;
    const int result = close(fd);
    if (!fails)
        return result;
    errno = error;
    return -1;
}
