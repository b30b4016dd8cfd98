/*
 * guard: runs a program that may do anything, and tells what it did.
 *
 *     guard -t 5 -r report -o out 01-socket/socket AF_INET
 *
 * The checks of the exercises start a learner's program with it. It ends the
 * program after a time limit, or when it is itself asked to end (SIGTERM), and
 * with it every process that the program has left, whatever they did to
 * escape. It gives the program usual signals, few environment variables and
 * the descriptors 0, 1 and 2 alone.
 *
 * Options:
 *     -t SECONDS   the time limit (5)
 *     -i FILE      standard input (else ours); -o FILE output, -e FILE errors
 *     -r FILE      where the report goes, one NAME=VALUE a line: see report()
 *     -c FD        starts the program with this descriptor closed
 *     -n NUMBER    how many descriptors the program may have: the soft limit
 *     -N NUMBER    the hard limit
 *     -x           the kernel refuses every socket(2): ENOBUFS
 *     -w DIRECTORY watches: counts calls of socket(2), and sees whether a file
 *                  below DIRECTORY, or one that ends in .bats, is opened
 *
 * Exit status: 0 the program ran, 2 wrong usage, 3 it could not be started.
 * For Linux: the report and the limits come from /proc (proc(5)), seccomp(2)
 * and PR_SET_CHILD_SUBREAPER (prctl(2)). What this kernel does not let us
 * watch, we do not see; nothing else depends on it.
 */
#define _GNU_SOURCE

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WRONG_USAGE = 2, NOT_STARTED = 3 };
enum {
    MOST_PROCESSES = 1000, /* with more, it forks without end */
    MOST_OUTPUT = 64,      /* MiB in a file that it writes */
    GRACE = 500            /* ms for its other processes to end as well */
};

/* What is asked for, and what has been seen. */
struct guard {
    int seconds;
    const char *input, *output, *errors, *report, *directory;
    bool closed[3], refuse_sockets;
    long soft, hard; /* -1: as they are */

    pid_t pid; /* the program's first process */
    int watch; /* where its calls are told; -1: nowhere */

    bool ended;          /* the first process has ended ... */
    int status;          /* ... so: as wait(2) gives it */
    struct rusage usage; /* ... and has used this */
    long long started;   /* the now_ms() of its start ... */
    long long lasted;    /* ... and how many ms it ran */
    const char *stopped; /* why we ended it; NULL: it ended by itself */
    int left;            /* processes that were still there then */
    int sockets;         /* calls of socket(2), if watched */
    bool peeked;         /* it opened a file of the checks */
    char waits[64];      /* what it did when we ended it */
};

/* Says what is wrong, and ends with this status: a printf(3) format. */
__attribute__((format(printf, 2, 3))) static _Noreturn void
stop(int status, const char *format, ...)
{
    va_list list;

    fputs("guard: ", stderr);
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
    _exit(status);
}

/* A time in milliseconds: CLOCK_MONOTONIC in clock_gettime(2). */
static long long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- Watching calls: seccomp(2), seccomp_unotify(2) ---- */

/* Installs a filter; returns what seccomp(2) returned, -1 when it failed. */
static int install(struct sock_filter *filter, size_t length, unsigned flags)
{
    struct sock_fprog program = {.len = (unsigned short)length,
                                 .filter = filter};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
        return -1;
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

/* In the program's process: makes every call of socket(2) fail. */
static void refuse_sockets(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOBUFS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };

    if (install(filter, sizeof filter / sizeof filter[0], 0) == -1)
        stop(NOT_STARTED, "seccomp: %s", strerror(errno));
}

#ifndef SYS_open /* Newer machines have openat alone. */
#define SYS_open SYS_openat
#endif
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV /* Since Linux 5.19. */
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

/*
 * In the program's process: has its calls of socket, open and openat told to
 * us. Returns the descriptor where they are told, or -1.
 */
static int start_watch(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_open, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const size_t length = sizeof filter / sizeof filter[0];
    int fd = install(filter, length,
                     SECCOMP_FILTER_FLAG_NEW_LISTENER |
                         SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);

    if (fd == -1)
        fd = install(filter, length, SECCOMP_FILTER_FLAG_NEW_LISTENER);
    return fd;
}

