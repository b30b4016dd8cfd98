/*
 * Two numbers in the wrong byte order. The kernel wants the port and the
 * address with the largest byte first: network byte order (htons(3)).
 */
#include "demo.h"

int main(void)
{
    begin();
    struct sockaddr_in address = loopback(0);
    const int fd = must(socket(AF_INET, SOCK_STREAM, 0), "socket");

    /* The mistake: no htons. 7000 is 0x1B58, so the kernel reads 0x581B. */
    address.sin_port = 7000;
    const int on = 1;
    must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on),
         "setsockopt");
    must(bind(fd, ADDRESS(&address), sizeof address), "bind");
    const struct sockaddr_in name = own_name(fd);
    printf("sin_port = 7000: bound to %s\n", text(&name));
    close(fd);

    /* The mistake: no htonl. 127.0.0.1 is read from its other end. */
    const int other_fd = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
    address.sin_addr.s_addr = INADDR_LOOPBACK;
    address.sin_port = htons(7000);
    printf("s_addr = INADDR_LOOPBACK:\n");
    const int bound = bind(other_fd, ADDRESS(&address), sizeof address);
    show(bound, "bind(%d, %s, %zu)", other_fd, text(&address), sizeof address);
    close(other_fd);
    return EXIT_SUCCESS;
}
