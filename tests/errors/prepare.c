/* What a provocation needs before its call. See errors.h. */
#include "errors.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#ifdef __linux__
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

struct sockaddr *const nowhere = (struct sockaddr *)8;

/* ---- Telling the first process ------------------------------------------ */

void report(const char *call, long result, const char *arguments, ...)
{
    const int error = errno;
    char given[120];
    va_list list;
    va_start(list, arguments);
    vsnprintf(given, sizeof given, arguments, list);
    va_end(list);

    /* accept4 is on the page of accept. */
    const bool right_call =
        strncmp(call, wanted_call, strlen(wanted_call)) == 0;
    const bool came = right_call && result == -1 && error == wanted->number;
    outcome->state = came ? CAME : OTHER;
    if (result == -1)
        snprintf(outcome->line, sizeof outcome->line, "%s(%s) = -1 %s (%s)",
                 call, given, error_name(error), strerror(error));
    else
        snprintf(outcome->line, sizeof outcome->line, "%s(%s) = %ld", call,
                 given, result);
}

int must(const char *what, int result)
{
    if (result != -1)
        return result;
    outcome->state = BROKEN;
    snprintf(outcome->reason, sizeof outcome->reason, "%s: %s", what,
             strerror(errno));
    _exit(1);
}

void skip(const char *reason)
{
    outcome->state = SKIPPED;
    snprintf(outcome->reason, sizeof outcome->reason, "%s", reason);
    _exit(0);
}

/* ---- Sockets and addresses ---------------------------------------------- */

int make_socket(int domain, int type)
{
    return must("socket", socket(domain, type, 0));
}

struct sockaddr_in ipv4(const char *ip, in_port_t port)
{
    struct sockaddr_in address = {0};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    inet_pton(AF_INET, ip, &address.sin_addr);
    return address;
}

struct sockaddr_in own_name(int fd)
{
    struct sockaddr_in address = {0};
    socklen_t size = sizeof address;
    must("getsockname", getsockname(fd, (struct sockaddr *)&address, &size));
    return address;
}

struct sockaddr_un unix_path(const char *path)
{
    struct sockaddr_un address = {0};
    address.sun_family = AF_UNIX;
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    return address;
}

const char *text(const struct sockaddr_in *address)
{
    static char words[INET_ADDRSTRLEN + sizeof ":65535"];
    char ip[INET_ADDRSTRLEN] = "?";
    inet_ntop(AF_INET, &address->sin_addr, ip, sizeof ip);
    snprintf(words, sizeof words, "%s:%d", ip, ntohs(address->sin_port));
    return words;
}

int bind_ipv4(int fd, struct sockaddr_in address)
{
    return bind(fd, (const struct sockaddr *)&address, sizeof address);
}

int connect_ipv4(int fd, struct sockaddr_in address)
{
    return connect(fd, (const struct sockaddr *)&address, sizeof address);
}

int bind_unix(int fd, const char *path)
{
    const struct sockaddr_un address = unix_path(path);
    return bind(fd, (const struct sockaddr *)&address, sizeof address);
}

int connect_unix(int fd, const char *path)
{
    const struct sockaddr_un address = unix_path(path);
    return connect(fd, (const struct sockaddr *)&address, sizeof address);
}

/* A listener on loopback, on a port of the kernel's choice. */
int make_listener(struct sockaddr_in *address, int backlog)
{
    const int fd = make_socket(AF_INET, SOCK_STREAM);
    must("bind", bind_ipv4(fd, ipv4("127.0.0.1", 0)));
    must("listen", listen(fd, backlog));
    *address = own_name(fd);
    return fd;
}

/*
 * A socket bound with SO_REUSEADDR: several may have one address, as long as
 * none of them listens (socket(7)).
 */
int make_reusing_socket(struct sockaddr_in address)
{
    const int fd = make_socket(AF_INET, SOCK_STREAM);
    const int on = 1;
    must("setsockopt",
         setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
    must("bind", bind_ipv4(fd, address));
    return fd;
}

int make_client(const struct sockaddr_in *address)
{
    const int fd = make_socket(AF_INET, SOCK_STREAM);
    must("connect", connect_ipv4(fd, *address));
    return fd;
}

/*
 * A listener that has no room for one more client. Linux queues one connection
 * more than the backlog says, and drops the calls of those who come later:
 * they are neither accepted nor refused, and wait.
 */
int make_full_listener(struct sockaddr_in *address)
{
    const int fd = make_listener(address, 0);
    make_client(address);
    struct pollfd queue = {.fd = fd, .events = POLLIN};
    must("poll", poll(&queue, 1, 1000));
    return fd;
}

int make_unix_listener(const char *path, int backlog)
{
    const int fd = make_socket(AF_UNIX, SOCK_STREAM);
    must("bind", bind_unix(fd, path));
    must("listen", listen(fd, backlog));
    return fd;
}

void make_non_blocking(int fd)
{
    const int flags = must("fcntl", fcntl(fd, F_GETFL));
    must("fcntl", fcntl(fd, F_SETFL, flags | O_NONBLOCK));
}

/* SO_LINGER with a time of 0: close(2) sends a reset (socket(7)). */
void reset_connection(int fd)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    must("setsockopt",
         setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once));
    must("close", close(fd));
}

