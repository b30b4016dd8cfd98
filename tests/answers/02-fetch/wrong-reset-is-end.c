/*
 * Wrong: -1 ends the loop like 0: a reset is taken for the end of file.
 * Fails at: a reset is status 1, after what came before it
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

static const char program[] = "fetch";
static const char usage[] = "usage: fetch ADDRESS PORT\n";

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

static void occupy_standard_descriptors(void)
{
    int fd;
    do
        fd = open("/dev/null", fcntl(0, F_GETFD) == -1 ? O_WRONLY : O_RDONLY);
    while (fd != -1 && fd <= 2);
    if (fd > 2)
        close(fd);
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

static void copy_to_output(int fd)
{
    char buffer[65536];
    ssize_t received;

    while ((received = read(fd, buffer, sizeof buffer)) > 0) {
        if (!write_all(STDOUT_FILENO, buffer, (size_t)received))
            fail("write");
    }
}

int main(int argc, char *argv[])
{
    if (argc != 3)
        refuse("number of arguments");
    const long port = parse_number("PORT", argv[2], 1, 65535);
    const struct sockaddr_in address = make_address("ADDRESS", argv[1], port);

    occupy_standard_descriptors();
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd == -1)
        fail("socket");
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == -1)
        fail("connect");
    copy_to_output(fd);
    return EXIT_SUCCESS;
}
