/* connect(2): its errors, and what provokes them. See errors.h. */
#include "errors.h"

#include <netinet/tcp.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#ifdef __linux__
#include <net/route.h>
#include <sys/ioctl.h>
#endif

/* Connects fd to the address, and reports that. */
static void connect_and_report(int fd, struct sockaddr_in address)
{
    const int result = connect_ipv4(fd, address);
    report("connect", result, "%d, %s, 16", fd, text(&address));
}

/* The same for a new Unix socket, and a path. */
static void connect_to_a_path(const char *path)
{
    const int fd = make_socket(AF_UNIX, SOCK_STREAM);
    const int result = connect_unix(fd, path);
    report("connect", result, "%d, \"%s\", %zu", fd, path,
           sizeof(struct sockaddr_un));
}

/* ---- The arguments are wrong -------------------------------------------- */

static void connect_a_closed_descriptor(void)
{
    connect_and_report(closed_descriptor(), ipv4("127.0.0.1", 4002));
}

static void connect_a_file(void)
{
    connect_and_report(file_descriptor(), ipv4("127.0.0.1", 4002));
}

static void connect_to_an_address_at_no_address(void)
{
    const int fd = make_socket(AF_INET, SOCK_STREAM);
    const int result = connect(fd, nowhere, 16);
    report("connect", result, "%d, %p, 16", fd, (void *)nowhere);
}

static void connect_to_an_address_of_another_family(void)
{
    struct sockaddr_in address = ipv4("127.0.0.1", 4002);
    address.sin_family = AF_INET6;
    const int fd = make_socket(AF_INET, SOCK_STREAM);
    const int result = connect_ipv4(fd, address);
    report("connect", result, "%d, {sa_family=AF_INET6, ...}, 16", fd);
}

static void connect_with_a_wrong_length(void)
{
    const struct sockaddr_in address = ipv4("127.0.0.1", 4002);
    const int fd = make_socket(AF_INET, SOCK_STREAM);
    const int result = connect(fd, (const struct sockaddr *)&address, 4);
    report("connect", result, "%d, %s, 4", fd, text(&address));
}

/* ---- Nobody there ------------------------------------------------------- */

static void connect_where_nobody_listens(void)
{
    const int bound_fd = make_socket(AF_INET, SOCK_STREAM);
    must("bind", bind_ipv4(bound_fd, ipv4("127.0.0.1", 0)));
    connect_and_report(make_socket(AF_INET, SOCK_STREAM), own_name(bound_fd));
}

/* The file of a Unix socket stays when its server has ended. */
static void connect_to_a_file_left_behind(void)
{
    must("close", close(make_unix_listener("socket", 1)));
    connect_to_a_path("socket");
}

/* ---- Too early, or too late --------------------------------------------- */

static void connect_twice(void)
{
    struct sockaddr_in address;
    make_listener(&address, 1);
    connect_and_report(make_client(&address), address);
}

/* ---- Unix sockets ------------------------------------------------------- */

static void connect_where_we_may_not_write(void)
{
    make_unix_listener("socket", 1);
    must("chmod", chmod("socket", 0));
    become_nobody();
    connect_to_a_path("socket");
}

static void connect_to_a_socket_of_another_type(void)
{
    make_unix_listener("socket", 1);
    const int fd = make_socket(AF_UNIX, SOCK_DGRAM);
    const int result = connect_unix(fd, "socket");
    report("connect", result, "%d, \"socket\", %zu", fd,
           sizeof(struct sockaddr_un));
}

static void connect_behind_a_link_to_itself(void)
{
    must("symlink", symlink("loop", "loop"));
    connect_to_a_path("loop");
}

static void connect_behind_a_name_too_long(void)
{
    make_link_to_a_long_name("link");
    connect_to_a_path("link");
}

static void connect_to_a_path_that_is_none(void)
{
    connect_to_a_path("missing");
}

static void connect_behind_a_file(void)
{
    connect_to_a_path("/dev/null/socket");
}

