/* socket(2): its errors, and what provokes them. See errors.h. */
#include "errors.h"

static void ask_for_a_family_that_is_none(void)
{
    const int fd = socket(99, SOCK_STREAM, 0);
    report("socket", fd, "99, SOCK_STREAM, 0");
}

static void ask_beyond_the_limit(void)
{
    allow_no_more_descriptors();
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    report("socket", fd, "AF_INET, SOCK_STREAM, 0");
}

static void ask_for_a_raw_socket_as_nobody(void)
{
    become_nobody();
    const int fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
    report("socket", fd, "AF_INET, SOCK_RAW, IPPROTO_ICMP");
}

#ifdef __linux__
static void ask_for_a_type_that_is_none(void)
{
    const int fd = socket(AF_INET, 99, 0);
    report("socket", fd, "AF_INET, 99, 0");
}

static void ask_for_a_protocol_that_is_none(void)
{
    const int fd = socket(AF_INET, SOCK_STREAM, 999);
    report("socket", fd, "AF_INET, SOCK_STREAM, 999");
}

/* SOCK_NONBLOCK and SOCK_CLOEXEC are the flags there are. */
static void ask_for_a_flag_that_is_none(void)
{
    const int fd = socket(AF_INET, SOCK_STREAM | 0x10, 0);
    report("socket", fd, "AF_INET, SOCK_STREAM|0x10, 0");
}

static void ask_for_the_protocol_of_another_type(void)
{
    const int fd = socket(AF_INET, SOCK_STREAM, IPPROTO_UDP);
    report("socket", fd, "AF_INET, SOCK_STREAM, IPPROTO_UDP");
}

static void ask_for_a_type_the_family_has_not(void)
{
    const int fd = socket(AF_INET, SOCK_SEQPACKET, 0);
    report("socket", fd, "AF_INET, SOCK_SEQPACKET, 0");
}

/* In a new network, ping_group_range is empty until somebody sets it. */
static void ask_for_a_ping_socket(void)
{
    enter_own_network();
    const int fd = socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
    report("socket", fd, "AF_INET, SOCK_DGRAM, IPPROTO_ICMP");
}

/* 262 is IPPROTO_MPTCP: TCP over several paths. Not every libc names it. */
static void ask_for_a_protocol_switched_off(void)
{
    enter_own_network();
    write_file("/proc/sys/net/mptcp/enabled", "0",
               "This kernel has no MPTCP that could be switched off.");
    const int fd = socket(AF_INET, SOCK_STREAM, 262);
    report("socket", fd, "AF_INET, SOCK_STREAM, IPPROTO_MPTCP");
}

static void ask_without_any_memory(void)
{
    take_memory_away();
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    give_memory_back();
    report("socket", fd, "AF_INET, SOCK_STREAM, 0");
}

/*
 * A socket has several parts. Page by page the memory grows, and sockets fill
 * it, until the part is missing whose lack is told by the error we want.
 */
static void fill_memory_with_sockets(int domain, const char *name)
{
    int fd = -1;
    take_memory_away();
    for (int tries = 0, pages = 0; tries < 1000; tries++) {
        fd = socket(domain, SOCK_STREAM, 0);
        if (fd == -1 && errno == wanted->number)
            break;
        if (fd == -1)
            give_memory(++pages);
    }
    give_memory_back();
    report("socket", fd, "%s, SOCK_STREAM, 0", name);
}

static void ask_with_some_memory(void)
{
    fill_memory_with_sockets(AF_INET, "AF_INET");
}

/* Linux says ENOBUFS for IPv6 where it says ENOMEM for IPv4. */
static void ask_for_ipv6_with_some_memory(void)
{
    if (socket(AF_INET6, SOCK_STREAM, 0) == -1)
        skip("This kernel has no IPv6.");
    fill_memory_with_sockets(AF_INET6, "AF_INET6");
}
#endif