/* Sends a descriptor, or none (-1), over a Unix socket: unix(7). */
static void send_descriptor(int over, int fd)
{
    char byte = 0, room[CMSG_SPACE(sizeof fd)];
    struct iovec data = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};

    if (fd != -1) {
        memset(room, 0, sizeof room);
        message.msg_control = room;
        message.msg_controllen = sizeof room;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(header), &fd, sizeof fd);
    }
    if (sendmsg(over, &message, 0) == -1)
        stop(NOT_STARTED, "sendmsg: %s", strerror(errno));
}

/* Receives it; returns -1 when none came. */
static int receive_descriptor(int over)
{
    char byte, room[CMSG_SPACE(sizeof(int))];
    struct iovec data = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = room,
                             .msg_controllen = sizeof room};
    int fd = -1;

    if (recvmsg(over, &message, MSG_CMSG_CLOEXEC) == 1) {
        const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        if (header && header->cmsg_type == SCM_RIGHTS)
            memcpy(&fd, CMSG_DATA(header), sizeof fd);
    }
    return fd;
}

/*
 * Whether a path that process `pid` opens is one of the checks: it ends in
 * .bats, or lies below the directory that is watched.
 */
static bool is_of_the_checks(const struct guard *g, pid_t pid,
                             const char *path)
{
    char whole[2 * PATH_MAX], directory[64], real[PATH_MAX];
    const size_t length = strlen(g->directory);
    const char *end = strrchr(path, '.');

    if (end && strcmp(end, ".bats") == 0)
        return true;
    snprintf(directory, sizeof directory, "/proc/%d/cwd", (int)pid);
    snprintf(whole, sizeof whole, "%s/%s", path[0] == '/' ? "" : directory,
             path);
    return realpath(whole, real) && strncmp(real, g->directory, length) == 0 &&
           real[length] == '/';
}

/*
 * Takes one call that is told, notes it, and lets the kernel carry it out. The
 * path is in the memory of the process: /proc/PID/mem.
 */
static void take_call(struct guard *g)
{
    struct seccomp_notif call;
    struct seccomp_notif_resp answer;
    char memory[64], path[PATH_MAX] = "";

    memset(&call, 0, sizeof call);
    if (ioctl(g->watch, SECCOMP_IOCTL_NOTIF_RECV, &call) == -1)
        return;
    if (call.data.nr == SYS_socket) {
        /* The C library opens others, to look names up: they do not count. */
        const int family = (int)call.data.args[0];
        g->sockets += family == AF_INET || family == AF_INET6;
    } else {
        const int at = call.data.nr == SYS_openat ? 1 : 0;
        snprintf(memory, sizeof memory, "/proc/%u/mem", call.pid);
        const int fd = open(memory, O_RDONLY | O_CLOEXEC);
        if (fd != -1) {
            /* Near the end of a page less may be there: that is enough. */
            if (pread(fd, path, sizeof path - 1, (off_t)call.data.args[at]) >
                    0 &&
                is_of_the_checks(g, (pid_t)call.pid, path))
                g->peeked = true;
            close(fd);
        }
    }
    memset(&answer, 0, sizeof answer);
    answer.id = call.id;
    answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    ioctl(g->watch, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

/* ---- Starting the program ---- */

/* Opens a file as this descriptor; a file that cannot be opened is an end. */
static void redirect(int fd, const char *file, int flags)
{
    if (!file)
        return;
    const int opened = open(file, flags, 0666);
    if (opened == -1)
        stop(NOT_STARTED, "%s: %s", file, strerror(errno));
    dup2(opened, fd);
    if (opened != fd)
        close(opened);
}

/* Sets a limit: setrlimit(2). -1 leaves it as it is. */
static void limit(int resource, long soft, long hard)
{
    struct rlimit limits;

    getrlimit((__rlimit_resource_t)resource, &limits);
    if (hard >= 0)
        limits.rlim_max = (rlim_t)hard;
    if (soft >= 0)
        limits.rlim_cur = (rlim_t)soft;
    if (limits.rlim_cur > limits.rlim_max)
        limits.rlim_cur = limits.rlim_max;
    setrlimit((__rlimit_resource_t)resource, &limits);
}

/* The environment: what a program may need, and nothing of the checks. */
static char **clean_environment(void)
{
    static const char *const names[] = {
        "PATH", "HOME", "TERM", "FORCE", "ASAN_OPTIONS", "UBSAN_OPTIONS"};
    enum { NAMES = sizeof names / sizeof names[0] };
    static char *environment[NAMES + 2];
    static char text[NAMES][4096];
    size_t count = 0;

    for (size_t i = 0; i < NAMES; i++) {
        const char *value = getenv(names[i]);
        if (!value)
            continue;
        snprintf(text[i], sizeof text[i], "%s=%s", names[i], value);
        environment[count++] = text[i];
    }
    environment[count] = "LC_ALL=C";
    return environment;
}

/* The child's part: becomes the program. Does not return. */
static _Noreturn void become_program(const struct guard *g, int over,
                                     char **command)
{
    sigset_t none;

    setpgid(0, 0);
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);

    redirect(STDIN_FILENO, g->input, O_RDONLY);
    redirect(STDOUT_FILENO, g->output, O_WRONLY | O_CREAT | O_TRUNC);
    redirect(STDERR_FILENO, g->errors, O_WRONLY | O_CREAT | O_TRUNC);
    limit(RLIMIT_NOFILE, g->soft, g->hard);
    limit(RLIMIT_FSIZE, MOST_OUTPUT << 20, -1);
    limit(RLIMIT_CORE, 0, -1);
    if (g->refuse_sockets)
        refuse_sockets();

    char **environment = clean_environment();
    if (g->directory) {
        const int watch = start_watch();
        send_descriptor(over, watch);
    } else {
        send_descriptor(over, -1);
    }
    for (int fd = 0; fd < 3; fd++) {
        if (g->closed[fd])
            close(fd);
    }
    syscall(SYS_close_range, 3U, ~0U, 0U);
    execve(command[0], command, environment);
    _exit(127);
}

/* Starts the program. On an error it ends the guard. */
static void start(struct guard *g, char **command)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1)
        stop(NOT_STARTED, "socketpair: %s", strerror(errno));
    g->started = now_ms();
    g->pid = fork();
    if (g->pid == -1)
        stop(NOT_STARTED, "fork: %s", strerror(errno));
    if (g->pid == 0)
        become_program(g, pair[1], command);
    close(pair[1]);
    setpgid(g->pid, g->pid);
    g->watch = receive_descriptor(pair[0]);
    close(pair[0]);
}

