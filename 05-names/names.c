/*
 * Step 5: getsockname(2) and getpeername(2), asking for names.
 *
 * The name of a socket is its address: an IP address and a port. Each
 * connected socket has two names, its own and its peer's, and the kernel tells
 * both. So a program can say at last which port it was given for port 0.
 *
 *     05-names/names                 127.0.0.1, and any free port
 *     05-names/names 0.0.0.0 4005    all addresses of this machine, port 4005
 *
 * `make step5` compiles and plays it. By hand: cc names.c, and then ./a.out
 *
 * All three sockets of a connection live in this one program: the listener,
 * the client and the accepted socket. No data is sent: the names are all we
 * want.
 *
 * New since step 4: getsockname(2) and getpeername(2). connect(2) is the one
 * of step 2. `make diff5` shows the difference. Read main() first, at the end
 * of the file, then show_names() and the functions above it. The rest tells
 * what happened, and takes the arguments.
 */

/*
 * Of the C library's many extras we want what POSIX names, and nothing else.
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char program[] = "names";
static const char usage[] = "usage: names [ADDRESS [PORT]]\n";

/* Errors that the man pages list, and that a TCP socket never gives. */
static const char files_only[] =
    "Only files and devices say this, not TCP sockets.";
static const char unix_only[] =
    "Only Unix sockets, whose address is a path, say this.";
static const char not_over_tcp[] = "Over TCP this does not happen.";

/*
 * What can go wrong: the ERRORS sections of the man pages, as a table. A call
 * that fails returns -1 and leaves the error's number in errno (errno(3)).
 * Each row says what the error means for this program, and what to do about
 * it. The rows that name no call hold for every call; they come last.
 */
