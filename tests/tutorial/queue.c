/*
 * The queue of a listener: how many connections wait in it when nobody calls
 * accept(2), and what happens to the next one.
 *
 *     queue [BACKLOG]    1 if not given
 */
#include "demo.h"

/* Connects, and waits for half a second at the most. */
static int try_to_connect(struct sockaddr_in *address)
{
    const int fd = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
    must(fcntl(fd, F_SETFL, O_NONBLOCK), "fcntl");
    connect(fd, ADDRESS(address), sizeof *address);

    struct pollfd one = {.fd = fd, .events = POLLOUT};
    const bool answered = must(poll(&one, 1, 500), "poll") == 1;
    int error = 0;
    socklen_t size = sizeof error;
    must(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size), "getsockopt");
    printf("connect(%d, %s, %zu): %s\n", fd, text(address), sizeof *address,
           !answered    ? "no answer, and no refusal"
           : error == 0 ? "connected"
                        : strerror(error));
    return answered ? -1 : fd;
}

int main(int argc, char *argv[])
{
    begin();
    const int backlog = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 1;
    const int listener_fd = new_listener(backlog);
    struct sockaddr_in address = own_name(listener_fd);
    printf("listen(%d, %d) on %s\n", listener_fd, backlog, text(&address));

    /* Nobody calls accept(2). We stop at the first that gets no answer. */
    int waiting_fd = -1;
    for (int i = 0; i < 10 && waiting_fd == -1; i++)
        waiting_fd = try_to_connect(&address);
    if (waiting_fd == -1)
        return EXIT_SUCCESS;

    /* One place gets free, and the kernel soon asks again. */
    printf("accept(%d, NULL, NULL) = %d\n", listener_fd,
           must(accept(listener_fd, NULL, NULL), "accept"));
    wait_for(waiting_fd, POLLOUT);
    struct sockaddr_in peer = {0};
    socklen_t size = sizeof peer;
    const int asked = getpeername(waiting_fd, ADDRESS(&peer), &size);
    show(asked, "getpeername(%d, %s, [%u])", waiting_fd, text(&peer), size);
    return EXIT_SUCCESS;
}
