/*
 * sin_family left zero. Zero is AF_UNSPEC, "no family": an address of which
 * the kernel does not know what it is.
 */
#include "demo.h"

int main(void)
{
    begin();
    const int listener_fd = new_listener(1);
    struct sockaddr_in address = own_name(listener_fd);
    const int fd = must(socket(AF_INET, SOCK_STREAM, 0), "socket");

    /* The mistake: somebody listens on this address, but sin_family is 0. */
    address.sin_family = 0;
    show(connect(fd, ADDRESS(&address), sizeof address),
         "connect(%d, family 0 and %s, %zu)", fd, text(&address),
         sizeof address);

    /* So connect(2) says that all is well. Is it? */
    struct sockaddr_in peer = {0};
    socklen_t size = sizeof peer;
    show(getpeername(fd, ADDRESS(&peer), &size), "getpeername(%d, ?, [%zu])",
         fd, sizeof peer);

    /* bind(2) with the same mistake looks at the address. */
    address.sin_port = 0;
    show(bind(fd, ADDRESS(&address), sizeof address),
         "bind(%d, family 0 and %s, %zu)", fd, text(&address), sizeof address);
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    show(bind(fd, ADDRESS(&address), sizeof address),
         "bind(%d, family 0 and %s, %zu)", fd, text(&address), sizeof address);
    return EXIT_SUCCESS;
}