static const struct error {
    const char *call;
    int number;
    const char *name;
    const char *meaning;
    const char *remedy;
} errors[] = {
    /* clang-format off */
    {"socket", EACCES, "EACCES",
     "You may not make a socket of this type and protocol.",
     "TCP and UDP need no rights. Others may need those of root."},
    {"socket", EAFNOSUPPORT, "EAFNOSUPPORT",
     "The kernel has no such family of addresses (the first argument).",
     "AF_INET is IPv4, AF_INET6 is IPv6 (which may be switched off)."},
    {"socket", EINVAL, "EINVAL",
     "The kernel knows no such type, or no protocol with this number.",
     "SOCK_STREAM is the type of TCP, and 0 is its usual protocol."},
    {"socket", EPERM, "EPERM",
     "A raw socket needs the rights of root (raw(7)).",
     "TCP and UDP need no rights: SOCK_STREAM or SOCK_DGRAM."},
    {"socket", EPROTONOSUPPORT, "EPROTONOSUPPORT",
     "The protocol is not one of this family and type.",
     "0 is the usual one. SOCK_RAW has none: give IPPROTO_ICMP."},
    {"socket", EPROTOTYPE, "EPROTOTYPE",
     "The protocol is one of another type (macOS and BSD say this).",
     "SOCK_STREAM goes with IPPROTO_TCP, SOCK_DGRAM with IPPROTO_UDP."},
#ifdef ESOCKTNOSUPPORT /* Linux and BSD have it, POSIX does not. */
    {"socket", ESOCKTNOSUPPORT, "ESOCKTNOSUPPORT",
     "The family has no sockets of this type (the second argument).",
     "AF_INET has SOCK_STREAM, SOCK_DGRAM and SOCK_RAW."},
#endif
    {"connect", EACCES, "EACCES",
     "A security rule of this machine forbids the call.",
     "Ask the administrator. Broadcast addresses are not for TCP."},
    {"connect", EADDRINUSE, "EADDRINUSE",
     "This very connection exists already (Linux says EADDRNOTAVAIL).",
     "Let the kernel choose the local port: do not bind it."},
    {"connect", EADDRNOTAVAIL, "EADDRNOTAVAIL",
     "No local port is left, or this very connection exists already.",
     "Close connections. See ip_local_port_range in ip(7)."},
    {"connect", EAFNOSUPPORT, "EAFNOSUPPORT",
     "The address is of another family than the socket.",
     "Is sin_family AF_INET, as in socket(2)?"},
    {"connect", EAGAIN, "EAGAIN",
     "The queue of the listener is full: only Unix sockets say this.",
     not_over_tcp},
    {"connect", EALREADY, "EALREADY",
     "An earlier connect on this socket is still under way.",
     "Wait with poll(2) until the socket can be written to."},
    {"connect", ECONNREFUSED, "ECONNREFUSED",
     "Nobody listens on that port, and the peer's kernel said so at once.",
     "Start the server first, or look at the address and port again."},
    {"connect", EHOSTUNREACH, "EHOSTUNREACH",
     "The way to that machine is known, but it does not answer there.",
     "Is it switched on, and is the address right?"},
    {"connect", EINPROGRESS, "EINPROGRESS",
     "The socket is non-blocking, and connecting goes on by itself.",
     "Wait with poll(2), then ask for SO_ERROR (socket(7))."},
    {"connect", EINTR, "EINTR",
     "A signal handler interrupted the wait. Connecting goes on by itself.",
     "Do not call again: wait with poll(2), then ask for SO_ERROR."},
    {"connect", EISCONN, "EISCONN",
     "The socket is connected already.",
     "One socket, one connection: make another socket."},
    {"connect", ENETUNREACH, "ENETUNREACH",
     "This machine knows no way to that network.",
     "Is the address right, and is this machine on a network?"},
    {"connect", EPROTOTYPE, "EPROTOTYPE", unix_only, not_over_tcp},
    {"connect", ETIMEDOUT, "ETIMEDOUT",
     "No answer came, however often the kernel asked (about two minutes).",
     "Is the address right? A firewall may drop what we send."},
    {"bind", EACCES, "EACCES",
     "Ports below 1024 need the rights of root, as a rule (ip(7)).",
     "Take a port from 1024 up."},
    {"bind", EADDRINUSE, "EADDRINUSE",
     "Another socket has this address, or had it until a moment ago.",
     "Take another port, or end the program that has this one."},
    {"bind", EADDRNOTAVAIL, "EADDRNOTAVAIL",
     "This is not an address of this machine.",
     "127.0.0.1 always is; 0.0.0.0 means all that it has."},
    {"bind", EAFNOSUPPORT, "EAFNOSUPPORT",
     "The address is of another family than the socket.",
     "Is sin_family AF_INET, as in socket(2)?"},
    {"bind", EINVAL, "EINVAL",
     "The socket has an address already, or the length is wrong.",
     "Bind once, and pass the size of the whole struct."},
    {"bind", ELOOP, "ELOOP", unix_only, not_over_tcp},
    {"bind", ENAMETOOLONG, "ENAMETOOLONG", unix_only, not_over_tcp},
    {"bind", ENOENT, "ENOENT", unix_only, not_over_tcp},
    {"bind", ENOTDIR, "ENOTDIR", unix_only, not_over_tcp},
    {"bind", EROFS, "EROFS", unix_only, not_over_tcp},
    {"listen", EADDRINUSE, "EADDRINUSE",
     "Another socket listens on this port already.",
     "Take another port, or end the program that has this one."},
    {"accept", ECONNABORTED, "ECONNABORTED",
     "The client gave up while its connection waited in the queue.",
     "Accept the next one. (Linux hands over the dead connection.)"},
    {"accept", EINVAL, "EINVAL",
     "The socket does not listen, or the length is negative.",
     "Call listen(2) first, and set the length before each call."},
    {"accept", EPROTO, "EPROTO",
     "The connection failed before it was handed over.",
     "Nothing is lost but that client: accept the next one."},
    {"accept", EPROTONOSUPPORT, "EPROTONOSUPPORT",
     "The kernel cannot make a socket for the new connection.",
     not_over_tcp},
#ifdef ENOSR
    {"accept", ENOSR, "ENOSR",
     "The kernel has no memory left for the new connection.",
     not_over_tcp},
#endif
#ifdef ESOCKTNOSUPPORT
    {"accept", ESOCKTNOSUPPORT, "ESOCKTNOSUPPORT",
     "The kernel cannot make a socket for the new connection.",
     not_over_tcp},
#endif
    {"setsockopt", ENOPROTOOPT, "ENOPROTOOPT",
     "This kind of socket has no such option.",
     "SO_REUSEADDR belongs to the level SOL_SOCKET (socket(7))."},
    {"getpeername", ENOTCONN, "ENOTCONN",
     "This socket has no peer: it is not connected.",
     "A listener never is. Ask the accepted socket."},
    {"", ECONNRESET, "ECONNRESET",
     "The peer ended the connection with a reset, not with an end of file.",
     "Data may be lost. Did it close before it had read all?"},
    {"", EAGAIN, "EAGAIN",
     "The call would have to wait, but the socket is non-blocking.",
     "This program never makes one so: see O_NONBLOCK in fcntl(2)."},
    {"", EOPNOTSUPP, "EOPNOTSUPP",
     "This type of socket cannot listen, or accept.",
     "SOCK_STREAM can. A datagram socket has no connections."},
    {"", EPERM, "EPERM",
     "A security rule of this machine forbids it.",
     "Ask the administrator."},
    {"", EHOSTUNREACH, "EHOSTUNREACH",
     "The network says that the peer cannot be reached any more.",
     "Close the socket. Is the peer switched on, does the network work?"},
    {"", ENETUNREACH, "ENETUNREACH",
     "The network says that the peer's network cannot be reached any more.",
     "Close the socket. Does the network work?"},
    {"", ETIMEDOUT, "ETIMEDOUT",
     "The peer has not answered for so long that the connection is dead.",
     "Close the socket. Is the peer switched on, does the network work?"},
    {"", EBADF, "EBADF",
     "The number is not an open descriptor: a mistake in the program.",
     "Was it closed already, or never opened?"},
    {"", EDQUOT, "EDQUOT", files_only, not_over_tcp},
    {"", EFAULT, "EFAULT",
     "A pointer leads out of the program's memory: a mistake in it.",
     "Is an & missing?"},
    {"", EINTR, "EINTR",
     "A signal handler ran and interrupted the call (signal(7)).",
     "Call again. (This program has no handler and does not expect it.)"},
    {"", EINVAL, "EINVAL",
     "An argument makes no sense to the kernel for this socket.",
     "Compare each one with the man page: a length, a number."},
    {"", EIO, "EIO", files_only, not_over_tcp},
    {"", EMFILE, "EMFILE",
     "This program has as many descriptors open as it may have.",
     "Close what is not used any more, or raise the limit: ulimit -n."},
    {"", ENFILE, "ENFILE",
     "All programs together have as many files open as the system allows.",
     "End some, or ask the administrator."},
    {"", ENOBUFS, "ENOBUFS",
     "The kernel has no memory left for this.",
     "Close sockets, end programs, try again."},
    {"", ENOMEM, "ENOMEM",
     "The kernel has no memory left for this.",
     "Close sockets, end programs, try again."},
    {"", ENOSPC, "ENOSPC", files_only, not_over_tcp},
    {"", ENOTSOCK, "ENOTSOCK",
     "The descriptor is not a socket's: a mistake in the program.",
     "Was the socket closed, and its number given to another file?"},
    /* clang-format on */
};

