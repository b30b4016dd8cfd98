/*
 * What the files of `make errors` share. Include it first.
 *
 *     errors.c    chooses, plays and prints: main() is there
 *     lists.c     the lists, and the chapter of TUTORIAL.md
 *     prepare.c   what a provocation needs before its call: a listener, limits
 *     socket.c, connect.c, ...    the provocations, a file for each call
 */
#ifndef ERRORS_H
#define ERRORS_H

/* Some provocations need what is Linux's alone, such as unshare(2). */
#define _GNU_SOURCE

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- The tables --------------------------------------------------------- */

/*
 * LIVE: any user can have it. ROOT: it needs something that only root may do,
 * on many systems also an ordinary user in a namespace of its own
 * (user_namespaces(7)). NEVER: it cannot be shown here, and `how` says why.
 */
enum kind { LIVE, ROOT, NEVER };

/* One way to an error: in one line, and as a function. */
struct way {
    enum kind kind;
    const char *how;
    void (*provoke)(void);
};

/* An error of a call. The call's man page lists it if on_page is true. */
struct pair {
    const char *name;
    int number;
    bool on_page;
    const char *meaning;
    const char *remedy;
    struct way ways[4];
};

/* A call, and its pairs; the last one has no name. */
struct call {
    const char *name;
    const struct pair *pairs;
};

extern const struct pair socket_pairs[];
extern const struct pair connect_pairs[];
extern const struct pair bind_pairs[];
extern const struct pair listen_pairs[];
extern const struct pair accept_pairs[];
extern const struct pair getsockname_pairs[];
extern const struct pair getpeername_pairs[];

/* clang-format off */
/* An error's name and number; and a way that needs Linux. */
#define ERROR(name) #name, name
#ifdef __linux__
#define ON_LINUX(kind, how, provoke) {kind, how, provoke}
#else
#define ON_LINUX(kind, how, provoke) {NEVER, "Only Linux has this way.", NULL}
#endif
/* clang-format on */

/* Errors that the man pages list, and that a TCP socket never gives. */
#define FILES_ONLY "Only files and devices say this, not TCP sockets."
#define UNIX_ONLY "Only Unix sockets, whose address is a path, say this."
#define NOT_OVER_TCP "Over TCP this does not happen."

/* ---- For the provocations ----------------------------------------------- */

/*
 * A provocation is played in a process of its own, in an empty directory. It
 * prepares what it needs, makes its call, and reports the call. It closes and
 * removes nothing: when the process ends, the kernel closes what is open, and
 * the directory is removed with all that is in it.
 */

/*
 * Reports the call, right after it was made: its name, its result, and its
 * arguments as strace(1) shows them.
 */
void report(const char *call, long result, const char *arguments, ...)
    __attribute__((format(printf, 3, 4)));

/* For a step on the way: ends the play as failed when result is -1. */
int must(const char *what, int result);

/* Ends the play: this machine does not allow it. Takes the reason. */
_Noreturn void skip(const char *reason);

/* Sockets and addresses. */
int make_socket(int domain, int type);
int make_listener(struct sockaddr_in *address, int backlog);
int make_full_listener(struct sockaddr_in *address);
int make_unix_listener(const char *path, int backlog);
int make_reusing_socket(struct sockaddr_in address);
int make_client(const struct sockaddr_in *address);
void make_non_blocking(int fd);
void reset_connection(int fd);
void wait_for_reset(int fd);
void make_link_to_a_long_name(const char *path);
struct sockaddr_in ipv4(const char *ip, in_port_t port);
struct sockaddr_in own_name(int fd);
struct sockaddr_un unix_path(const char *path);
const char *text(const struct sockaddr_in *address);

/* bind(2) and connect(2) take any kind of address: hence the casts. */
int bind_ipv4(int fd, struct sockaddr_in address);
int connect_ipv4(int fd, struct sockaddr_in address);
int bind_unix(int fd, const char *path);
int connect_unix(int fd, const char *path);

/* No memory of ours: nothing is ever mapped at so low an address. */
extern struct sockaddr *const nowhere;

/* Descriptors that are no sockets. */
int closed_descriptor(void);
int file_descriptor(void);

/* Limits, rights and interruptions: they hold for this process alone. */
void allow_no_more_descriptors(void);
void become_nobody(void);
void interrupt_soon(void);

#ifdef __linux__
void enter_own_network(void);
void take_all_ports(int type);
void mount_here(const char *type, unsigned long flags, const char *options);
void write_file(const char *path, const char *words, const char *reason);
void forbid(uint64_t network, uint64_t scope);
void take_memory_away(void);
void give_memory(int pages);
void give_memory_back(void);
#endif

/* ---- Between errors.c, prepare.c and lists.c ---------------------------- */

/* The seven calls; the last one has no name. */
extern const struct call calls[];

/* What was asked for on the command line; NULL is all. */
extern const char *chosen_call;
extern const char *chosen_error;
bool is_chosen(const struct call *call, const struct pair *pair);
void for_each_pair(void (*function)(const struct call *, const struct pair *));

void print_list(const struct call *call, const struct pair *pair);
void print_texts(const struct call *call, const struct pair *pair);
void print_markdown(void);

/* What is played now. */
extern const char *wanted_call;
extern const struct pair *wanted;

/* What became of it. The process that plays writes this, the first reads. */
struct outcome {
    enum { SILENT, CAME, OTHER, SKIPPED, BROKEN } state;
    char line[200];
    char reason[200];
};
extern struct outcome *outcome;

const char *error_name(int number);
void remove_memory_limit(pid_t pid);

#endif
