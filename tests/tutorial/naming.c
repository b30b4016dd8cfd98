/*
 * When a socket gets its name: a client's, after each call. And a name for
 * which there is not enough room.
 */
#include "demo.h"

/* Asks for the socket's own name, with so much room for it. */
static void ask(int fd, socklen_t room)
{
    struct sockaddr_in name = {0};
    socklen_t size = room;
    const int result = getsockname(fd, ADDRESS(&name), &size);
    show(result, "    getsockname(%d, %s, [%u => %u])", fd, text(&name), room,
         size);
}

int main(void)
{
    begin();
    const int listener_fd = new_listener(1);
    struct sockaddr_in address = own_name(listener_fd);
    const socklen_t whole = sizeof address;

    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    show(fd, "socket(AF_INET, SOCK_STREAM, 0)");
    ask(fd, whole);
    const struct sockaddr_in any_port = loopback(0);
    show(bind(fd, (const struct sockaddr *)&any_port, whole),
         "bind(%d, %s, %u)", fd, text(&any_port), whole);
    ask(fd, whole);
    show(connect(fd, ADDRESS(&address), whole), "connect(%d, %s, %u)", fd,
         text(&address), whole);
    ask(fd, whole);
    ask(fd, 4); /* The family and the port, and nothing behind. */

    /* A second client, which does not bind: connect does it. */
    const int other_fd = socket(AF_INET, SOCK_STREAM, 0);
    show(other_fd, "socket(AF_INET, SOCK_STREAM, 0)");
    show(connect(other_fd, ADDRESS(&address), whole), "connect(%d, %s, %u)",
         other_fd, text(&address), whole);
    ask(other_fd, whole);
    return EXIT_SUCCESS;
}
