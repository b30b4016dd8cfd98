/*
 * Step 2: connect(2), calling somebody.
 *
 * A TCP socket can carry data only when it is connected to another one, its
 * peer. The side that calls is the client: it names the peer's address, and
 * connect(2) asks the kernel to build the connection. Then write(2) sends and
 * read(2) receives, as on a file.
 *
 *     02-connect/connect 127.0.0.1 4004           when step 4 listens there
 *     02-connect/connect 127.0.0.1 4004 "good day"
 *
 * `make step2` compiles and plays it. By hand: cc connect.c, and then ./a.out
 *
 * New since step 1: addresses, connect(2), and write(2) and read(2) on a
 * socket. `make diff2` shows the difference. Read main() first, at the end of
 * the file, then talk(), send_all() and read_to_end(). The rest tells what
 * happened, and takes the arguments.
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

static const char program[] = "connect";
static const char usage[] = "usage: connect ADDRESS PORT [MESSAGE]\n";

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

/*
 * Reads until the peer closes. read(2) waits until there is something, and
 * returns what is there: perhaps less than the peer sent at once, perhaps
 * more. TCP carries a stream of bytes and keeps no boundaries between
 * messages. 0 is the end of file: the peer has closed, and all that it had
 * sent has been read.
 */
static bool read_to_end(int fd)
{
    char buffer[4096];
    size_t total = 0;
    size_t reads = 0;

    printf("... each read waits until the peer sends something or closes\n");
    for (;;) {
        const ssize_t received = read(fd, buffer, sizeof buffer);
        report_read(fd, buffer, sizeof buffer, received);
        if (received == -1) {
            complain("read");
            return false;
        }
        if (received == 0)
            break;
        total += (size_t)received;
        reads++;
    }
    printf("    0 is the end of file: the peer has closed its side.\n");
    printf("    Received in all: %zu bytes, in %zu read%s.\n", total, reads,
           reads == 1 ? "" : "s");
    return true;
}

/*
 * Connects the socket to the address, sends the line, and reads the whole
 * answer.
 */
static bool talk(int fd, const struct sockaddr_in *address, const char *line)
{
    /*
     * Connect: the kernel gives the socket a free local port and does the
     * three-way handshake with the peer's kernel. Until that has ended, one
     * way or the other, connect(2) waits. The cast is needed because one call
     * serves all families, and each has its own struct; the length tells the
     * kernel how much of it to read.
     */
    char peer[ADDRESS_SIZE];
    address_text(address, peer);
    printf("... connect waits for the answer of %s\n", peer);
    const int connected =
        connect(fd, (const struct sockaddr *)address, sizeof *address);
    report("connect", connected, "%d, %s, %zu", fd, peer, sizeof *address);
    if (connected == -1) {
        complain("connect");
        return false;
    }
    printf("    Connected: %d is now one end, and the peer has the other.\n",
           fd);

    return send_all(fd, line, strlen(line)) && read_to_end(fd);
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
    const char *message = argc > 3 ? argv[3] : "hello";

    /*
     * The message and a newline: one line, so that the server knows where it
     * ends.
     */
    const size_t size = strlen(message) + sizeof "\n";
    char *line = malloc(size);
    if (line == NULL) {
        complain("malloc");
        return EXIT_FAILURE;
    }
    snprintf(line, size, "%s\n", message);

    /*
     * Socket: ask the kernel for one end of a future connection. The first
     * argument is the domain, the family of addresses: AF_INET is IPv4. The
     * second is the type, how data travels: SOCK_STREAM is a stream of bytes,
     * in order and without loss. The third is the protocol: 0 is the usual one
     * of the type, here TCP. See socket(2) and ip(7).
     */
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    report("socket", fd, "AF_INET, SOCK_STREAM, 0");
    if (fd == -1) {
        complain("socket");
        free(line);
        return finish(false);
    }

    const bool worked = talk(fd, &address, line);
    free(line);
    return finish(close_socket(fd) && worked);
}