/* Waits until the peer's reset has come. poll(2) tells without being asked. */
void wait_for_reset(int fd)
{
    struct pollfd end = {.fd = fd, .events = 0};
    must("poll", poll(&end, 1, 1000));
}

/*
 * The address of a Unix socket has no room for so long a name (NAME_MAX is
 * 255), but a symbolic link has.
 */
void make_link_to_a_long_name(const char *path)
{
    char name[300];
    memset(name, 'a', sizeof name);
    name[sizeof name - 1] = '\0';
    must("symlink", symlink(name, path));
}

int closed_descriptor(void)
{
    const int fd = make_socket(AF_INET, SOCK_STREAM);
    must("close", close(fd));
    return fd;
}

int file_descriptor(void)
{
    return must("open", open("/dev/null", O_RDWR));
}

/* ---- Limits, rights, interruptions -------------------------------------- */

/* The limit is a number that no new descriptor may reach: setrlimit(2). */
void allow_no_more_descriptors(void)
{
    const int lowest_free = closed_descriptor();
    const struct rlimit limit = {(rlim_t)lowest_free, (rlim_t)lowest_free};
    must("setrlimit", setrlimit(RLIMIT_NOFILE, &limit));
}

/* Root may do nearly everything. 65534 is the user nobody, with no rights. */
void become_nobody(void)
{
    if (geteuid() == 0 && (setgroups(0, NULL) == -1 || setgid(65534) == -1 ||
                           setuid(65534) == -1))
        skip("Root must become another user here, and may not.");
}

static void do_nothing(int signal_number)
{
    (void)signal_number;
}

/*
 * Sends this process a signal each millisecond. Its handler has no SA_RESTART:
 * a call that waits is interrupted (signal(7)). One signal alone could come
 * before the call. (This timer takes the place of the play's time limit.)
 */
void interrupt_soon(void)
{
    struct sigaction action = {0};
    action.sa_handler = do_nothing;
    must("sigaction", sigaction(SIGALRM, &action, NULL));
    const struct timeval millisecond = {.tv_usec = 1000};
    const struct itimerval timer = {millisecond, millisecond};
    must("setitimer", setitimer(ITIMER_REAL, &timer, NULL));
}

#ifdef __linux__
/* ---- Namespaces: namespaces(7) ------------------------------------------ */

/* Writes text to a file that exists. False when it could not be written. */
static bool written(const char *path, const char *words)
{
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd == -1)
        return false;
    const bool worked = write(fd, words, strlen(words)) != -1;
    close(fd);
    return worked;
}

void write_file(const char *path, const char *words, const char *reason)
{
    if (!written(path, words))
        skip(reason);
}

/*
 * Leaves a namespace of the machine for one of this process's own. Root may do
 * that. Another user may, where the machine allows it, become the root of a
 * user namespace of their own first: user_namespaces(7).
 */
static void enter_namespace(int which, const char *reason)
{
    if (unshare(which) == 0)
        return;
    char user[40];
    char group[40];
    snprintf(user, sizeof user, "0 %u 1", (unsigned)getuid());
    snprintf(group, sizeof group, "0 %u 1", (unsigned)getgid());
    if (unshare(CLONE_NEWUSER | which) == -1 ||
        !written("/proc/self/setgroups", "deny") ||
        !written("/proc/self/uid_map", user) ||
        !written("/proc/self/gid_map", group))
        skip(reason);
}

/* A network with loopback only, which must be switched on first. */
void enter_own_network(void)
{
    static const char reason[] =
        "It needs a network namespace: be root, or allow user namespaces.";
    enter_namespace(CLONE_NEWNET, reason);
    const int fd = make_socket(AF_INET, SOCK_DGRAM);
    struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    if (ioctl(fd, SIOCSIFFLAGS, &loopback) == -1)
        skip(reason);
    must("close", close(fd));
}

