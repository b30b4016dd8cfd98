/*
 * A read is not a message. Two messages come in one read, and one message in
 * two.
 */
#include "demo.h"

/* Reads once, and shows what came. */
static void read_once(int fd)
{
    char buffer[16] = "";
    const ssize_t received = read(fd, buffer, sizeof buffer - 1);
    show(received, "    read(%d, \"%s\", %zu)", fd, buffer, sizeof buffer - 1);
}

/* Waits until so many bytes can be read: FIONREAD is in tcp(7), Ioctls. */
static void wait_for_bytes(int fd, int count)
{
    int waiting = 0;
    while (waiting < count)
        must(ioctl(fd, FIONREAD, &waiting), "ioctl");
}

int main(void)
{
    begin();
    int client_fd;
    int server_fd;
    connected_pair(&client_fd, &server_fd);

    show(write(client_fd, "one;", 4), "write(%d, \"one;\", 4)", client_fd);
    show(write(client_fd, "two;", 4), "write(%d, \"two;\", 4)", client_fd);
    wait_for_bytes(server_fd, 8);
    read_once(server_fd);

    show(write(client_fd, "thr", 3), "write(%d, \"thr\", 3)", client_fd);
    read_once(server_fd);
    show(write(client_fd, "ee;", 3), "write(%d, \"ee;\", 3)", client_fd);
    read_once(server_fd);
    return EXIT_SUCCESS;
}
