/* getpeername(2): its errors, and what provokes them. See errors.h. */
#include "errors.h"

/* Asks for the name of fd's peer, with room of this size, and reports that. */
static void ask(int fd, socklen_t size)
{
    struct sockaddr_in name = {0};
    const int room = (int)size;
    const int result = getpeername(fd, (struct sockaddr *)&name, &size);
    report("getpeername", result, "%d, ?, [%d]", fd, room);
}

/* Linux looks for the peer first: only a connected socket gets to the rest. */
static int make_connected_socket(void)
{
    struct sockaddr_in address;
    make_listener(&address, 1);
    return make_client(&address);
}

static void ask_a_closed_descriptor(void)
{
    ask(closed_descriptor(), sizeof(struct sockaddr_in));
}

static void ask_for_a_name_at_no_address(void)
{
    const int fd = make_connected_socket();
    socklen_t size = sizeof(struct sockaddr_in);
    const int result = getpeername(fd, nowhere, &size);
    report("getpeername", result, "%d, %p, [%u]", fd, (void *)nowhere, size);
}

static void ask_with_a_negative_length(void)
{
    ask(make_connected_socket(), (socklen_t)-1);
}

static void ask_a_listener(void)
{
    struct sockaddr_in address;
    ask(make_listener(&address, 1), sizeof address);
}

static void ask_a_file(void)
{
    ask(file_descriptor(), sizeof(struct sockaddr_in));
}

#ifdef __linux__
/* The client resets its connection, and accept(2) still hands it over. */
static void ask_after_a_reset(void)
{
    struct sockaddr_in address;
    const int listener_fd = make_listener(&address, 1);
    reset_connection(make_client(&address));
    const int fd = must("accept", accept(listener_fd, NULL, NULL));
    wait_for_reset(fd);
    ask(fd, sizeof address);
}
#endif

const struct pair getpeername_pairs[] = {
    /* clang-format off */
    {ERROR(EBADF), true,
     "The number is not an open descriptor: a mistake in the program.",
     "Was it closed already, or never opened?",
     {{LIVE, "The socket was closed.", ask_a_closed_descriptor}}},
    {ERROR(EFAULT), true,
     "A pointer leads out of the program's memory: a mistake in it.",
     "Is an & missing?",
     {{LIVE, "The name is to be written where the program has no memory.",
       ask_for_a_name_at_no_address}}},
    {ERROR(EINVAL), true,
     "An argument makes no sense to the kernel for this socket.",
     "Compare each one with the man page: a length, a number.",
     {{LIVE, "The length is -1.", ask_with_a_negative_length}}},
    {ERROR(ENOBUFS), true,
     "The kernel has no memory left for this.",
     "Close sockets, end programs, try again.",
     {{NEVER, "In Linux only AppleTalk sockets say this: no memory is needed.",
       NULL}}},
    {ERROR(ENOTCONN), true,
     "This socket has no peer: it is not connected.",
     "A listener never is. Ask the accepted socket.",
     {{LIVE, "The socket is a listener.", ask_a_listener},
      ON_LINUX(LIVE,
       "An accepted socket, whose client has reset the connection.",
       ask_after_a_reset)}},
    {ERROR(ENOTSOCK), true,
     "The descriptor is not a socket's: a mistake in the program.",
     "Was the socket closed, and its number given to another file?",
     {{LIVE, "The descriptor is that of a file.", ask_a_file}}},
    {NULL, 0, false, NULL, NULL, {{NEVER, NULL, NULL}}},
    /* clang-format on */
};