#ifdef __linux__
/* ---- Waiting for a listener whose queue is full ------------------------- */

static void connect_without_waiting(void)
{
    struct sockaddr_in address;
    make_full_listener(&address);
    const int fd = make_socket(AF_INET, SOCK_STREAM);
    make_non_blocking(fd);
    connect_and_report(fd, address);
}

/* SO_SNDTIMEO limits how long connect(2) may wait (socket(7)). */
static void connect_for_a_limited_time(void)
{
    struct sockaddr_in address;
    make_full_listener(&address);
    const int fd = make_socket(AF_INET, SOCK_STREAM);
    const struct timeval millisecond = {.tv_usec = 1000};
    must("setsockopt", setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &millisecond,
                                  sizeof millisecond));
    connect_and_report(fd, address);
}

static void connect_again_without_waiting(void)
{
    struct sockaddr_in address;
    make_full_listener(&address);
    const int fd = make_socket(AF_INET, SOCK_STREAM);
    make_non_blocking(fd);
    connect_ipv4(fd, address);
    connect_and_report(fd, address);
}

static void connect_until_a_signal_comes(void)
{
    struct sockaddr_in address;
    make_full_listener(&address);
    interrupt_soon();
    connect_and_report(make_socket(AF_INET, SOCK_STREAM), address);
}

/*
 * Without TCP_USER_TIMEOUT (tcp(7)) this takes two minutes. With it, one
 * second: the kernel looks at it when it asks for the second time, and the
 * second after which it does so cannot be made shorter.
 */
static void connect_until_the_kernel_gives_up(void)
{
    struct sockaddr_in address;
    make_full_listener(&address);
    const int fd = make_socket(AF_INET, SOCK_STREAM);
    const int milliseconds = 1;
    must("setsockopt", setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT,
                                  &milliseconds, sizeof milliseconds));
    connect_and_report(fd, address);
}

static void connect_to_a_full_unix_listener(void)
{
    make_unix_listener("socket", 0);
    must("connect", connect_unix(make_socket(AF_UNIX, SOCK_STREAM), "socket"));
    const int fd = make_socket(AF_UNIX, SOCK_STREAM);
    make_non_blocking(fd);
    const int result = connect_unix(fd, "socket");
    report("connect", result, "%d, \"socket\", %zu", fd,
           sizeof(struct sockaddr_un));
}

/*
 * The connection comes and goes while the non-blocking client is elsewhere.
 * It asks how it went with a second connect.
 */
static int make_client_of_a_resetting_server(struct sockaddr_in *address)
{
    const int listener_fd = make_listener(address, 1);
    const int fd = make_socket(AF_INET, SOCK_STREAM);
    make_non_blocking(fd);
    connect_ipv4(fd, *address);
    reset_connection(must("accept", accept(listener_fd, NULL, NULL)));
    wait_for_reset(fd);
    return fd;
}

static void connect_again_after_a_reset(void)
{
    struct sockaddr_in address;
    connect_and_report(make_client_of_a_resetting_server(&address), address);
}

/* SO_ERROR tells the reset and forgets it (socket(7)). */
static void connect_again_after_asking_for_the_error(void)
{
    struct sockaddr_in address;
    const int fd = make_client_of_a_resetting_server(&address);
    int error = 0;
    socklen_t size = sizeof error;
    must("getsockopt", getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size));
    connect_and_report(fd, address);
}

/* ---- Addresses and ways ------------------------------------------------- */

static void connect_from_one_address_twice(void)
{
    struct sockaddr_in address;
    make_listener(&address, 2);
    const int first_fd = make_reusing_socket(ipv4("127.0.0.1", 0));
    const int second_fd = make_reusing_socket(own_name(first_fd));
    must("connect", connect_ipv4(first_fd, address));
    connect_and_report(second_fd, address);
}

static void connect_without_a_free_port(void)
{
    take_all_ports(SOCK_STREAM);
    connect_and_report(make_socket(AF_INET, SOCK_STREAM),
                       ipv4("127.0.0.1", 4002));
}

