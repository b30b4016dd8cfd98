/*
 * A server that forgets to close what it has accepted.
 */
#include "demo.h"

int main(void)
{
    begin();
    const int listener_fd = new_listener(4);
    const int client_fd = new_client(listener_fd);
    int accepted_fd = accept(listener_fd, NULL, NULL);
    show(accepted_fd, "accept(%d, NULL, NULL)", listener_fd);

    /* "Served": one byte is sent. The mistake: no close(accepted_fd). */
    must((int)write(accepted_fd, "x", 1), "write");
    char buffer[16] = "";
    ssize_t received = read(client_fd, buffer, 15);
    show(received, "client: read(%d, \"%s\", 15)", client_fd, buffer);

    /* The client waits for the end. Here it gives up after a while. */
    const struct timeval limit = {.tv_usec = 200000};
    must(setsockopt(client_fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit),
         "setsockopt");
    printf("client: ... waits for the end of file\n");
    received = read(client_fd, buffer, 15);
    show(received, "client: read(%d, ?, 15)", client_fd);

    /* And with every client one descriptor more is gone. */
    while (accepted_fd != -1) {
        const int fd = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
        struct sockaddr_in address = own_name(listener_fd);
        must(connect(fd, ADDRESS(&address), sizeof address), "connect");
        accepted_fd = accept(listener_fd, NULL, NULL);
        show(accepted_fd, "accept(%d, NULL, NULL)", listener_fd);
        close(fd); /* The client closes its end, as it should. */
    }
    return EXIT_SUCCESS;
}
