/*
 * Wrong: takes it that write(2) takes all it is given.
 * Fails at: copies bytes of any value, however many, and sends none
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char program[] = "fallback";
static const char usage[] = "usage: fallback PORT ADDRESS...\n";

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
        length = 0;
    }
    return true;
}

/* Copies what the peer sends to standard output, until the peer closes. */
static void copy_to_output(int fd)
{
    char buffer[65536];
    ssize_t received;

    /* 0 is the end of file: the peer has closed. -1 is a failure, a reset. */
    while ((received = read(fd, buffer, sizeof buffer)) > 0) {
        if (!write_all(STDOUT_FILENO, buffer, (size_t)received))
            fail("write");
    }
    if (received == -1)
        fail("read");
}

/*
 * Opens a socket and connects it. Returns -1 when that address does not
 * answer, whatever the reason is: then the next one may.
 */
static int try_address(const struct sockaddr_in *address, const char *text)
{
    /* A new socket each time: after a failure, its state is unspecified. */
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd == -1)
        fail("socket");
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0)
        return fd;

    fprintf(stderr, "%s: connect: %s: %s\n", program, text, strerror(errno));
    close(fd);
    return -1;
}

int main(int argc, char *argv[])
{
    if (argc < 3)
        refuse("number of arguments");
    const long port = parse_number("PORT", argv[1], 1, 65535);
    /* All of them first: what is wrong is said before anything happens. */
    for (int i = 2; i < argc; i++)
        make_address("ADDRESS", argv[i], port);

    occupy_standard_descriptors();
    for (int i = 2; i < argc; i++) {
        const struct sockaddr_in address =
            make_address("ADDRESS", argv[i], port);
        const int fd = try_address(&address, argv[i]);
        if (fd == -1)
            continue;
        if (printf("connected %s\n", argv[i]) < 0 || fflush(stdout) == EOF)
            fail("write");
        copy_to_output(fd);
        return EXIT_SUCCESS;
    }
    return EXIT_FAILURE; /* Of each address, try_address has said why. */
}
