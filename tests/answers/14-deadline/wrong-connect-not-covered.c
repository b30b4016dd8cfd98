/*
 * Wrong: connect(2) waits as long as it likes.
 * Fails at: the limit holds for connecting as well
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char program[] = "deadline";
static const char usage[] = "usage: deadline ADDRESS PORT MS\n";

enum { TOO_LATE = 3, LONGEST = 1 << 20 };

static long long deadline; /* in milliseconds, by now_ms() */

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

/*
 * Writes all of the data. write(2) may take less than it was given, and says
 * how much: we go on with the rest. Returns false when it failed.
 */
static bool write_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        const ssize_t taken = write(fd, data, length);
        if (taken == -1)
            return false;
        data += taken;
        length -= (size_t)taken;
    }
    return true;
}

/* The time in milliseconds, on a clock that nobody can set back. */
static long long now_ms(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) == -1)
        fail("clock_gettime");
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits until the socket is ready. When the time is over, we end. */
static void wait_until(int fd, short events)
{
    struct pollfd wait = {.fd = fd, .events = events};
    int ready = 0;

    /* Both clocks count whole milliseconds: poll(2) may end a bit early. */
    while (ready == 0) {
        const long long left = deadline - now_ms();
        if (left < 0)
            exit(TOO_LATE);
        ready = poll(&wait, 1, left < INT_MAX ? (int)left + 1 : INT_MAX);
        if (ready == -1)
            fail("poll");
    }
}

/*
 * Connects without waiting in connect(2), where there is no time limit: it
 * says EINPROGRESS, and goes on by itself. Then the socket gets ready for
 * writing, and SO_ERROR tells how it has ended: connect(2), EINPROGRESS.
 */
static void connect_in_time(int fd, const struct sockaddr_in *address)
{
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) == -1)
        fail("connect");
}

/*
 * Reads until a newline or the end of file. Returns how many bytes belong to
 * the line.
 */
static size_t read_line(int fd, char *line)
{
    size_t length = 0;

    while (length < LONGEST) {
        wait_until(fd, POLLIN);
        const ssize_t received = read(fd, line + length, LONGEST - length);
        if (received == -1) {
            if (errno == EAGAIN || errno == EWOULDBLOCK)
                continue;
            fail("read");
        }
        if (received == 0)
            break;
        const char *newline = memchr(line + length, '\n', (size_t)received);
        if (newline)
            return (size_t)(newline - line) + 1;
        length += (size_t)received;
    }
    return length;
}

int main(int argc, char *argv[])
{
    static char line[LONGEST];

    if (argc != 4)
        refuse("number of arguments");
    const long port = parse_number("PORT", argv[2], 1, 65535);
    const struct sockaddr_in address = make_address("ADDRESS", argv[1], port);
    deadline = now_ms() + parse_number("MS", argv[3], 1, INT_MAX);

    occupy_standard_descriptors();
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd == -1)
        fail("socket");
    connect_in_time(fd, &address);
    const size_t length = read_line(fd, line);
    if (!write_all(STDOUT_FILENO, line, length))
        fail("write");
    return EXIT_SUCCESS;
}