const struct pair socket_pairs[] = {
    /* clang-format off */
    {ERROR(EACCES), true,
     "You may not make a socket of this type and protocol.",
     "TCP and UDP need no rights. Others may need those of root.",
     {ON_LINUX(ROOT,
       "A ping socket, in a network where nobody may ping (icmp(7)).",
       ask_for_a_ping_socket)}},
    {ERROR(EAFNOSUPPORT), true,
     "The kernel has no such family of addresses (the first argument).",
     "AF_INET is IPv4, AF_INET6 is IPv6 (which may be switched off).",
     {{LIVE, "No family has the number 99.", ask_for_a_family_that_is_none}}},
    {ERROR(EINVAL), true,
     "The kernel knows no such type, or no protocol with this number.",
     "SOCK_STREAM is the type of TCP, and 0 is its usual protocol.",
     {ON_LINUX(LIVE, "No type has the number 99.",
       ask_for_a_type_that_is_none),
      ON_LINUX(LIVE, "No protocol has the number 999.",
       ask_for_a_protocol_that_is_none),
      ON_LINUX(LIVE, "The type carries a flag that does not exist.",
       ask_for_a_flag_that_is_none)}},
    {ERROR(EMFILE), true,
     "This program has as many descriptors open as it may have.",
     "Close what is not used any more, or raise the limit: ulimit -n.",
     {{LIVE, "RLIMIT_NOFILE lowered to what is open (setrlimit(2)).",
       ask_beyond_the_limit}}},
    {ERROR(ENFILE), true,
     "All programs together have as many files open as the system allows.",
     "End some, or ask the administrator.",
     {ON_LINUX(ROOT,
       "No memory for the socket's file, by a limit (cgroups(7)).",
       ask_without_any_memory)}},
    {ERROR(ENOBUFS), true,
     "The kernel has no memory left for this.",
     "Close sockets, end programs, try again.",
     {ON_LINUX(ROOT,
       "IPv6, and memory for a part of it only, by a limit (cgroups(7)).",
       ask_for_ipv6_with_some_memory)}},
    {ERROR(ENOMEM), true,
     "The kernel has no memory left for this.",
     "Close sockets, end programs, try again.",
     {ON_LINUX(ROOT,
       "Memory for a part of the socket only, by a limit (cgroups(7)).",
       ask_with_some_memory)}},
    {ERROR(EPROTONOSUPPORT), true,
     "The protocol is not one of this family and type.",
     "0 is the usual one. SOCK_RAW has none: give IPPROTO_ICMP.",
     {ON_LINUX(LIVE, "UDP is no protocol of stream sockets.",
       ask_for_the_protocol_of_another_type)}},

    {ERROR(ENOPROTOOPT), false,
     "This protocol is switched off here.",
     "Use TCP, or have it switched on: /proc/sys/net/mptcp/enabled.",
     {ON_LINUX(ROOT, "MPTCP, in a network where it is switched off.",
       ask_for_a_protocol_switched_off)}},
    {ERROR(EPERM), false,
     "A raw socket needs the rights of root (raw(7)).",
     "TCP and UDP need no rights: SOCK_STREAM or SOCK_DGRAM.",
     {{LIVE, "A raw socket for a user who is not root.",
       ask_for_a_raw_socket_as_nobody}}},
    {ERROR(EPROTOTYPE), false,
     "The protocol is one of another type (macOS and BSD say this).",
     "SOCK_STREAM goes with IPPROTO_TCP, SOCK_DGRAM with IPPROTO_UDP.",
     {{NEVER,
       "Linux says EPROTONOSUPPORT instead, for Internet and Unix sockets.",
       NULL}}},
#ifdef ESOCKTNOSUPPORT
    {ERROR(ESOCKTNOSUPPORT), false,
     "The family has no sockets of this type (the second argument).",
     "AF_INET has SOCK_STREAM, SOCK_DGRAM and SOCK_RAW.",
     {ON_LINUX(LIVE, "AF_INET has no SOCK_SEQPACKET.",
       ask_for_a_type_the_family_has_not)}},
#endif
    {NULL, 0, false, NULL, NULL, {{NEVER, NULL, NULL}}},
    /* clang-format on */
};
