/*
 * Step 4: listen(2) and accept(2), being called.
 *
 * A server binds an address and listens on it. Clients connect, and the kernel
 * queues their connections. accept(2) takes the next one out of the queue and
 * gives it to the program as a new socket. So a server has two kinds of
 * sockets: the listener, which only produces connections, and one socket for
 * each connection, which carries data.
 *
 *     04-accept/accept 127.0.0.1 4004      serves for ever: Ctrl-C ends it
 *     04-accept/accept 127.0.0.1 4004 1    serves one client and ends
 *
 * `make step4` compiles and plays it. By hand: cc accept.c, and then ./a.out
 *
 * From each client the server reads one line, and answers "you said: " and
 * that line. It is iterative: it serves one client after another, and a client
 * that sends nothing keeps the others waiting. Serving many at a time is for
 * exercises 15 to 17.
 *
 * New since step 3: setsockopt(2), listen(2), accept(2), and how to read a
 * line. send_all is the one of step 2. `make diff4` shows the difference. Read
 * main() first, at the end of the file, then become_listener(),
 * serve_clients() and serve(). The rest tells what happened, and takes the
 * arguments.
 */

/*
 * Of the C library's many extras we want what POSIX names, and nothing else.
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char program[] = "accept";
static const char usage[] = "usage: accept ADDRESS PORT [CLIENTS]\n";

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
    {"write", EDESTADDRREQ, "EDESTADDRREQ",
     "The socket has no peer to send to (datagram sockets only).",
     not_over_tcp},
    {"write", EPIPE, "EPIPE",
     "The connection is closed for sending: nobody will read this.",
     "The peer has gone. Close the socket."},
    {"", EFBIG, "EFBIG", files_only, not_over_tcp},
    {"", EISDIR, "EISDIR", files_only, not_over_tcp},
    {"", ENOTCONN, "ENOTCONN",
     "The socket has no peer: it is not connected.",
     "Connect first. A listener carries no data."},
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

/* Prints a read(2). What a failed one left in the buffer is not known: ?. */
static void report_read(int fd, const char *buffer, size_t size,
                        ssize_t result)
{
    int error = errno;
    printf("read(%d, ", fd);
    if (result == -1)
        printf("?");
    else
        print_quoted(stdout, buffer, (size_t)result);
    printf(", %zu)", size);
    print_result("read", result, error);
}

/* Prints a write(2). */
static void report_write(int fd, const char *data, size_t length,
                         ssize_t result)
{
    int error = errno;
    printf("write(%d, ", fd);
    print_quoted(stdout, data, length);
    printf(", %zu)", length);
    print_result("write", result, error);
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

/*
 * Sends all of the data. write(2) may take less than it was given, when the
 * kernel's send buffer has no room for more: that is no error, and we go on
 * with the rest. It waits while there is no room at all. What was taken has
 * not arrived yet: the kernel sends it on its own time.
 */
static bool send_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        const ssize_t sent = write(fd, data, length);
        report_write(fd, data, length, sent);
        if (sent == -1) {
            complain("write");
            return false;
        }
        data += sent;
        length -= (size_t)sent;
    }
    return true;
}

/* The longest line that is answered, its newline not counted. */
enum { LONGEST_LINE = 1024 };

/*
 * Reads one line from a connection, up to and with its newline, and returns
 * its length. A line may come in any number of pieces, because TCP keeps no
 * boundaries: we read until there is a newline, or the end of file, or no more
 * room. Bytes after the newline are dropped: each client has one line. Returns
 * -1 when a read failed.
 */
static ssize_t read_line(int fd, char *line, size_t size)
{
    size_t length = 0;

    printf("... read waits for the client's line\n");
    while (length < size) {
        const ssize_t received = read(fd, line + length, size - length);
        report_read(fd, line + length, size - length, received);
        if (received == -1) {
            complain("read");
            return -1;
        }
        if (received == 0)
            break;
        const char *newline = memchr(line + length, '\n', (size_t)received);
        if (newline != NULL)
            return newline - line + 1;
        length += (size_t)received;
    }
    return (ssize_t)length;
}

