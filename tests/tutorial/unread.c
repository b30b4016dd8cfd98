/*
 * Closing a socket that has unread data: the peer gets a reset instead of an
 * end of file.
 */
#include "demo.h"

int main(void)
{
    begin();
    int client_fd;
    int server_fd;
    connected_pair(&client_fd, &server_fd);

    /* The server gets a question. It answers without reading it all. */
    show(write(client_fd, "question", 8), "client: write(%d, \"question\", 8)",
         client_fd);
    show(write(server_fd, "answer", 6), "server: write(%d, \"answer\", 6)",
         server_fd);
    wait_for(server_fd, POLLIN);
    show(close(server_fd), "server: close(%d)", server_fd);

    /* Both have arrived at the client: the answer, and the reset. */
    wait_for(client_fd, 0);
    char buffer[16] = "";
    for (int i = 0; i < 3; i++) {
        memset(buffer, 0, sizeof buffer);
        const ssize_t received = read(client_fd, buffer, sizeof buffer - 1);
        show(received, "client: read(%d, \"%s\", %zu)", client_fd, buffer,
             sizeof buffer - 1);
    }
    return EXIT_SUCCESS;
}
