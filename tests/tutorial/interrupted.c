/*
 * Calls that a signal handler interrupts: read(2) is simply called again,
 * connect(2) is not.
 */
#include "demo.h"

static void do_nothing(int signal_number)
{
    (void)signal_number;
}

/* Has SIGALRM come in a tenth of a second. */
static void signal_soon(void)
{
    const struct itimerval soon = {.it_value = {.tv_usec = 100000}};
    must(setitimer(ITIMER_REAL, &soon, NULL), "setitimer");
}

int main(void)
{
    begin();
    struct sigaction action = {0}; /* without SA_RESTART */
    action.sa_handler = do_nothing;
    must(sigaction(SIGALRM, &action, NULL), "sigaction");

    int client_fd;
    int server_fd;
    connected_pair(&client_fd, &server_fd);
    char buffer[16] = "";
    signal_soon();
    show(read(client_fd, buffer, sizeof buffer), "read(%d, ?, %zu)", client_fd,
         sizeof buffer);
    must((int)write(server_fd, "late", 4), "write");
    const ssize_t received = read(client_fd, buffer, sizeof buffer - 1);
    show(received, "read(%d, \"%s\", %zu)", client_fd, buffer,
         sizeof buffer - 1);

    /* The queue of this listener is full: connect(2) has to wait. */
    const int listener_fd = new_listener(0);
    new_client(listener_fd);
    struct sockaddr_in address = own_name(listener_fd);
    const int fd = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
    signal_soon();
    show(connect(fd, ADDRESS(&address), sizeof address),
         "connect(%d, %s, %zu)", fd, text(&address), sizeof address);

    /* It goes on by itself. Asked again, it says so (without waiting). */
    must(fcntl(fd, F_SETFL, O_NONBLOCK), "fcntl");
    show(connect(fd, ADDRESS(&address), sizeof address),
         "connect(%d, %s, %zu)", fd, text(&address), sizeof address);

    /* Right: wait until it can be written to, then ask for the result. */
    must(accept(listener_fd, NULL, NULL), "accept");
    wait_for(fd, POLLOUT);
    int error = -1;
    socklen_t size = sizeof error;
    const int asked = getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    show(asked, "getsockopt(%d, SOL_SOCKET, SO_ERROR, [%d], [%u])", fd, error,
         size);
    show(connect(fd, ADDRESS(&address), sizeof address),
         "connect(%d, %s, %zu)", fd, text(&address), sizeof address);
    show(connect(fd, ADDRESS(&address), sizeof address),
         "connect(%d, %s, %zu)", fd, text(&address), sizeof address);
    return EXIT_SUCCESS;
}