/* UDP has its own ports, and its own word for it. */
static void connect_udp_without_a_free_port(void)
{
    take_all_ports(SOCK_DGRAM);
    connect_and_report(make_socket(AF_INET, SOCK_DGRAM),
                       ipv4("127.0.0.1", 4002));
}

/* connect(2) on a datagram socket sends nothing. */
static void connect_to_a_broadcast_address(void)
{
    connect_and_report(make_socket(AF_INET, SOCK_DGRAM),
                       ipv4("127.255.255.255", 4002));
}

/* TCP joins two sockets, not many: nothing is sent. */
static void connect_tcp_to_a_broadcast_address(void)
{
    connect_and_report(make_socket(AF_INET, SOCK_STREAM),
                       ipv4("127.255.255.255", 4002));
}

static void connect_without_a_route(void)
{
    enter_own_network();
    connect_and_report(make_socket(AF_INET, SOCK_STREAM),
                       ipv4("203.0.113.1", 4002));
}

/* RTF_REJECT: a route that says, this way leads nowhere. */
static void connect_over_a_closed_route(void)
{
    enter_own_network();
    const int fd = make_socket(AF_INET, SOCK_STREAM);
    const struct sockaddr_in address = ipv4("203.0.113.1", 4002);
    const struct sockaddr_in mask = ipv4("255.255.255.255", 0);
    struct rtentry route = {.rt_flags = RTF_UP | RTF_HOST | RTF_REJECT};
    memcpy(&route.rt_dst, &address, sizeof address);
    memcpy(&route.rt_genmask, &mask, sizeof mask);
    must("ioctl SIOCADDRT", ioctl(fd, SIOCADDRT, &route));
    connect_and_report(fd, address);
}

/* ---- Rules -------------------------------------------------------------- */

/* 2 is LANDLOCK_ACCESS_NET_CONNECT_TCP of <linux/landlock.h>. */
static void connect_against_a_rule(void)
{
    forbid(2, 0);
    connect_and_report(make_socket(AF_INET, SOCK_STREAM),
                       ipv4("127.0.0.1", 4002));
}

/*
 * 1 is LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET: of the sockets without a path
 * (unix(7)), only those that are made under the rule may be connected to. A
 * bind with no path at all lets the kernel choose a name.
 */
static void connect_out_of_a_scope(void)
{
    struct sockaddr_un address = unix_path("");
    socklen_t size = sizeof(sa_family_t);
    struct sockaddr *name = (struct sockaddr *)&address;
    const int listener_fd = make_socket(AF_UNIX, SOCK_STREAM);
    must("bind", bind(listener_fd, name, size));
    must("listen", listen(listener_fd, 1));
    size = sizeof address;
    must("getsockname", getsockname(listener_fd, name, &size));

    forbid(0, 1);
    const int fd = make_socket(AF_UNIX, SOCK_STREAM);
    const int result = connect(fd, name, size);
    report("connect", result, "%d, @\"%s\", %u", fd, address.sun_path + 1,
           size);
}

