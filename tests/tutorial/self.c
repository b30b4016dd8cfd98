/*
 * A socket that is connected to itself: bind(2) to a port, and connect(2) to
 * the same port. Nobody listens, nobody accepts.
 */
#include "demo.h"

int main(void)
{
    begin();
    const int fd = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
    struct sockaddr_in address = loopback(0);
    must(bind(fd, ADDRESS(&address), sizeof address), "bind");
    address = own_name(fd);
    printf("bind(%d, %s, %zu) = 0\n", fd, text(&address), sizeof address);
    show(connect(fd, ADDRESS(&address), sizeof address),
         "connect(%d, %s, %zu)", fd, text(&address), sizeof address);

    struct sockaddr_in own = own_name(fd);
    struct sockaddr_in peer = {0};
    socklen_t size = sizeof peer;
    must(getpeername(fd, ADDRESS(&peer), &size), "getpeername");
    printf("own name %s, peer's name %s\n", text(&own), text(&peer));

    char buffer[16] = "";
    show(write(fd, "echo", 4), "write(%d, \"echo\", 4)", fd);
    const ssize_t received = read(fd, buffer, sizeof buffer - 1);
    show(received, "read(%d, \"%s\", %zu)", fd, buffer, sizeof buffer - 1);
    return EXIT_SUCCESS;
}
