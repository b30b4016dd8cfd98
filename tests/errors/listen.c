/* listen(2): its errors, and what provokes them. See errors.h. */
#include "errors.h"

static void listen_where_another_listens(void)
{
    const int listener_fd = make_reusing_socket(ipv4("127.0.0.1", 0));
    const int fd = make_reusing_socket(own_name(listener_fd));
    must("listen", listen(listener_fd, 1));
    report("listen", listen(fd, 1), "%d, 1", fd);
}

static void listen_on_a_closed_descriptor(void)
{
    const int fd = closed_descriptor();
    report("listen", listen(fd, 1), "%d, 1", fd);
}

static void listen_on_a_file(void)
{
    const int fd = file_descriptor();
    report("listen", listen(fd, 1), "%d, 1", fd);
}

static void listen_on_a_datagram_socket(void)
{
    const int fd = make_socket(AF_INET, SOCK_DGRAM);
    report("listen", listen(fd, 1), "%d, 1", fd);
}

#ifdef __linux__
/* listen(2) binds a socket that is not bound, to a port of its own choice. */
static void listen_without_a_free_port(void)
{
    take_all_ports(SOCK_STREAM);
    const int fd = make_socket(AF_INET, SOCK_STREAM);
    report("listen", listen(fd, 1), "%d, 1", fd);
}

static void listen_on_a_connected_socket(void)
{
    struct sockaddr_in address;
    make_listener(&address, 1);
    const int fd = make_client(&address);
    report("listen", listen(fd, 1), "%d, 1", fd);
}

/* Unix sockets have no address of the kernel's choice. */
static void listen_on_an_unbound_unix_socket(void)
{
    const int fd = make_socket(AF_UNIX, SOCK_STREAM);
    report("listen", listen(fd, 1), "%d, 1", fd);
}
#endif

const struct pair listen_pairs[] = {
    /* clang-format off */
    {ERROR(EADDRINUSE), true,
     "Another socket listens on this port already.",
     "Take another port, or end the program that has this one.",
     {{LIVE, "Two sockets are bound to one port, and the other one listens.",
       listen_where_another_listens},
      ON_LINUX(ROOT,
       "It is not bound, and no port is left (ip_local_port_range).",
       listen_without_a_free_port)}},
    {ERROR(EBADF), true,
     "The number is not an open descriptor: a mistake in the program.",
     "Was it closed already, or never opened?",
     {{LIVE, "The socket was closed.", listen_on_a_closed_descriptor}}},
    {ERROR(ENOTSOCK), true,
     "The descriptor is not a socket's: a mistake in the program.",
     "Was the socket closed, and its number given to another file?",
     {{LIVE, "The descriptor is that of a file.", listen_on_a_file}}},
    {ERROR(EOPNOTSUPP), true,
     "This type of socket cannot listen, or accept.",
     "SOCK_STREAM can. A datagram socket has no connections.",
     {{LIVE, "The socket is of type SOCK_DGRAM.",
       listen_on_a_datagram_socket}}},

    {ERROR(EINVAL), false,
     "An argument makes no sense to the kernel for this socket.",
     "Compare each one with the man page: a length, a number.",
     {ON_LINUX(LIVE, "The socket is connected.", listen_on_a_connected_socket),
      ON_LINUX(LIVE, "A Unix socket that is not bound.",
       listen_on_an_unbound_unix_socket)}},
    {NULL, 0, false, NULL, NULL, {{NEVER, NULL, NULL}}},
    /* clang-format on */
};
