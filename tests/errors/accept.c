/* accept(2): its errors, and what provokes them. See errors.h. */
#include "errors.h"

#include <sys/time.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

static void accept_when_nobody_waits(void)
{
    struct sockaddr_in address;
    const int listener_fd = make_listener(&address, 1);
    make_non_blocking(listener_fd);
    const int fd = accept(listener_fd, NULL, NULL);
    report("accept", fd, "%d, NULL, NULL", listener_fd);
}

/* SO_RCVTIMEO limits how long accept(2) may wait (socket(7)). */
static void accept_for_a_limited_time(void)
{
    struct sockaddr_in address;
    const int listener_fd = make_listener(&address, 1);
    const struct timeval millisecond = {.tv_usec = 1000};
    must("setsockopt", setsockopt(listener_fd, SOL_SOCKET, SO_RCVTIMEO,
                                  &millisecond, sizeof millisecond));
    const int fd = accept(listener_fd, NULL, NULL);
    report("accept", fd, "%d, NULL, NULL", listener_fd);
}

static void accept_until_a_signal_comes(void)
{
    struct sockaddr_in address;
    const int listener_fd = make_listener(&address, 1);
    interrupt_soon();
    const int fd = accept(listener_fd, NULL, NULL);
    report("accept", fd, "%d, NULL, NULL", listener_fd);
}

static void accept_beyond_the_limit(void)
{
    struct sockaddr_in address;
    const int listener_fd = make_listener(&address, 1);
    make_client(&address);
    allow_no_more_descriptors();
    const int fd = accept(listener_fd, NULL, NULL);
    report("accept", fd, "%d, NULL, NULL", listener_fd);
}

static void accept_on_a_closed_descriptor(void)
{
    const int listener_fd = closed_descriptor();
    const int fd = accept(listener_fd, NULL, NULL);
    report("accept", fd, "%d, NULL, NULL", listener_fd);
}

static void accept_on_a_file(void)
{
    const int listener_fd = file_descriptor();
    const int fd = accept(listener_fd, NULL, NULL);
    report("accept", fd, "%d, NULL, NULL", listener_fd);
}

static void accept_on_a_datagram_socket(void)
{
    const int listener_fd = make_socket(AF_INET, SOCK_DGRAM);
    const int fd = accept(listener_fd, NULL, NULL);
    report("accept", fd, "%d, NULL, NULL", listener_fd);
}

static void accept_without_listen(void)
{
    const int listener_fd = make_socket(AF_INET, SOCK_STREAM);
    const int fd = accept(listener_fd, NULL, NULL);
    report("accept", fd, "%d, NULL, NULL", listener_fd);
}

/* The client is lost: the kernel had taken it out of the queue already. */
static void accept_with_a_negative_length(void)
{
    struct sockaddr_in address;
    const int listener_fd = make_listener(&address, 1);
    make_client(&address);
    socklen_t size = (socklen_t)-1;
    const int fd = accept(listener_fd, (struct sockaddr *)&address, &size);
    report("accept", fd, "%d, ?, [-1]", listener_fd);
}

/* Here, too, the connection is lost. */
static void accept_with_the_name_at_no_address(void)
{
    struct sockaddr_in address;
    const int listener_fd = make_listener(&address, 1);
    make_client(&address);
    socklen_t size = sizeof address;
    const int fd = accept(listener_fd, nowhere, &size);
    report("accept", fd, "%d, %p, [%u]", listener_fd, (void *)nowhere, size);
}

#ifdef __linux__
/*
 * accept4(2) is accept(2) with flags: SOCK_NONBLOCK and SOCK_CLOEXEC. We ask
 * the kernel itself, because not every libc passes a wrong flag on.
 */
static void accept_with_a_flag_that_is_none(void)
{
    struct sockaddr_in address;
    const int listener_fd = make_listener(&address, 1);
    const long fd = syscall(SYS_accept4, listener_fd, NULL, NULL, 1);
    report("accept4", fd, "%d, NULL, NULL, 1", listener_fd);
}

static void accept_without_memory(void)
{
    struct sockaddr_in address;
    const int listener_fd = make_listener(&address, 1);
    make_client(&address);
    take_memory_away();
    const int fd = accept(listener_fd, NULL, NULL);
    give_memory_back();
    report("accept", fd, "%d, NULL, NULL", listener_fd);
}

/*
 * Page by page the memory grows, and what the calls take fills it, until there
 * is room for the first part of a socket and not for the others.
 */
static void accept_with_some_memory(void)
{
    struct sockaddr_in address;
    const int listener_fd = make_listener(&address, 1);
    make_non_blocking(listener_fd);
    int fd = -1;
    take_memory_away();
    for (int tries = 0, pages = 0; tries < 1000; tries++) {
        fd = accept(listener_fd, NULL, NULL);
        if (errno == ENOMEM)
            break;
        if (errno == ENFILE)
            give_memory(++pages);
    }
    give_memory_back();
    report("accept", fd, "%d, NULL, NULL", listener_fd);
}
#endif