/* ---- Ending it ---- */

/* What a process does now, in words, from /proc/PID/syscall: proc(5). */
static void note_what_it_does(struct guard *g)
{
    static const struct {
        long number;
        const char *name;
    } calls[] = {
        {SYS_read, "read"},
        {SYS_readv, "readv"},
        {SYS_recvfrom, "recv"},
        {SYS_recvmsg, "recvmsg"},
        {SYS_write, "write"},
        {SYS_writev, "writev"},
        {SYS_sendto, "send"},
        {SYS_sendmsg, "sendmsg"},
        {SYS_sendfile, "sendfile"},
        {SYS_splice, "splice"},
        {SYS_accept, "accept"},
        {SYS_accept4, "accept"},
        {SYS_connect, "connect"},
        {SYS_close, "close"},
        {SYS_wait4, "wait"},
        {SYS_waitid, "wait"},
        {SYS_ppoll, "poll"},
        {SYS_pselect6, "select"},
        {SYS_epoll_pwait, "epoll_wait"},
        {SYS_nanosleep, "nanosleep"},
        {SYS_clock_nanosleep, "nanosleep"},
        {SYS_rt_sigsuspend, "sigsuspend"},
        {SYS_rt_sigtimedwait, "sigtimedwait"},
        {SYS_futex, "futex"},
#ifdef SYS_poll
        {SYS_poll, "poll"},
        {SYS_select, "select"},
        {SYS_epoll_wait, "epoll_wait"},
        {SYS_pause, "pause"},
#endif
    };
    char name[64], line[256] = "";
    long number = -1, fd = -1;

    snprintf(name, sizeof name, "/proc/%d/syscall", (int)g->pid);
    FILE *file = fopen(name, "r");
    if (file) {
        if (!fgets(line, sizeof line, file))
            line[0] = '\0';
        fclose(file);
    }
    if (strncmp(line, "running", 7) == 0) {
        snprintf(g->waits, sizeof g->waits, "running");
    } else if (sscanf(line, "%ld %lx", &number, (unsigned long *)&fd) == 2) {
        for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
            if (calls[i].number == number)
                snprintf(g->waits, sizeof g->waits, "%s:%ld", calls[i].name,
                         fd);
        }
    }
}

