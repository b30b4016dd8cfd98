/*
 * shutdown(2) ends one direction, and the other stays open. close(2) gives the
 * descriptor back.
 */
#include "demo.h"

/* Reads once, and shows what came. */
static void read_once(const char *who, int fd)
{
    char buffer[16] = "";
    const ssize_t received = read(fd, buffer, sizeof buffer - 1);
    show(received, "%s: read(%d, \"%s\", %zu)", who, fd, buffer,
         sizeof buffer - 1);
}

int main(void)
{
    begin();
    signal(SIGPIPE, SIG_IGN);
    int client_fd;
    int server_fd;
    connected_pair(&client_fd, &server_fd);

    show(write(client_fd, "2+2", 3), "client: write(%d, \"2+2\", 3)",
         client_fd);
    show(shutdown(client_fd, SHUT_WR), "client: shutdown(%d, SHUT_WR)",
         client_fd);
    show(write(client_fd, "3+3", 3), "client: write(%d, \"3+3\", 3)",
         client_fd);

    /* The server reads to the end, and can still answer. */
    read_once("server", server_fd);
    read_once("server", server_fd);
    show(write(server_fd, "4", 1), "server: write(%d, \"4\", 1)", server_fd);
    show(close(server_fd), "server: close(%d)", server_fd);

    read_once("client", client_fd);
    read_once("client", client_fd);
    show(close(client_fd), "client: close(%d)", client_fd);
    return EXIT_SUCCESS;
}
