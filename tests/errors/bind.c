/* bind(2): its errors, and what provokes them. See errors.h. */
#include "errors.h"

#include <sys/stat.h>
#ifdef __linux__
#include <net/if.h>
#include <sys/mount.h>
#endif

/* ---- The address is taken ----------------------------------------------- */

static void bind_where_another_is_bound(void)
{
    const int other_fd = make_socket(AF_INET, SOCK_STREAM);
    must("bind", bind_ipv4(other_fd, ipv4("127.0.0.1", 0)));
    const struct sockaddr_in address = own_name(other_fd);

    const int fd = make_socket(AF_INET, SOCK_STREAM);
    const int result = bind_ipv4(fd, address);
    report("bind", result, "%d, %s, 16", fd, text(&address));
}

/*
 * The side that closes first keeps the connection in TIME_WAIT (tcp(7)), and
 * with it the port. SO_REUSEADDR is against this.
 */
static void bind_where_a_server_has_just_ended(void)
{
    struct sockaddr_in address;
    const int listener_fd = make_listener(&address, 1);
    const int client_fd = make_client(&address);
    const int connection_fd = must("accept", accept(listener_fd, NULL, NULL));
    must("close", close(connection_fd));
    must("close", close(client_fd));
    must("close", close(listener_fd));

    const int fd = make_socket(AF_INET, SOCK_STREAM);
    const int result = bind_ipv4(fd, address);
    report("bind", result, "%d, %s, 16", fd, text(&address));
}

/* ---- The address is not for us ------------------------------------------ */

static void bind_to_an_address_of_another_machine(void)
{
    const struct sockaddr_in address = ipv4("203.0.113.1", 0);
    const int fd = make_socket(AF_INET, SOCK_STREAM);
    const int result = bind_ipv4(fd, address);
    report("bind", result, "%d, %s, 16", fd, text(&address));
}

static void bind_to_a_low_port_as_nobody(void)
{
    const struct sockaddr_in address = ipv4("127.0.0.1", 1);
    become_nobody();
    const int fd = make_socket(AF_INET, SOCK_STREAM);
    const int result = bind_ipv4(fd, address);
    if (result == 0)
        skip("Here anybody may have low ports (ip_unprivileged_port_start).");
    report("bind", result, "%d, %s, 16", fd, text(&address));
}

static void bind_in_a_closed_directory(void)
{
    must("mkdir", mkdir("closed", 0));
    become_nobody();
    const int fd = make_socket(AF_UNIX, SOCK_STREAM);
    const int result = bind_unix(fd, "closed/socket");
    report("bind", result, "%d, \"closed/socket\", %zu", fd,
           sizeof(struct sockaddr_un));
}

/* ---- The arguments are wrong -------------------------------------------- */

static void bind_a_closed_descriptor(void)
{
    const int fd = closed_descriptor();
    const int result = bind_ipv4(fd, ipv4("127.0.0.1", 0));
    report("bind", result, "%d, 127.0.0.1:0, 16", fd);
}

static void bind_a_file(void)
{
    const int fd = file_descriptor();
    const int result = bind_ipv4(fd, ipv4("127.0.0.1", 0));
    report("bind", result, "%d, 127.0.0.1:0, 16", fd);
}

static void bind_to_an_address_at_no_address(void)
{
    const int fd = make_socket(AF_INET, SOCK_STREAM);
    const int result = bind(fd, nowhere, 16);
    report("bind", result, "%d, %p, 16", fd, (void *)nowhere);
}

static void bind_twice(void)
{
    const int fd = make_socket(AF_INET, SOCK_STREAM);
    must("bind", bind_ipv4(fd, ipv4("127.0.0.1", 0)));
    const int result = bind_ipv4(fd, ipv4("127.0.0.1", 0));
    report("bind", result, "%d, 127.0.0.1:0, 16", fd);
}

static void bind_with_a_wrong_length(void)
{
    const struct sockaddr_in address = ipv4("127.0.0.1", 0);
    const int fd = make_socket(AF_INET, SOCK_STREAM);
    const int result = bind(fd, (const struct sockaddr *)&address, 4);
    report("bind", result, "%d, 127.0.0.1:0, 4", fd);
}