/* ---- Telling what happened ---------------------------------------------- */

/*
 * Ends the line of a call: its result, and if it failed, the error and its row
 * in the table. errno is afterwards what it was: printf(3) may change it, and
 * the caller still needs it.
 */
static void print_result(const char *call, long result, int error)
{
    if (result != -1) {
        printf(" = %ld\n", result);
        return;
    }
    const size_t rows = sizeof errors / sizeof errors[0];
    size_t row = 0;
    while (row < rows && (errors[row].number != error ||
                          (errors[row].call[0] != '\0' &&
                           strcmp(errors[row].call, call) != 0))) {
        row++;
    }
    if (row < rows) {
        printf(" = -1 %s (%s)\n", errors[row].name, strerror(error));
        printf("    %s\n    %s\n", errors[row].meaning, errors[row].remedy);
    } else {
        printf(" = -1 errno %d (%s)\n", error, strerror(error));
        printf("    An error that is not in the table of this program.\n");
        printf("    Look for it under ERRORS: man 2 %s\n", call);
    }
    errno = error;
}

/*
 * Prints a call that has just been made, as strace(1) does: name(arguments) =
 * result. The arguments are given as to printf(3).
 */
static void report(const char *call, long result, const char *arguments, ...)
{
    int error = errno;
    printf("%s(", call);
    va_list list;
    va_start(list, arguments);
    vprintf(arguments, list);
    va_end(list);
    printf(")");
    print_result(call, result, error);
}

