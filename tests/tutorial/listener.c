/*
 * What a listener can and cannot do: listen(2) without bind(2), accept(2)
 * without listen(2), and data on the listener.
 */
#include "demo.h"

int main(void)
{
    begin();
    signal(SIGPIPE, SIG_IGN);
    const int fd = must(socket(AF_INET, SOCK_STREAM, 0), "socket");

    /* The mistake: no listen. */
    show(accept(fd, NULL, NULL), "accept(%d, NULL, NULL)", fd);

    /* Without bind(2), listen(2) chooses a port by itself. */
    show(listen(fd, 1), "listen(%d, 1)", fd);
    const struct sockaddr_in name = own_name(fd);
    printf("getsockname(%d, %s, [16]) = 0\n", fd, text(&name));

    /* A client comes, and sends something. */
    struct sockaddr_in address = loopback(ntohs(name.sin_port));
    const int client_fd = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
    show(connect(client_fd, ADDRESS(&address), sizeof address),
         "connect(%d, %s, %zu)", client_fd, text(&address), sizeof address);
    show(write(client_fd, "hello\n", 6), "write(%d, \"hello\\n\", 6)",
         client_fd);

    /* The mistake: data is on the accepted socket, not on the listener. */
    char buffer[16] = "";
    show(read(fd, buffer, sizeof buffer), "read(%d, ?, %zu)", fd,
         sizeof buffer);
    show(write(fd, "hello\n", 6), "write(%d, \"hello\\n\", 6)", fd);

    const int connection_fd = accept(fd, NULL, NULL);
    show(connection_fd, "accept(%d, NULL, NULL)", fd);
    const ssize_t received = read(connection_fd, buffer, 5);
    show(received, "read(%d, \"%s\", 5)", connection_fd, buffer);
    return EXIT_SUCCESS;
}
