/*
 * Writing to a peer that has closed. The first write succeeds, the second one
 * raises SIGPIPE.
 *
 *     gone           dies of SIGPIPE
 *     gone ignore    ignores the signal, and gets EPIPE
 */
#include "demo.h"

/* Reads once, and shows what came. */
static void read_once(int fd)
{
    char buffer[16] = "";
    const ssize_t received = read(fd, buffer, sizeof buffer - 1);
    show(received, "read(%d, \"%s\", %zu)", fd, buffer, sizeof buffer - 1);
}

int main(int argc, char *argv[])
{
    begin();
    if (argc > 1 && strcmp(argv[1], "ignore") == 0)
        signal(SIGPIPE, SIG_IGN);

    int client_fd;
    int server_fd;
    connected_pair(&client_fd, &server_fd);
    show(close(server_fd), "the peer: close(%d)", server_fd);

    /* Reading tells at once that the peer has closed. Writing does not. */
    wait_for(client_fd, POLLIN);
    read_once(client_fd);
    show(write(client_fd, "one", 3), "write(%d, \"one\", 3)", client_fd);
    wait_for(client_fd, 0); /* until the reset has come */
    show(write(client_fd, "two", 3), "write(%d, \"two\", 3)", client_fd);

    /* Reading is harmless, whatever has happened. */
    read_once(client_fd);
    return EXIT_SUCCESS;
}