/* Says on standard error which call failed, and why. Keeps errno. */
static void complain(const char *call)
{
    int error = errno;
    fprintf(stderr, "%s: %s: %s\n", program, call, strerror(error));
    errno = error;
}

/*
 * Prints bytes as strace(1) shows them: in quotes, the unprintable ones as C
 * escapes or octal numbers, at most 48 of them, with ... when there are more.
 */
static void print_quoted(FILE *stream, const char *data, size_t length)
{
    static const char special[] = "\"\\\f\n\r\t\v";
    static const char letter[] = "\"\\fnrtv";
    const size_t shown = length < 48 ? length : 48;

    fputc('"', stream);
    for (size_t i = 0; i < shown; i++) {
        const unsigned char byte = (unsigned char)data[i];
        const char *found = memchr(special, byte, sizeof special - 1);
        /* Before a digit, \0 would be read wrong: there strace writes \000. */
        const bool digit_next =
            i + 1 < shown && data[i + 1] >= '0' && data[i + 1] <= '7';
        if (found != NULL)
            fprintf(stream, "\\%c", letter[found - special]);
        else if (byte >= ' ' && byte <= '~')
            fputc(byte, stream);
        else
            fprintf(stream, digit_next ? "\\%03o" : "\\%o", byte);
    }
    fputs(shown < length ? "\"..." : "\"", stream);
}

/* Room for an address as text: 255.255.255.255:65535 and the final NUL. */
enum { ADDRESS_SIZE = INET_ADDRSTRLEN + sizeof ":65535" - 1 };

/*
 * Writes an address into text, as ADDRESS:PORT. Both stand in network byte
 * order (the largest byte first) in the struct: inet_ntop(3) and ntohs(3) know
 * that.
 */
static const char *address_text(const struct sockaddr_in *address, char *text)
{
    char ip[INET_ADDRSTRLEN] = "?";
    inet_ntop(AF_INET, &address->sin_addr, ip, sizeof ip);
    snprintf(text, ADDRESS_SIZE, "%s:%d", ip, ntohs(address->sin_port));
    return text;
}

/* ---- The arguments ------------------------------------------------------ */

/* Ends the program with status 2: an argument is wrong, or missing (NULL). */
static _Noreturn void refuse(const char *argument, const char *allowed,
                             const char *given)
{
    fprintf(stderr, "%s: %s must be %s, ", program, argument, allowed);
    if (given == NULL) {
        fputs("but it is missing", stderr);
    } else {
        fputs("not ", stderr);
        print_quoted(stderr, given, strlen(given));
    }
    fprintf(stderr, "\n%s", usage);
    exit(2);
}

/* Answers --help, and refuses more arguments than there are. */
static void check_arguments(int argc, char *argv[], int most)
{
    if (argc > 1 &&
        (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0)) {
        fputs(usage, stdout);
        exit(EXIT_SUCCESS);
    }
    if (argc - 1 > most) {
        fprintf(stderr,
                "%s: at most %d arguments are allowed, but there is also ",
                program, most);
        print_quoted(stderr, argv[most + 1], strlen(argv[most + 1]));
        fprintf(stderr, "\n%s", usage);
        exit(2);
    }
}

