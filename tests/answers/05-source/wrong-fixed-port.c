/*
 * Wrong: the port of SOURCE is always the same: a second one cannot have it.
 * Fails at: lets the kernel choose the port: a second one works, too
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

static const char program[] = "source";
static const char usage[] = "usage: source SOURCE ADDRESS PORT\n";

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
    if (received == -1)
        fail("read");
}

int main(int argc, char *argv[])
{
    if (argc != 4)
        refuse("number of arguments");
    const long port = parse_number("PORT", argv[3], 1, 65535);
    const struct sockaddr_in address = make_address("ADDRESS", argv[2], port);
    const struct sockaddr_in source = make_address("SOURCE", argv[1], 4999);

    occupy_standard_descriptors();
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd == -1)
        fail("socket");

    if (bind(fd, (const struct sockaddr *)&source, sizeof source) == -1)
        fail("bind");
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == -1)
        fail("connect");
    copy_to_output(fd);
    return EXIT_SUCCESS;
}