/* A datagram socket that is connected takes data from its peer alone. */
static void connect_to_a_socket_that_has_a_peer(void)
{
    int pair[2];
    must("socketpair", socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
    must("bind", bind_unix(pair[0], "socket"));
    const int fd = make_socket(AF_UNIX, SOCK_DGRAM);
    const int result = connect_unix(fd, "socket");
    report("connect", result, "%d, \"socket\", %zu", fd,
           sizeof(struct sockaddr_un));
}

static void connect_without_memory(void)
{
    make_unix_listener("socket", 1);
    const int fd = make_socket(AF_UNIX, SOCK_STREAM);
    take_memory_away();
    const int result = connect_unix(fd, "socket");
    give_memory_back();
    report("connect", result, "%d, \"socket\", %zu", fd,
           sizeof(struct sockaddr_un));
}
#endif

const struct pair connect_pairs[] = {
    /* clang-format off */
    {ERROR(EACCES), true,
     "A security rule of this machine forbids the call.",
     "Ask the administrator. Broadcast addresses are not for TCP.",
     {{LIVE, "A Unix socket whose file nobody may write to.",
       connect_where_we_may_not_write},
      ON_LINUX(LIVE,
       "UDP to a broadcast address, without SO_BROADCAST (socket(7)).",
       connect_to_a_broadcast_address),
      ON_LINUX(LIVE,
       "A rule of the program's own forbids connect (landlock(7)).",
       connect_against_a_rule)}},
    {ERROR(EADDRINUSE), true,
     "This very connection exists already (Linux says EADDRNOTAVAIL).",
     "Let the kernel choose the local port: do not bind it.",
     {{NEVER,
       "Linux says EADDRNOTAVAIL: see there. (AX.25, by radio, says this.)",
       NULL}}},
    {ERROR(EADDRNOTAVAIL), true,
     "No local port is left, or this very connection exists already.",
     "Close connections. See ip_local_port_range in ip(7).",
     {ON_LINUX(LIVE,
       "The same connection exists: from this address to that one.",
       connect_from_one_address_twice),
      ON_LINUX(ROOT, "No port is left for this end (ip_local_port_range).",
       connect_without_a_free_port)}},
    {ERROR(EAFNOSUPPORT), true,
     "The address is of another family than the socket.",
     "Is sin_family AF_INET, as in socket(2)?",
     {{LIVE, "An IPv4 socket, and sin_family is AF_INET6.",
       connect_to_an_address_of_another_family}}},
    {ERROR(EAGAIN), true,
     "The queue of the listener is full: only Unix sockets say this.",
     NOT_OVER_TCP,
     {ON_LINUX(LIVE, "Non-blocking, to a Unix listener whose queue is full.",
       connect_to_a_full_unix_listener),
      ON_LINUX(ROOT,
       "UDP, and no port is left for this end (ip_local_port_range).",
       connect_udp_without_a_free_port)}},
    {ERROR(EALREADY), true,
     "An earlier connect on this socket is still under way.",
     "Wait with poll(2) until the socket can be written to.",
     {ON_LINUX(LIVE,
       "Non-blocking, to a listener whose queue is full; then again.",
       connect_again_without_waiting)}},
    {ERROR(EBADF), true,
     "The number is not an open descriptor: a mistake in the program.",
     "Was it closed already, or never opened?",
     {{LIVE, "The socket was closed.", connect_a_closed_descriptor}}},
    {ERROR(ECONNREFUSED), true,
     "Nobody listens on that port, and the peer's kernel said so at once.",
     "Start the server first, or look at the address and port again.",
     {{LIVE, "A socket is bound there, but it does not listen.",
       connect_where_nobody_listens},
      {LIVE, "A Unix socket's file, whose server has ended.",
       connect_to_a_file_left_behind}}},
    {ERROR(EFAULT), true,
     "A pointer leads out of the program's memory: a mistake in it.",
     "Is an & missing?",
     {{LIVE, "The address is to be read where the program has no memory.",
       connect_to_an_address_at_no_address}}},
    {ERROR(EINPROGRESS), true,
     "The socket is non-blocking, and connecting goes on by itself.",
     "Wait with poll(2), then ask for SO_ERROR (socket(7)).",
     {ON_LINUX(LIVE, "Non-blocking, to a listener whose queue is full.",
       connect_without_waiting),
      ON_LINUX(LIVE, "Blocking, and the time of SO_SNDTIMEO is over.",
       connect_for_a_limited_time)}},
    {ERROR(EINTR), true,
     "A signal handler interrupted the wait. Connecting goes on by itself.",
     "Do not call again: wait with poll(2), then ask for SO_ERROR.",
     {ON_LINUX(LIVE,
       "The listener's queue is full, and while we wait a signal comes.",
       connect_until_a_signal_comes)}},
    {ERROR(EISCONN), true,
     "The socket is connected already.",
     "One socket, one connection: make another socket.",
     {{LIVE, "The socket is connected, and is connected again.",
       connect_twice}}},
    {ERROR(ENETUNREACH), true,
     "This machine knows no way to that network.",
     "Is the address right, and is this machine on a network?",
     {ON_LINUX(LIVE, "TCP to a broadcast address: no such way for TCP.",
       connect_tcp_to_a_broadcast_address),
      ON_LINUX(ROOT, "In a network that has no route but loopback.",
       connect_without_a_route)}},
    {ERROR(ENOTSOCK), true,
     "The descriptor is not a socket's: a mistake in the program.",
     "Was the socket closed, and its number given to another file?",
     {{LIVE, "The descriptor is that of a file.", connect_a_file}}},
    {ERROR(EPERM), true,
     "A security rule of this machine forbids it.",
     "Ask the administrator.",
     {ON_LINUX(LIVE, "A Unix datagram socket that talks with its peer only.",
       connect_to_a_socket_that_has_a_peer),
      ON_LINUX(LIVE,
       "A rule of the program's own forbids connect (landlock(7)).",
       connect_out_of_a_scope)}},
    {ERROR(EPROTOTYPE), true, UNIX_ONLY, NOT_OVER_TCP,
     {{LIVE, "A Unix datagram socket, to a stream socket.",
       connect_to_a_socket_of_another_type}}},
    {ERROR(ETIMEDOUT), true,
     "No answer came, however often the kernel asked (about two minutes).",
     "Is the address right? A firewall may drop what we send.",
     {ON_LINUX(LIVE,
       "The listener's queue is full. One second: TCP_USER_TIMEOUT.",
       connect_until_the_kernel_gives_up)}},

    {ERROR(ECONNABORTED), false,
     "Connecting has failed already, and the reason was told before.",
     "Close the socket: believe what SO_ERROR said first.",
     {ON_LINUX(LIVE,
       "A reset, SO_ERROR asked (that is told once), and connect again.",
       connect_again_after_asking_for_the_error)}},
    {ERROR(ECONNRESET), false,
     "The peer ended the connection with a reset, not with an end of file.",
     "Data may be lost. Did it close before it had read all?",
     {ON_LINUX(LIVE,
       "Non-blocking; the server accepts and resets; connect again.",
       connect_again_after_a_reset)}},
    {ERROR(EHOSTUNREACH), false,
     "The way to that machine is known, but it does not answer there.",
     "Is it switched on, and is the address right?",
     {ON_LINUX(ROOT, "Over a route that leads nowhere: RTF_REJECT.",
       connect_over_a_closed_route)}},
    {ERROR(EINVAL), false,
     "An argument makes no sense to the kernel for this socket.",
     "Compare each one with the man page: a length, a number.",
     {{LIVE, "The length is 4.", connect_with_a_wrong_length}}},
    {ERROR(ELOOP), false, UNIX_ONLY, NOT_OVER_TCP,
     {{LIVE, "The path is a symbolic link to itself.",
       connect_behind_a_link_to_itself}}},
    {ERROR(ENAMETOOLONG), false, UNIX_ONLY, NOT_OVER_TCP,
     {{LIVE, "The path is a link to a name of 299 letters.",
       connect_behind_a_name_too_long}}},
    {ERROR(ENOENT), false, UNIX_ONLY, NOT_OVER_TCP,
     {{LIVE, "The path does not exist.", connect_to_a_path_that_is_none}}},
    {ERROR(ENOMEM), false,
     "The kernel has no memory left for this.",
     "Close sockets, end programs, try again.",
     {ON_LINUX(ROOT, "No memory for the connection, by a limit (cgroups(7)).",
       connect_without_memory)}},
    {ERROR(ENOTDIR), false, UNIX_ONLY, NOT_OVER_TCP,
     {{LIVE, "A directory of the path is a file.", connect_behind_a_file}}},
    {NULL, 0, false, NULL, NULL, {{NEVER, NULL, NULL}}},
    /* clang-format on */
};