/* Takes a whole number, in decimal digits. Anything else ends the program. */
static long parse_number(const char *argument, const char *text, long lowest,
                         long highest)
{
    char allowed[80];
    snprintf(allowed, sizeof allowed, "a whole number from %ld to %ld", lowest,
             highest);
    if (text == NULL || !isdigit((unsigned char)text[0]))
        refuse(argument, allowed, text);

    char *end;
    errno = 0;
    const long number = strtol(text, &end, 10);
    if (*end != '\0' || errno != 0 || number < lowest || number > highest)
        refuse(argument, allowed, text);
    return number;
}

/*
 * Takes an IPv4 address in dotted decimal and a port, and returns them as the
 * kernel wants them: ip(7), Address format. sockaddr_in is the form for IPv4,
 * the only family here.
 */
static struct sockaddr_in parse_address(const char *ip, const char *port,
                                        long lowest_port)
{
    /*
     * All zero to begin with: it has fields that we do not set, as sin_zero.
     */
    struct sockaddr_in address = {0};
    address.sin_family = AF_INET;

    /* inet_pton(3) takes four numbers with dots, no names: 1 is success. */
    if (ip == NULL || inet_pton(AF_INET, ip, &address.sin_addr) != 1)
        refuse("ADDRESS",
               "four numbers with dots, such as 127.0.0.1 "
               "(names come later, in exercise 12)",
               ip);

    /* Network byte order, the largest byte first: htons(3). */
    address.sin_port =
        htons((in_port_t)parse_number("PORT", port, lowest_port, 65535));
    return address;
}

/* ---- The system calls --------------------------------------------------- */

/* No signal handler is installed, so no call is interrupted (EINTR). */

/*
 * Gives a descriptor back to the kernel: close(2). For a connected socket that
 * also tells the peer that nothing more will come. (If data has come that was
 * not read, the kernel tells it with a reset, and the peer may lose what we
 * sent.) Whatever close returns, Linux and BSD have freed the number: it is
 * never closed twice (close(2), NOTES).
 */
static bool close_socket(int fd)
{
    const int result = close(fd);
    report("close", result, "%d", fd);
    if (result == -1)
        complain("close");
    return result == 0;
}