/* Serves one client: reads a line, answers it. False when a call failed. */
static bool serve(int connection_fd)
{
    static const char greeting[] = "you said: ";
    enum { GREETING_LENGTH = sizeof greeting - 1 };

    char answer[GREETING_LENGTH + LONGEST_LINE + 1];
    memcpy(answer, greeting, GREETING_LENGTH);

    /* The line goes right behind the greeting: one write sends both. */
    char *line = answer + GREETING_LENGTH;
    const size_t size = sizeof answer - GREETING_LENGTH;
    ssize_t length = read_line(connection_fd, line, size);
    if (length == -1)
        return false;
    if (length == 0) {
        printf("    The client closed and sent nothing: no answer.\n");
        return true;
    }
    if (line[length - 1] != '\n') {
        if ((size_t)length == size) {
            printf("    No newline in %zu bytes: too long. No answer.\n",
                   size);
            printf("    If more is left unread, close sends a reset.\n");
            return true;
        }
        printf("    The end of file ends the line, too.\n");
        line[length++] = '\n';
    }
    return send_all(connection_fd, answer, GREETING_LENGTH + (size_t)length);
}

/*
 * Whether an error is one client's bad luck, and the server goes on: the
 * client gave up in the queue, ended with a reset, closed before our answer
 * came, fell silent for ever, or cannot be reached any more: accept(2), RETURN
 * VALUE. All other errors are the server's own, and would meet the next client
 * as well.
 */
static bool concerns_one_client(int error)
{
    return error == ECONNABORTED || error == EPROTO || error == ECONNRESET ||
           error == EPIPE || error == ETIMEDOUT || error == EHOSTUNREACH ||
           error == ENETUNREACH;
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

/* Serves clients, one after another; for ever when clients is 0. */
static bool serve_clients(int listener_fd, long clients)
{
    /* When nobody reads what we print, there is nothing to go on for. */
    for (long client = 1;
         (clients == 0 || client <= clients) && !ferror(stdout); client++) {
        /*
         * Accept: take the next connection out of the queue, or wait for one.
         * The kernel writes the client's address into `peer`. `size` is a
         * value-result argument: we say how much room there is, the kernel
         * says how much it needed. So it is set anew before each call.
         */
        struct sockaddr_in peer = {0};
        socklen_t size = sizeof peer;
        printf("... accept waits for a client\n");
        const int connection_fd =
            accept(listener_fd, (struct sockaddr *)&peer, &size);
        if (connection_fd == -1) {
            report("accept", -1, "%d, ?, [%zu]", listener_fd, sizeof peer);
            complain("accept");
            if (!concerns_one_client(errno))
                return false;
            continue; /* It counts as a client: one that is lost. */
        }
        char name[ADDRESS_SIZE];
        address_text(&peer, name);
        report("accept", connection_fd, "%d, %s, [%u]", listener_fd, name,
               (unsigned)size);
        printf("    Client %ld: %d is its connection, %d still listens.\n",
               client, connection_fd, listener_fd);

        const bool served = serve(connection_fd);
        const bool go_on = served || concerns_one_client(errno);
        if (!served && go_on)
            printf("    Only this client is lost: the server goes on.\n");
        if (!close_socket(connection_fd) || !go_on)
            return false;
    }
    return true;
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

    /*
     * Writing to a connection that the peer has closed raises the signal
     * SIGPIPE, which would end this program without a word. Ignored, write(2)
     * fails with EPIPE instead.
     */
    signal(SIGPIPE, SIG_IGN);

    check_arguments(argc, argv, 3);
    const struct sockaddr_in address =
        parse_address(argv[1], argc > 2 ? argv[2] : NULL, 1);
    const long clients =
        argc > 3 ? parse_number("CLIENTS", argv[3], 1, 1000000) : 0;

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

    const bool worked = become_listener(listener_fd, &address) &&
                        serve_clients(listener_fd, clients);
    return finish(close_socket(listener_fd) && worked);
}
