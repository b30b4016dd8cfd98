/*
 * Can a server be started again on its port, right after it has ended? It
 * depends on who closed first, and on SO_REUSEADDR.
 *
 *     restart server          the server closes first
 *     restart client          the client closes first
 *     restart server reuse    as the first, with SO_REUSEADDR
 *     restart server late     as the first; only the new server sets it
 */
#include "demo.h"

/* A listener on the address. -1 when bind(2) fails. */
static int start_server(struct sockaddr_in *address, bool reuse)
{
    const int fd = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
    const int on = 1;
    if (reuse)
        must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on),
             "setsockopt");
    const int bound = bind(fd, ADDRESS(address), sizeof *address);
    if (address->sin_port == 0)
        *address = own_name(fd);
    show(bound, "bind(%d, %s, %zu)", fd, text(address), sizeof *address);
    if (bound == -1)
        return -1;
    must(listen(fd, 1), "listen");
    return fd;
}

int main(int argc, char *argv[])
{
    begin();
    const bool server_first = argc > 1 && strcmp(argv[1], "server") == 0;
    const bool late = argc > 2 && strcmp(argv[2], "late") == 0;
    const bool reuse = argc > 2 && strcmp(argv[2], "reuse") == 0;

    struct sockaddr_in address = loopback(0);
    const int listener_fd = start_server(&address, reuse);
    const int client_fd = new_client(listener_fd);
    const int server_fd = must(accept(listener_fd, NULL, NULL), "accept");

    /* One end closes, the other sees the end of file and closes too. */
    const int first_fd = server_first ? server_fd : client_fd;
    const int second_fd = server_first ? client_fd : server_fd;
    must(close(first_fd), "close");
    wait_for(second_fd, POLLIN);
    must(close(second_fd), "close");
    must(close(listener_fd), "close");
    printf("The %s closed first. The server starts again:\n", argv[1]);

    return start_server(&address, reuse || late) == -1 ? EXIT_FAILURE
                                                       : EXIT_SUCCESS;
}
