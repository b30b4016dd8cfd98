/*
 * accept(2) hands over a connection that its client has given up already.
 */
#include "demo.h"

int main(void)
{
    begin();
    const int listener_fd = new_listener(1);
    const int client_fd = new_client(listener_fd);

    /* SO_LINGER with time 0: close(2) sends a reset at once (socket(7)). */
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    must(
        setsockopt(client_fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once),
        "setsockopt");
    show(close(client_fd), "the client resets: close(%d)", client_fd);

    struct sockaddr_in peer = {0};
    socklen_t size = sizeof peer;
    const int fd = accept(listener_fd, ADDRESS(&peer), &size);
    show(fd, "accept(%d, %s, [%u])", listener_fd, text(&peer), size);
    wait_for(fd, 0); /* until the reset has come */
    show(getpeername(fd, ADDRESS(&peer), &size), "getpeername(%d, ?, [%zu])",
         fd, sizeof peer);
    char buffer[16];
    show(read(fd, buffer, sizeof buffer), "read(%d, ?, %zu)", fd,
         sizeof buffer);
    return EXIT_SUCCESS;
}