/* Makes the socket a listener on the address. False when a call failed. */
static bool become_listener(int listener_fd, const struct sockaddr_in *address)
{
    /*
     * SO_REUSEADDR, before bind(2): a connection that this side closed first
     * stays in the state TIME_WAIT for a while (tcp(7)), and keeps the port
     * taken. Without the option, a server that has just ended could not be
     * started again for a minute. Two sockets still cannot listen on the same
     * address and port: socket(7).
     */
    const int on = 1;
    const int set =
        setsockopt(listener_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    report("setsockopt", set, "%d, SOL_SOCKET, SO_REUSEADDR, [%d], %zu",
           listener_fd, on, sizeof on);
    if (set == -1) {
        complain("setsockopt");
        return false;
    }

    /*
     * Bind: give the socket this address. The kernel looks whether the address
     * is this machine's, whether the port is allowed and whether it is free:
     * bind(2), ERRORS. The cast is needed because one call serves all
     * families, and each has its own struct; the length tells the kernel how
     * much of it to read.
     */
    char name[ADDRESS_SIZE];
    address_text(address, name);
    const int bound =
        bind(listener_fd, (const struct sockaddr *)address, sizeof *address);
    report("bind", bound, "%d, %s, %zu", listener_fd, name, sizeof *address);
    if (bound == -1) {
        complain("bind");
        return false;
    }

    /*
     * Listen: from now on the kernel answers clients on its own. It does the
     * handshake and queues the connections. The backlog is about how many of
     * them may wait in the queue for accept(2), not how many clients there may
     * be: listen(2), NOTES. Real servers pass SOMAXCONN, and the kernel lowers
     * what is too much for it.
     */
    const int backlog = 16;
    const int listening = listen(listener_fd, backlog);
    report("listen", listening, "%d, %d", listener_fd, backlog);
    if (listening == -1) {
        complain("listen");
        return false;
    }
    printf("    The kernel now answers clients, and queues them.\n");
    return true;
}

/*
 * Asks the kernel for the socket's own name: getsockname(2). The length is a
 * value-result argument: we say how much room there is, the kernel says how
 * much it needed. A larger result than the room would mean a name that was
 * cut; sockaddr_in is all that an IPv4 socket needs.
 */
static bool ask_own_name(int fd, struct sockaddr_in *name)
{
    socklen_t size = sizeof *name;
    const int result = getsockname(fd, (struct sockaddr *)name, &size);
    if (result == -1) {
        report("getsockname", -1, "%d, ?, [%zu]", fd, sizeof *name);
        complain("getsockname");
        return false;
    }
    char text[ADDRESS_SIZE];
    report("getsockname", result, "%d, %s, [%u]", fd, address_text(name, text),
           (unsigned)size);
    return true;
}

/* Asks for the name of the other end in the same way: getpeername(2). */
static bool ask_peer_name(int fd, struct sockaddr_in *name)
{
    socklen_t size = sizeof *name;
    const int result = getpeername(fd, (struct sockaddr *)name, &size);
    if (result == -1) {
        report("getpeername", -1, "%d, ?, [%zu]", fd, sizeof *name);
        complain("getpeername");
        return false;
    }
    char text[ADDRESS_SIZE];
    report("getpeername", result, "%d, %s, [%u]", fd, address_text(name, text),
           (unsigned)size);
    return true;
}

/* Whether two addresses are the same: IP address and port. */
static bool same_address(const struct sockaddr_in *a,
                         const struct sockaddr_in *b)
{
    return a->sin_addr.s_addr == b->sin_addr.s_addr &&
           a->sin_port == b->sin_port;
}

/* Asks both ends for their names, and shows all names in a table. */
static bool compare_names(int listener_fd, const struct sockaddr_in *listener,
                          int client_fd, int connection_fd)
{
    struct sockaddr_in client_own = {0};
    struct sockaddr_in client_peer = {0};
    struct sockaddr_in connection_own = {0};
    struct sockaddr_in connection_peer = {0};
    printf("    The names of the client, %d:\n", client_fd);
    if (!ask_own_name(client_fd, &client_own) ||
        !ask_peer_name(client_fd, &client_peer))
        return false;
    printf("    The names of the accepted socket, %d:\n", connection_fd);
    if (!ask_own_name(connection_fd, &connection_own) ||
        !ask_peer_name(connection_fd, &connection_peer))
        return false;

    char own[ADDRESS_SIZE];
    char peer[ADDRESS_SIZE];
    printf("\n");
    printf("%-10s  %-10s  %-21s  %s\n", "socket", "descriptor", "own name",
           "peer's name");
    printf("%-10s  %-10d  %-21s  %s\n", "listener", listener_fd,
           address_text(listener, own), "none");
    printf("%-10s  %-10d  %-21s  %s\n", "client", client_fd,
           address_text(&client_own, own), address_text(&client_peer, peer));
    printf("%-10s  %-10d  %-21s  %s\n", "accepted", connection_fd,
           address_text(&connection_own, own),
           address_text(&connection_peer, peer));
    printf("\n");
    if (same_address(&client_own, &connection_peer) &&
        same_address(&client_peer, &connection_own))
        printf("Client and accepted socket mirror each other: they are the "
               "two ends.\n");
    else
        printf("They do not mirror each other: another client was faster than "
               "ours.\n");
    return true;
}

/* Connects the client to the listener, and accepts the connection. */
static bool connect_and_accept(int listener_fd,
                               const struct sockaddr_in *listener,
                               int client_fd)
{
    /* 0.0.0.0 stands for all addresses of this machine: we call loopback. */
    struct sockaddr_in address = *listener;
    if (address.sin_addr.s_addr == htonl(INADDR_ANY))
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);

    /*
     * Connect: this succeeds before accept(2) is called, although it is the
     * same program that will call it. The listener's kernel does the
     * handshake, and queues the connection.
     */
    char peer[ADDRESS_SIZE];
    address_text(&address, peer);
    printf("... connect waits for the answer of %s\n", peer);
    const int connected =
        connect(client_fd, (struct sockaddr *)&address, sizeof address);
    report("connect", connected, "%d, %s, %zu", client_fd, peer,
           sizeof address);
    if (connected == -1) {
        complain("connect");
        return false;
    }
    printf("    Connected, though accept was not called yet: the kernel did "
           "it.\n");

    /* Accept: the connection is in the queue already. No need to wait. */
    struct sockaddr_in caller = {0};
    socklen_t size = sizeof caller;
    const int connection_fd =
        accept(listener_fd, (struct sockaddr *)&caller, &size);
    if (connection_fd == -1) {
        report("accept", -1, "%d, ?, [%zu]", listener_fd, sizeof caller);
        complain("accept");
        return false;
    }
    char name[ADDRESS_SIZE];
    report("accept", connection_fd, "%d, %s, [%u]", listener_fd,
           address_text(&caller, name), (unsigned)size);
    printf("    %d is the accepted socket. %d still listens.\n", connection_fd,
           listener_fd);

    const bool worked =
        compare_names(listener_fd, listener, client_fd, connection_fd);
    return close_socket(connection_fd) && worked;
}