const struct pair accept_pairs[] = {
    /* clang-format off */
    {ERROR(EAGAIN), true,
     "The call would have to wait, but the socket is non-blocking.",
     "This program never makes one so: see O_NONBLOCK in fcntl(2).",
     {{LIVE, "The listener is non-blocking, and no client is in its queue.",
       accept_when_nobody_waits},
      {LIVE, "Blocking, and the time of SO_RCVTIMEO is over.",
       accept_for_a_limited_time}}},
    {ERROR(EBADF), true,
     "The number is not an open descriptor: a mistake in the program.",
     "Was it closed already, or never opened?",
     {{LIVE, "The listener was closed.", accept_on_a_closed_descriptor}}},
    {ERROR(ECONNABORTED), true,
     "The client gave up while its connection waited in the queue.",
     "Accept the next one. (Linux hands over the dead connection.)",
     {{NEVER,
       "Linux hands the dead connection over: see getpeername, ENOTCONN.",
       NULL}}},
    {ERROR(EFAULT), true,
     "A pointer leads out of the program's memory: a mistake in it.",
     "Is an & missing?",
     {{LIVE, "The name is to be written where the program has no memory.",
       accept_with_the_name_at_no_address}}},
    {ERROR(EINTR), true,
     "A signal handler ran and interrupted the call (signal(7)).",
     "Call again. (This program has no handler and does not expect it.)",
     {{LIVE, "A signal comes, and its handler was set without SA_RESTART.",
       accept_until_a_signal_comes}}},
    {ERROR(EINVAL), true,
     "The socket does not listen, or the length is negative.",
     "Call listen(2) first, and set the length before each call.",
     {{LIVE, "The socket does not listen.", accept_without_listen},
      {LIVE, "The length is -1. The waiting client is lost.",
       accept_with_a_negative_length},
      ON_LINUX(LIVE, "accept4, and a flag that does not exist.",
       accept_with_a_flag_that_is_none)}},
    {ERROR(EMFILE), true,
     "This program has as many descriptors open as it may have.",
     "Close what is not used any more, or raise the limit: ulimit -n.",
     {{LIVE, "RLIMIT_NOFILE lowered to what is open (setrlimit(2)).",
       accept_beyond_the_limit}}},
    {ERROR(ENFILE), true,
     "All programs together have as many files open as the system allows.",
     "End some, or ask the administrator.",
     {ON_LINUX(ROOT,
       "No memory for the socket's file, by a limit (cgroups(7)).",
       accept_without_memory)}},
    {ERROR(ENOBUFS), true,
     "The kernel has no memory left for this.",
     "Close sockets, end programs, try again.",
     {{NEVER, "In Linux only Phonet sockets, of telephones, can say this.",
       NULL}}},
    {ERROR(ENOMEM), true,
     "The kernel has no memory left for this.",
     "Close sockets, end programs, try again.",
     {ON_LINUX(ROOT,
       "Memory for a part of the socket only, by a limit (cgroups(7)).",
       accept_with_some_memory)}},
#ifdef ENOSR
    {ERROR(ENOSR), true,
     "The kernel has no memory left for the new connection.", NOT_OVER_TCP,
     {{NEVER,
       "No network code of Linux says this: it is of System V's STREAMS.",
       NULL}}},
#endif
    {ERROR(ENOTSOCK), true,
     "The descriptor is not a socket's: a mistake in the program.",
     "Was the socket closed, and its number given to another file?",
     {{LIVE, "The descriptor is that of a file.", accept_on_a_file}}},
    {ERROR(EOPNOTSUPP), true,
     "This type of socket cannot listen, or accept.",
     "SOCK_STREAM can. A datagram socket has no connections.",
     {{LIVE, "The socket is of type SOCK_DGRAM.",
       accept_on_a_datagram_socket}}},
    {ERROR(EPERM), true,
     "A security rule of this machine forbids it.",
     "Ask the administrator.",
     {{NEVER, "A firewall drops packets, and accept never hears of them.",
       NULL}}},
    {ERROR(EPROTO), true,
     "The connection failed before it was handed over.",
     "Nothing is lost but that client: accept the next one.",
     {{NEVER, "In Linux only Phonet sockets, of telephones, can say this.",
       NULL}}},
    {ERROR(EPROTONOSUPPORT), true,
     "The kernel cannot make a socket for the new connection.", NOT_OVER_TCP,
     {{NEVER,
       "The new socket is of the listener's protocol: that is supported.",
       NULL}}},
#ifdef ESOCKTNOSUPPORT
    {ERROR(ESOCKTNOSUPPORT), true,
     "The kernel cannot make a socket for the new connection.", NOT_OVER_TCP,
     {{NEVER, "The new socket is of the listener's type: that is supported.",
       NULL}}},
#endif
    {ERROR(ETIMEDOUT), true,
     "The peer has not answered for so long that the connection is dead.",
     "Close the socket. Is the peer switched on, does the network work?",
     {{NEVER,
       "Linux hands the dead connection over. With SO_RCVTIMEO: EAGAIN.",
       NULL}}},
    {"EWOULDBLOCK", EWOULDBLOCK, true,
     "The call would have to wait, but the socket is non-blocking.",
     "This program never makes one so: see O_NONBLOCK in fcntl(2).",
     {{NEVER, "Another name for EAGAIN, with the same number: see there.",
       NULL}}},
    {"ERESTARTSYS", 512, true,
     "The kernel's own note that a signal interrupts this call.",
     "None: the program sees EINTR, or the call starts again by itself.",
     {{NEVER, "strace(1) may show it. No program ever gets it.", NULL}}},
    {NULL, 0, false, NULL, NULL, {{NEVER, NULL, NULL}}},
    /* clang-format on */
};
