/*
 * What the demonstrations of TUTORIAL.md share. Each is a small program that
 * shows one thing, often a mistake. They print their calls as the steps do;
 * for that there is show(). A pair of connected sockets is made by
 * connected_pair(), with the calls of steps 2 to 5, which it does not print.
 */
#ifndef DEMO_H
#define DEMO_H

#define _POSIX_C_SOURCE 200809L
#ifdef __APPLE__
#define _DARWIN_C_SOURCE /* macOS hides some options without this. */
#endif

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* A pointer to an address of IPv4, as the calls want it. */
#define ADDRESS(pointer) ((struct sockaddr *)(pointer))

/* Line by line, into a pipe too; and never longer than ten seconds. */
static inline void begin(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    alarm(10);
}

/* The name of an error: EPIPE for the number that this machine has for it. */
static inline const char *error_name(int error)
{
    static const struct {
        int number;
        const char *name;
    } names[] = {
        {EADDRINUSE, "EADDRINUSE"},
        {EADDRNOTAVAIL, "EADDRNOTAVAIL"},
        {EAFNOSUPPORT, "EAFNOSUPPORT"},
        {EAGAIN, "EAGAIN"},
        {EALREADY, "EALREADY"},
        {EBADF, "EBADF"},
        {ECONNREFUSED, "ECONNREFUSED"},
        {ECONNRESET, "ECONNRESET"},
        {EINPROGRESS, "EINPROGRESS"},
        {EINTR, "EINTR"},
        {EINVAL, "EINVAL"},
        {EISCONN, "EISCONN"},
        {EMFILE, "EMFILE"},
        {ENOTCONN, "ENOTCONN"},
        {ENOTSOCK, "ENOTSOCK"},
        {EPIPE, "EPIPE"},
        {ETIMEDOUT, "ETIMEDOUT"},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].number == error)
            return names[i].name;
    }
    return "(another error)";
}

/*
 * Prints a call, given as to printf(3), and its result: a failure on a line of
 * its own where one line would be too long. Keeps errno.
 */
static inline void show(long result, const char *call, ...)
{
    const int error = errno;
    va_list list;
    va_start(list, call);
    int width = vprintf(call, list);
    va_end(list);
    if (result == -1) {
        const char *name = error_name(error);
        const char *words = strerror(error);
        width += (int)(strlen(" = -1  ()") + strlen(name) + strlen(words));
        printf("%s = -1 %s (%s)\n", width > 79 ? "\n   " : "", name, words);
    } else {
        printf(" = %ld\n", result);
    }
    errno = error;
}

/* A loopback address; port 0 is the kernel's choice. */
static inline struct sockaddr_in loopback(in_port_t port)
{
    struct sockaddr_in address = {0};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

/* An address as text, until the fourth next call of this function. */
static inline const char *text(const struct sockaddr_in *address)
{
    static char texts[4][INET_ADDRSTRLEN + sizeof ":65535"];
    static int next;
    char *here = texts[next++ % 4];
    char ip[INET_ADDRSTRLEN] = "?";
    inet_ntop(AF_INET, &address->sin_addr, ip, sizeof ip);
    snprintf(here, sizeof texts[0], "%s:%d", ip, ntohs(address->sin_port));
    return here;
}

/* Ends the demonstration when a call fails that should not. */
static inline int must(int result, const char *call)
{
    if (result == -1) {
        perror(call);
        exit(EXIT_FAILURE);
    }
    return result;
}

/* The socket's own address: getsockname(2). */
static inline struct sockaddr_in own_name(int fd)
{
    struct sockaddr_in name = {0};
    socklen_t size = sizeof name;
    must(getsockname(fd, ADDRESS(&name), &size), "getsockname");
    return name;
}

/* A listener on loopback, on a port of the kernel's choice. */
static inline int new_listener(int backlog)
{
    const int fd = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
    const struct sockaddr_in address = loopback(0);
    must(bind(fd, (const struct sockaddr *)&address, sizeof address), "bind");
    must(listen(fd, backlog), "listen");
    return fd;
}

/* A client that is connected to the listener. Nobody has accepted it yet. */
static inline int new_client(int listener_fd)
{
    const int fd = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
    struct sockaddr_in address = own_name(listener_fd);
    must(connect(fd, ADDRESS(&address), sizeof address), "connect");
    return fd;
}

/* The two ends of a connection: a client's, and the one that was accepted. */
static inline void connected_pair(int *client_fd, int *server_fd)
{
    const int listener_fd = new_listener(1);
    *client_fd = new_client(listener_fd);
    *server_fd = must(accept(listener_fd, NULL, NULL), "accept");
    close(listener_fd);
}

/*
 * Waits until something new is known about a socket: data, an end or a reset.
 * Without this, what the demonstrations show could depend on which of two
 * kernels' tasks is done first. See poll(2).
 */
static inline void wait_for(int fd, short events)
{
    struct pollfd one = {.fd = fd, .events = events};
    must(poll(&one, 1, 5000), "poll");
}

#endif