static void bind_to_an_address_of_another_family(void)
{
    struct sockaddr_in address = ipv4("127.0.0.1", 0);
    address.sin_family = AF_INET6;
    const int fd = make_socket(AF_INET, SOCK_STREAM);
    const int result = bind_ipv4(fd, address);
    report("bind", result, "%d, {sa_family=AF_INET6, ...}, 16", fd);
}

/* ---- Unix sockets: the path is wrong ------------------------------------ */

static void bind_to_a_path(const char *path)
{
    const int fd = make_socket(AF_UNIX, SOCK_STREAM);
    const int result = bind_unix(fd, path);
    report("bind", result, "%d, \"%s\", %zu", fd, path,
           sizeof(struct sockaddr_un));
}

static void bind_behind_a_link_to_itself(void)
{
    must("symlink", symlink("loop", "loop"));
    bind_to_a_path("loop/socket");
}

static void bind_behind_a_name_too_long(void)
{
    make_link_to_a_long_name("link");
    bind_to_a_path("link/socket");
}

static void bind_where_no_directory_is(void)
{
    bind_to_a_path("missing/socket");
}

static void bind_behind_a_file(void)
{
    bind_to_a_path("/dev/null/socket");
}

#ifdef __linux__
static void bind_without_a_free_port(void)
{
    take_all_ports(SOCK_STREAM);
    const int fd = make_socket(AF_INET, SOCK_STREAM);
    const int result = bind_ipv4(fd, ipv4("127.0.0.1", 0));
    report("bind", result, "%d, 127.0.0.1:0, 16", fd);
}

/* 1 is LANDLOCK_ACCESS_NET_BIND_TCP of <linux/landlock.h>. */
static void bind_against_a_rule(void)
{
    forbid(1, 0);
    const int fd = make_socket(AF_INET, SOCK_STREAM);
    const int result = bind_ipv4(fd, ipv4("127.0.0.1", 0));
    report("bind", result, "%d, 127.0.0.1:0, 16", fd);
}

static void bind_without_memory(void)
{
    const int fd = make_socket(AF_UNIX, SOCK_STREAM);
    take_memory_away();
    const int result = bind_unix(fd, "socket");
    give_memory_back();
    report("bind", result, "%d, \"socket\", %zu", fd,
           sizeof(struct sockaddr_un));
}

static void bind_on_a_read_only_file_system(void)
{
    mount_here("tmpfs", MS_RDONLY, "");
    bind_to_a_path("mount/socket");
}

/* The directory itself is the one file that this file system may have. */
static void bind_on_a_full_file_system(void)
{
    mount_here("tmpfs", 0, "nr_inodes=1");
    bind_to_a_path("mount/socket");
}

/* devpts(5) has terminals only. FAT, on a USB stick, says the same. */
static void bind_on_a_file_system_without_sockets(void)
{
    mount_here("devpts", 0, "newinstance");
    bind_to_a_path("mount/socket");
}

/* fe80:: addresses need the number of an interface (ipv6(7)). */
static void bind_to_an_interface_that_is_none(void)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6,
                                   .sin6_addr.s6_addr = {0xfe, 0x80, [15] = 1},
                                   .sin6_scope_id = 0x7fffffff};
    const int fd = socket(AF_INET6, SOCK_STREAM, 0);
    if (fd == -1 && errno == EAFNOSUPPORT)
        skip("This kernel has no IPv6.");
    const int result =
        bind(fd, (const struct sockaddr *)&address, sizeof address);
    report("bind", result, "%d, [fe80::1%%%u]:0, 28", fd,
           address.sin6_scope_id);
}
#endif

