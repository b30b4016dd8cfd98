/* getsockname(2): its errors, and what provokes them. See errors.h. */
#include "errors.h"

/* Asks for the name of fd, with room of this size, and reports that. */
static void ask(int fd, socklen_t size)
{
    struct sockaddr_in name = {0};
    const int room = (int)size;
    const int result = getsockname(fd, (struct sockaddr *)&name, &size);
    report("getsockname", result, "%d, ?, [%d]", fd, room);
}

static void ask_a_closed_descriptor(void)
{
    ask(closed_descriptor(), sizeof(struct sockaddr_in));
}

static void ask_for_a_name_at_no_address(void)
{
    const int fd = make_socket(AF_INET, SOCK_STREAM);
    socklen_t size = sizeof(struct sockaddr_in);
    const int result = getsockname(fd, nowhere, &size);
    report("getsockname", result, "%d, %p, [%u]", fd, (void *)nowhere, size);
}

static void ask_with_a_negative_length(void)
{
    ask(make_socket(AF_INET, SOCK_STREAM), (socklen_t)-1);
}

static void ask_a_file(void)
{
    ask(file_descriptor(), sizeof(struct sockaddr_in));
}

const struct pair getsockname_pairs[] = {
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
    {ERROR(ENOTSOCK), true,
     "The descriptor is not a socket's: a mistake in the program.",
     "Was the socket closed, and its number given to another file?",
     {{LIVE, "The descriptor is that of a file.", ask_a_file}}},
    {NULL, 0, false, NULL, NULL, {{NEVER, NULL, NULL}}},
    /* clang-format on */
};