/* Takes note of a process that has ended: wait4(2). */
static void take_end(struct guard *g, pid_t pid, int status,
                     const struct rusage *usage)
{
    if (pid == g->pid) {
        g->ended = true;
        g->status = status;
        g->usage = *usage;
        g->lasted = now_ms() - g->started;
    }
}

/* Waits for all that have ended. Returns false when no child is left. */
static bool reap(struct guard *g)
{
    struct rusage usage;
    int status;
    pid_t pid;

    while ((pid = wait4(-1, &status, WNOHANG, &usage)) > 0)
        take_end(g, pid, status, &usage);
    return pid == 0;
}

/*
 * Does something to every child of ours: signals it, or only counts it (signal
 * 0). Processes whose parent has ended become our children, because we are a
 * subreaper (prctl(2)). Returns how many there are.
 */
static int signal_children(int number)
{
    char name[64];
    int count = 0;
    long pid;

    snprintf(name, sizeof name, "/proc/self/task/%d/children", (int)getpid());
    FILE *file = fopen(name, "r");
    while (file && fscanf(file, "%ld", &pid) == 1) {
        kill((pid_t)pid, number);
        count++;
    }
    if (file)
        fclose(file);
    return count;
}

/*
 * Whether the program has more than MOST_PROCESSES processes: those below us,
 * whoever their parent is. Looks at as many as it must, and no more.
 */
static bool forks_without_end(void)
{
    static pid_t found[MOST_PROCESSES + 1];
    size_t count = 1;

    found[0] = getpid();
    for (size_t i = 0; i < count && count <= MOST_PROCESSES; i++) {
        char name[64];
        long pid;
        snprintf(name, sizeof name, "/proc/%d/task/%d/children", (int)found[i],
                 (int)found[i]);
        FILE *file = fopen(name, "r");
        while (file && count <= MOST_PROCESSES &&
               fscanf(file, "%ld", &pid) == 1)
            found[count++] = (pid_t)pid;
        if (file)
            fclose(file);
    }
    return count > MOST_PROCESSES;
}

/* Ends the program and all that it left, until no child is there. */
static void end_all(struct guard *g)
{
    struct timespec moment = {.tv_nsec = 200000};

    /* The whole group at once: so one that forks is not faster than we. */
    if (!g->ended || g->left > 0)
        kill(-g->pid, SIGKILL);
    while (reap(g)) {
        signal_children(SIGKILL);
        nanosleep(&moment, NULL);
    }
}

/* Writes the report. A file that cannot be written is an end. */
static void report(const struct guard *g)
{
    char name[PATH_MAX];

    if (!g->report)
        return;
    snprintf(name, sizeof name, "%s.new", g->report);
    FILE *file = fopen(name, "w");
    if (!file)
        stop(NOT_STARTED, "%s: %s", name, strerror(errno));
    /* stopped: time, asked (by us), processes; empty: it ended by itself. */
    fprintf(file, "stopped=%s\n", g->stopped ? g->stopped : "");
    /* status: as in a shell, 128 + N for signal N. */
    fprintf(file, "status=%d\n",
            WIFSIGNALED(g->status) ? 128 + WTERMSIG(g->status)
                                   : WEXITSTATUS(g->status));
    fprintf(file, "killed_by=%d\n",
            WIFSIGNALED(g->status) ? WTERMSIG(g->status) : 0);
    fprintf(file, "left=%d\n", g->left);
    fprintf(file, "watched=%s\n", g->watch == -1 ? "" : "yes");
    fprintf(file, "sockets=%d\n", g->sockets);
    fprintf(file, "peeked=%s\n", g->peeked ? "yes" : "");
    /* waits: CALL:FIRST-ARGUMENT when it was stopped, or running. */
    fprintf(file, "waits=%s\n", g->waits);
    fprintf(file, "lasted_ms=%lld\n", g->lasted);
    fprintf(file, "cpu_ms=%ld\n",
            (g->usage.ru_utime.tv_sec + g->usage.ru_stime.tv_sec) * 1000 +
                (g->usage.ru_utime.tv_usec + g->usage.ru_stime.tv_usec) /
                    1000);
    if (fclose(file) != 0 || rename(name, g->report) == -1)
        stop(NOT_STARTED, "%s: %s", g->report, strerror(errno));
}