const struct pair bind_pairs[] = {
    /* clang-format off */
    {ERROR(EACCES), true,
     "Ports below 1024 need the rights of root, as a rule (ip(7)).",
     "Take a port from 1024 up.",
     {{LIVE, "Port 1, for a user who is not root.",
       bind_to_a_low_port_as_nobody},
      {LIVE, "A Unix socket, in a directory that nobody may enter.",
       bind_in_a_closed_directory},
      ON_LINUX(LIVE, "A rule of the program's own forbids bind (landlock(7)).",
       bind_against_a_rule)}},
    {ERROR(EADDRINUSE), true,
     "Another socket has this address, or had it until a moment ago.",
     "Take another port, or end the program that has this one.",
     {{LIVE, "Another socket is bound to this address.",
       bind_where_another_is_bound},
      {LIVE,
       "The server there has just ended; its connection is in TIME_WAIT.",
       bind_where_a_server_has_just_ended},
      ON_LINUX(ROOT, "Port 0, and no port is left (ip_local_port_range).",
       bind_without_a_free_port)}},
    {ERROR(EADDRNOTAVAIL), true,
     "This is not an address of this machine.",
     "127.0.0.1 always is; 0.0.0.0 means all that it has.",
     {{LIVE, "203.0.113.1 is for documentation: no machine has it.",
       bind_to_an_address_of_another_machine}}},
    {ERROR(EBADF), true,
     "The number is not an open descriptor: a mistake in the program.",
     "Was it closed already, or never opened?",
     {{LIVE, "The socket was closed.", bind_a_closed_descriptor}}},
    {ERROR(EFAULT), true,
     "A pointer leads out of the program's memory: a mistake in it.",
     "Is an & missing?",
     {{LIVE, "The address is to be read where the program has no memory.",
       bind_to_an_address_at_no_address}}},
    {ERROR(EINVAL), true,
     "The socket has an address already, or the length is wrong.",
     "Bind once, and pass the size of the whole struct.",
     {{LIVE, "The socket is bound already.", bind_twice},
      {LIVE, "The length is 4.", bind_with_a_wrong_length}}},
    {ERROR(ELOOP), true, UNIX_ONLY, NOT_OVER_TCP,
     {{LIVE, "A directory of the path is a symbolic link to itself.",
       bind_behind_a_link_to_itself}}},
    {ERROR(ENAMETOOLONG), true, UNIX_ONLY, NOT_OVER_TCP,
     {{LIVE, "The path goes through a link to a name of 299 letters.",
       bind_behind_a_name_too_long}}},
    {ERROR(ENOENT), true, UNIX_ONLY, NOT_OVER_TCP,
     {{LIVE, "The directory of the path does not exist.",
       bind_where_no_directory_is}}},
    {ERROR(ENOMEM), true,
     "The kernel has no memory left for this.",
     "Close sockets, end programs, try again.",
     {ON_LINUX(ROOT,
       "A Unix socket; no memory for its path, by a limit (cgroups(7)).",
       bind_without_memory)}},
    {ERROR(ENOTDIR), true, UNIX_ONLY, NOT_OVER_TCP,
     {{LIVE, "A directory of the path is a file.", bind_behind_a_file}}},
    {ERROR(ENOTSOCK), true,
     "The descriptor is not a socket's: a mistake in the program.",
     "Was the socket closed, and its number given to another file?",
     {{LIVE, "The descriptor is that of a file.", bind_a_file}}},
    {ERROR(EROFS), true, UNIX_ONLY, NOT_OVER_TCP,
     {ON_LINUX(ROOT, "The path is on a file system that is mounted read-only.",
       bind_on_a_read_only_file_system)}},

    {ERROR(EAFNOSUPPORT), false,
     "The address is of another family than the socket.",
     "Is sin_family AF_INET, as in socket(2)?",
     {{LIVE, "An IPv4 socket, and sin_family is AF_INET6.",
       bind_to_an_address_of_another_family}}},
    {ERROR(ENODEV), false,
     "There is no interface with this number.",
     "Ask if_nametoindex(3) for sin6_scope_id (IPv6 only).",
     {ON_LINUX(LIVE, "An IPv6 address with the number of no interface.",
       bind_to_an_interface_that_is_none)}},
    {ERROR(ENOSPC), false,
     "Only files and devices say this, not TCP sockets.", NOT_OVER_TCP,
     {ON_LINUX(ROOT,
       "A Unix socket's path is a file, and the file system is full.",
       bind_on_a_full_file_system)}},
    {ERROR(EPERM), false,
     "A security rule of this machine forbids it.",
     "A Unix socket: choose a directory on another file system.",
     {ON_LINUX(ROOT, "The path is on a file system that cannot have sockets.",
       bind_on_a_file_system_without_sockets)}},
    {NULL, 0, false, NULL, NULL, {{NEVER, NULL, NULL}}},
    /* clang-format on */
};
