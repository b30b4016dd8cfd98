/*
 * Wrong: with descriptor 1 closed, the socket takes its place, and "sent N"
 * goes to the peer.
 * Fails at: nothing but the input goes to the peer
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char program[] = "send-all";
static const char usage[] = "usage: send-all ADDRESS PORT\n";

static _Noreturn void fail(const char *call)
{
    fprintf(stderr, "%s: %s: %s\n", program, call, strerror(errno));
    exit(EXIT_FAILURE);
}

static _Noreturn void refuse(const char *argument)
{
    fprintf(stderr, "%s: wrong %s\n%s", program, argument, usage);
    exit(2);
}

static long parse_number(const char *argument, const char *text, long lowest,
                         long highest)
{
    char *end;
    errno = 0;
    const long number = strtol(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 ||
        number < lowest || number > highest)
        refuse(argument);
    return number;
}

static struct sockaddr_in make_address(const char *argument, const char *ip,
                                       long port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    if (inet_pton(AF_INET, ip, &address.sin_addr) != 1)
        refuse(argument);
    address.sin_port = htons((in_port_t)port);
    return address;
}

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

static unsigned long long send_input(int fd)
{
    char buffer[65536];
    unsigned long long sent = 0;
    ssize_t received;

    while ((received = read(STDIN_FILENO, buffer, sizeof buffer)) > 0) {
        if (!write_all(fd, buffer, (size_t)received))
            fail("write");
        sent += (unsigned long long)received;
    }
    if (received == -1)
        fail("read");
    return sent;
}

int main(int argc, char *argv[])
{
    if (argc != 3)
        refuse("number of arguments");
    const long port = parse_number("PORT", argv[2], 1, 65535);
    const struct sockaddr_in address = make_address("ADDRESS", argv[1], port);

    signal(SIGPIPE, SIG_IGN);
    if (fcntl(0, F_GETFD) == -1)
        open("/dev/null", O_WRONLY);

    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd == -1)
        fail("socket");
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == -1)
        fail("connect");

    const unsigned long long sent = send_input(fd);
    if (printf("sent %llu\n", sent) < 0 || fflush(stdout) == EOF)
        fail("write");
    return EXIT_SUCCESS;
}