/*
 * Waits until the program ends, the time is over, somebody asks us to end, or
 * there are too many processes.
 */
static void wait_for_end(struct guard *g, int signals)
{
    const long long deadline = now_ms() + 1000LL * g->seconds;
    struct pollfd waits[] = {{.fd = signals, .events = POLLIN},
                             {.fd = g->watch, .events = POLLIN}};

    while (!g->ended && !g->stopped) {
        poll(waits, 2, 20);
        if (waits[1].revents & POLLIN)
            take_call(g);
        else if (waits[1].revents)
            waits[1].fd = -1; /* Nobody is left whom we could watch. */
        struct signalfd_siginfo info;
        while (read(signals, &info, sizeof info) == sizeof info) {
            if (info.ssi_signo != SIGCHLD)
                g->stopped = "asked";
        }
        reap(g);
        struct sysinfo machine;
        sysinfo(&machine);
        /* First what costs nothing: has the whole machine so many? */
        if (machine.procs > MOST_PROCESSES && forks_without_end())
            g->stopped = "processes";
        if (!g->stopped && now_ms() >= deadline)
            g->stopped = "time";
    }
    if (g->ended)
        g->stopped = NULL;
    else
        note_what_it_does(g);

    /* It ended by itself: are its other processes about to, as well? */
    const long long until = now_ms() + GRACE;
    while (g->ended && reap(g) && now_ms() < until) {
        if (poll(waits, 2, 5) > 0 && (waits[1].revents & POLLIN))
            take_call(g);
        else if (waits[1].revents)
            waits[1].fd = -1;
    }
    g->left = g->ended ? signal_children(0) : 0;
}

/* Takes a number from 0 to `largest`. Anything else ends the guard. */
static int parse_number(const char *text, int largest)
{
    char *end;
    const long number = strtol(text, &end, 10);

    if (end == text || *end != '\0' || number < 0 || number > largest)
        stop(WRONG_USAGE, "not a number, or too large: %s", text);
    return (int)number;
}

int main(int argc, char **argv)
{
    struct guard g = {.seconds = 5, .soft = -1, .hard = -1, .watch = -1};
    int option;

    while ((option = getopt(argc, argv, "+t:i:o:e:r:c:n:N:xw:")) != -1) {
        switch (option) {
        case 't':
            g.seconds = parse_number(optarg, 3600);
            break;
        case 'i':
            g.input = optarg;
            break;
        case 'o':
            g.output = optarg;
            break;
        case 'e':
            g.errors = optarg;
            break;
        case 'r':
            g.report = optarg;
            break;
        case 'c':
            g.closed[parse_number(optarg, 2)] = true;
            break;
        case 'n':
            g.soft = parse_number(optarg, 1000000);
            break;
        case 'N':
            g.hard = parse_number(optarg, 1000000);
            break;
        case 'x':
            g.refuse_sockets = true;
            break;
        case 'w':
            g.directory = optarg;
            break;
        default:
            return WRONG_USAGE;
        }
    }
    if (optind == argc)
        stop(WRONG_USAGE, "a program is missing");

    /* Signals come as something to read: signalfd(2). */
    sigset_t taken;
    sigemptyset(&taken);
    sigaddset(&taken, SIGCHLD);
    sigaddset(&taken, SIGTERM);
    sigaddset(&taken, SIGINT);
    sigaddset(&taken, SIGHUP);
    sigprocmask(SIG_BLOCK, &taken, NULL);
    const int signals = signalfd(-1, &taken, SFD_NONBLOCK | SFD_CLOEXEC);
    if (signals == -1)
        stop(NOT_STARTED, "signalfd: %s", strerror(errno));
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    /* When the checks are killed, so are we, and all that we guard. */
    prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);

    start(&g, argv + optind);
    if (g.report) {
        char name[PATH_MAX];
        snprintf(name, sizeof name, "%s.pid", g.report);
        FILE *file = fopen(name, "w");
        if (file) {
            fprintf(file, "%d\n", (int)g.pid);
            fclose(file);
        }
    }
    wait_for_end(&g, signals);
    end_all(&g);
    report(&g);
    return 0;
}
