/*
 * The length of an address: too small, and, for accept(2), not set at all.
 */
#include "demo.h"

int main(void)
{
    begin();
    const struct sockaddr_in address = loopback(0);
    const struct sockaddr_in *pointer = &address;
    const int fd = must(socket(AF_INET, SOCK_STREAM, 0), "socket");

    /* The mistake: the size of the pointer, not of what it points to. */
    show(bind(fd, (const struct sockaddr *)pointer, sizeof pointer),
         "bind(%d, %s, %zu)", fd, text(pointer), sizeof pointer);
    show(connect(fd, (const struct sockaddr *)pointer, sizeof pointer),
         "connect(%d, %s, %zu)", fd, text(pointer), sizeof pointer);
    show(bind(fd, (const struct sockaddr *)pointer, sizeof *pointer),
         "bind(%d, %s, %zu)", fd, text(pointer), sizeof *pointer);

    /* Three clients wait. The length says how much room `peer` has. */
    const int listener_fd = new_listener(3);
    for (int i = 0; i < 3; i++)
        new_client(listener_fd);

    /* The mistake: 0, no room. The kernel writes nothing into `peer`. */
    struct sockaddr_in peer = {0};
    socklen_t size = 0;
    int accepted = accept(listener_fd, ADDRESS(&peer), &size);
    show(accepted, "accept(%d, %s, [0 => %u])", listener_fd, text(&peer),
         size);

    /* The mistake: not set, and by chance a number of 2^31 or more. */
    size = 0x80000000;
    accepted = accept(listener_fd, ADDRESS(&peer), &size);
    show(accepted, "accept(%d, ?, [2147483648])", listener_fd);

    /* The failed call has taken the second client out of the queue. */
    size = sizeof peer;
    accepted = accept(listener_fd, ADDRESS(&peer), &size);
    show(accepted, "accept(%d, %s, [%zu => %u])", listener_fd, text(&peer),
         sizeof peer, size);
    const int none = fcntl(listener_fd, F_SETFL, O_NONBLOCK);
    must(none, "fcntl");
    show(accept(listener_fd, NULL, NULL), "accept(%d, NULL, NULL)",
         listener_fd);
    return EXIT_SUCCESS;
}
