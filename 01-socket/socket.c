/*
 * Step 1: socket(2), making a socket.
 *
 * A socket is an endpoint for communication between programs. To the program
 * it is a file descriptor, like an open file: a small number that stands for
 * something in the kernel. socket(2) makes one. It is not connected to anybody
 * yet, and it has no address: the calls of the next steps add that, one call a
 * step.
 *
 *     01-socket/socket                        a TCP socket
 *     01-socket/socket AF_INET6 SOCK_DGRAM    another kind
 *     01-socket/socket 99                     one that no kernel has
 *
 * `make step1` compiles and plays it. By hand: cc socket.c, and then ./a.out
 *
 * Each system call on a socket is printed as strace(1) writes it: what was
 * called, with which arguments, and what came back. Read main() first, at the
 * end of the file. The rest tells what happened, and takes the arguments.
 */

/*
 * Of the C library's many extras we want what POSIX names, and nothing else.
 */
#define _POSIX_C_SOURCE 200809L

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char program[] = "socket";
static const char usage[] = "usage: socket [DOMAIN [TYPE [PROTOCOL]]]\n";

/* Errors that the man pages list, and that a TCP socket never gives. */
static const char files_only[] =
    "Only files and devices say this, not TCP sockets.";
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
    {"", EBADF, "EBADF",
     "The number is not an open descriptor: a mistake in the program.",
     "Was it closed already, or never opened?"},
    {"", EDQUOT, "EDQUOT", files_only, not_over_tcp},
    {"", EINTR, "EINTR",
     "A signal handler ran and interrupted the call (signal(7)).",
     "Call again. (This program has no handler and does not expect it.)"},
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

/*
 * A constant of <sys/socket.h> or <netinet/in.h>: its name, and its number
 * here.
 */
struct constant {
    const char *name;
    int value;
};

static const struct constant domains[] = {
    {"AF_INET", AF_INET},
    {"AF_INET6", AF_INET6},
    {"AF_UNIX", AF_UNIX},
    {"AF_UNSPEC", AF_UNSPEC},
    {NULL, 0},
};
static const struct constant types[] = {
    {"SOCK_STREAM", SOCK_STREAM},
    {"SOCK_DGRAM", SOCK_DGRAM},
    {"SOCK_RAW", SOCK_RAW},
    {"SOCK_SEQPACKET", SOCK_SEQPACKET},
    {NULL, 0},
};
static const struct constant protocols[] = {
    {"IPPROTO_TCP", IPPROTO_TCP},
    {"IPPROTO_UDP", IPPROTO_UDP},
    {"IPPROTO_ICMP", IPPROTO_ICMP},
    {"IPPROTO_RAW", IPPROTO_RAW},
    {NULL, 0},
};

/*
 * Takes a constant's name, or a whole number. Anything else ends the program.
 */
static int parse_constant(const char *argument, const char *text,
                          const struct constant *constants)
{
    for (const struct constant *c = constants; c->name != NULL; c++) {
        if (strcmp(text, c->name) == 0)
            return c->value;
    }
    char *end;
    errno = 0;
    const long number = strtol(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 ||
        number > INT_MAX) {
        char allowed[100];
        snprintf(allowed, sizeof allowed,
                 "a name such as %s or a whole number from 0 to %d",
                 constants[0].name, INT_MAX);
        refuse(argument, allowed, text);
    }
    return (int)number;
}

/*
 * Writes the name that the constant with this value has, or the number if it
 * has none.
 */
static const char *constant_text(int value, const struct constant *constants,
                                 char text[20])
{
    snprintf(text, 20, "%d", value);
    for (const struct constant *c = constants; c->name != NULL; c++) {
        if (value == c->value)
            return c->name;
    }
    return text;
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

    check_arguments(argc, argv, 3);
    const int domain =
        argc > 1 ? parse_constant("DOMAIN", argv[1], domains) : AF_INET;
    const int type =
        argc > 2 ? parse_constant("TYPE", argv[2], types) : SOCK_STREAM;
    const int protocol =
        argc > 3 ? parse_constant("PROTOCOL", argv[3], protocols) : 0;

    char domain_number[20];
    char type_number[20];
    char protocol_number[20];
    const char *domain_name = constant_text(domain, domains, domain_number);
    const char *type_name = constant_text(type, types, type_number);
    const char *protocol_name =
        constant_text(protocol, protocols, protocol_number);
    /*
     * The names are those of IP's protocols: other families number their own.
     */
    if (domain != AF_INET && domain != AF_INET6)
        protocol_name = protocol_number;

    /*
     * Socket: ask the kernel for one end of a future connection. The first
     * argument is the domain, the family of addresses: AF_INET is IPv4. The
     * second is the type, how data travels: SOCK_STREAM is a stream of bytes,
     * in order and without loss. The third is the protocol: 0 is the usual one
     * of the type, here TCP. See socket(2) and ip(7).
     */
    const int fd = socket(domain, type, protocol);
    report("socket", fd, "%s, %s, %s", domain_name, type_name, protocol_name);
    if (fd == -1) {
        complain("socket");
        return finish(false);
    }
    printf(
        "    %d is a file descriptor: the lowest number that was free here.\n",
        fd);
    if (fd == 3)
        printf("    0, 1 and 2 are standard input, output and error.\n");
    printf("    The socket has no address yet, and no peer.\n");

    const bool worked = close_socket(fd);
    if (worked)
        printf("    %d is free again: the next socket or file may get it.\n",
               fd);
    return finish(worked);
}