/* Leaves the kernel two ports to choose from, and takes both. */
void take_all_ports(int type)
{
    enter_own_network();
    write_file("/proc/sys/net/ipv4/ip_local_port_range", "40000 40001",
               "The range of ports may not be changed here.");
    for (in_port_t port = 40000; port <= 40001; port++)
        must("bind",
             bind_ipv4(make_socket(AF_INET, type), ipv4("127.0.0.1", port)));
}

/* Mounts a file system at "mount", for this process alone. */
void mount_here(const char *type, unsigned long flags, const char *options)
{
    static const char reason[] =
        "It needs a mount namespace: be root, or allow user namespaces.";
    enter_namespace(CLONE_NEWNS, reason);
    must("mkdir", mkdir("mount", 0755));
    /* First of all nobody else may see our mounts: mount_namespaces(7). */
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
        skip("Mounts cannot be kept private here. Is this a chroot?");
    if (mount("none", "mount", type, flags, options) == -1)
        skip(reason);
}

/* ---- Rules: landlock(7) ------------------------------------------------- */

/*
 * Forbids this process what the bits say; it cannot be taken back. The numbers
 * are those of <linux/landlock.h>, which not every machine has.
 */
void forbid(uint64_t network, uint64_t scope)
{
    enum { CREATE_RULESET = 444, RESTRICT_SELF = 446 };
    const struct {
        uint64_t files, network, scope;
    } rules = {0, network, scope};
    const long fd = syscall(CREATE_RULESET, &rules, sizeof rules, 0);
    if (fd == -1 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
        syscall(RESTRICT_SELF, fd, 0) == -1)
        skip(scope != 0 ? "It needs Landlock's scopes, of Linux 6.12."
                        : "It needs Landlock's rules for TCP, of Linux 6.7.");
    must("close", close((int)fd));
}

/* ---- Memory: cgroups(7) ------------------------------------------------- */

/*
 * Version 1 of control groups has a tree of directories for memory alone,
 * version 2 one for all. Each directory is a group of processes with limits.
 */
struct memory_tree {
    const char *root;
    const char *limit;
    const char *unlimited;
};
static const struct memory_tree trees[] = {
    {"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "-1"},
    {"/sys/fs/cgroup", "memory.max", "max"},
};
static const struct memory_tree *tree;
static int limit_fd;

/* The path of a file in the group of a process; of the group itself: "". */
static const char *group_path(pid_t pid, const char *file)
{
    static char path[100];
    snprintf(path, sizeof path, "%s/errors.%ld/%s", tree->root, (long)pid,
             file);
    return path;
}

/* Makes a group for this process alone. True when it has a memory limit. */
static bool make_group(void)
{
    return mkdir(group_path(getpid(), ""), 0755) == 0 &&
           (limit_fd = open(group_path(getpid(), tree->limit),
                            O_WRONLY | O_CLOEXEC)) != -1;
}

/*
 * Puts this process into a control group that may not have any more memory,
 * not a byte. When memory ends, the kernel usually ends a process; we ask it
 * not to, so that the system call fails instead. mlockall(2) gets what the
 * program itself needs before. (The kernel's log tells of all this.)
 */
void take_memory_away(void)
{
    char pid[20];
    snprintf(pid, sizeof pid, "%ld", (long)getpid());
    for (tree = trees; tree < trees + 2 && !make_group(); tree++)
        rmdir(group_path(getpid(), ""));
    if (tree == trees + 2)
        skip("It needs a limit of memory, which only root sets (cgroups(7)).");

    must("mlockall", mlockall(MCL_CURRENT));
    if (!written(group_path(getpid(), "memory.oom_control"), "1") &&
        !written("/proc/self/oom_score_adj", "-1000"))
        skip("The kernel may not be kept from ending the process instead.");
    give_memory(0);
    if (!written(group_path(getpid(), "cgroup.procs"), pid))
        skip("The process may not enter a control group of its own.");
}

/* Sets the limit, in pages of memory. errno stays as it is. */
void give_memory(int pages)
{
    const int error = errno;
    char bytes[20];
    snprintf(bytes, sizeof bytes, "%ld", pages * sysconf(_SC_PAGESIZE));
    must("memory limit", (int)write(limit_fd, bytes, strlen(bytes)));
    errno = error;
}

/* Takes the limit away. errno stays as it is. */
void give_memory_back(void)
{
    const int error = errno;
    must("memory limit",
         (int)write(limit_fd, tree->unlimited, strlen(tree->unlimited)));
    errno = error;
}
#endif

/* Removes the control group of a process that has ended, if it had one. */
void remove_memory_limit(pid_t pid)
{
#ifdef __linux__
    for (tree = trees; tree < trees + 2; tree++)
        rmdir(group_path(pid, ""));
#else
    (void)pid;
#endif
}