/* Makes the listener and the client, and shows the names of all sockets. */
static bool show_names(int listener_fd, const struct sockaddr_in *address)
{
    if (!become_listener(listener_fd, address))
        return false;

    struct sockaddr_in listener = {0};
    if (!ask_own_name(listener_fd, &listener))
        return false;
    if (address->sin_port == 0)
        printf("    Now we know the port that the kernel chose for port 0.\n");

    /* A listener has no peer: that this call fails is no fault. */
    struct sockaddr_in nobody = {0};
    socklen_t size = sizeof nobody;
    const int result =
        getpeername(listener_fd, (struct sockaddr *)&nobody, &size);
    report("getpeername", result, "%d, ?, [%zu]", listener_fd, sizeof nobody);
    if (result != -1 || errno != ENOTCONN) {
        complain("getpeername");
        return false;
    }

    const int client_fd = socket(AF_INET, SOCK_STREAM, 0);
    report("socket", client_fd, "AF_INET, SOCK_STREAM, 0");
    if (client_fd == -1) {
        complain("socket");
        return false;
    }
    const bool worked = connect_and_accept(listener_fd, &listener, client_fd);
    return close_socket(client_fd) && worked;
}

/* The exit status: 0 when all has worked, and could be printed. */
static int finish(bool worked)
{
    if (ferror(stdout)) {
        fprintf(stderr, "%s: standard output: cannot be written\n", program);
        return EXIT_FAILURE;
    }
    return worked ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char *argv[])
{
    /* Print line by line, into a pipe too: setvbuf(3). */
    setvbuf(stdout, NULL, _IOLBF, 0);

    check_arguments(argc, argv, 2);
    const struct sockaddr_in address = parse_address(
        argc > 1 ? argv[1] : "127.0.0.1", argc > 2 ? argv[2] : "0", 0);

    /*
     * Socket: ask the kernel for one end of a future connection. The first
     * argument is the domain, the family of addresses: AF_INET is IPv4. The
     * second is the type, how data travels: SOCK_STREAM is a stream of bytes,
     * in order and without loss. The third is the protocol: 0 is the usual one
     * of the type, here TCP. See socket(2) and ip(7).
     */
    const int listener_fd = socket(AF_INET, SOCK_STREAM, 0);
    report("socket", listener_fd, "AF_INET, SOCK_STREAM, 0");
    if (listener_fd == -1) {
        complain("socket");
        return finish(false);
    }

    const bool worked = show_names(listener_fd, &address);
    return finish(close_socket(listener_fd) && worked);
}
