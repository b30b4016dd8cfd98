/*
 * Wrong: says what is wrong, and ends with status 0.
 * Fails at: a service by its name; an unknown one is status 1, and why
 */
#define _POSIX_C_SOURCE 200809L

#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static const char program[] = "names";
static const char usage[] = "usage: names HOST SERVICE\n";

/* Ends the program with status 1: this call failed, and errno says why. */
static _Noreturn void fail(const char *call)
{
    fprintf(stderr, "%s: %s: %s\n", program, call, strerror(errno));
    exit(EXIT_FAILURE);
}

/* Ends the program with status 2: this argument is wrong or missing. */
static _Noreturn void refuse(const char *argument)
{
    fprintf(stderr, "%s: wrong %s\n%s", program, argument, usage);
    exit(2);
}

/* Ends the program with status 1: these functions have errors of their own. */
static _Noreturn void fail_names(const char *call, int error)
{
    /* EAI_SYSTEM alone says: look at errno. getaddrinfo(3), RETURN VALUE */
    fprintf(stderr, "%s: %s: %s\n", program, call,
            error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
    exit(EXIT_SUCCESS);
}

/*
 * Whether getaddrinfo(3) would take this for a number, and it is no port. It
 * does not look at the range itself: 65536 would be port 0, as would "".
 */
static bool is_bad_number(const char *service)
{
    char *end;
    const unsigned long number = strtoul(service, &end, 10);
    if (*end != '\0')
        return false; /* A name: getaddrinfo(3) looks it up. */
    return !isdigit((unsigned char)service[0]) || number > 65535;
}

/* Whether an address stands in the list before, as well. */
static bool stands_before(const struct addrinfo *list,
                          const struct addrinfo *one)
{
    for (; list != one; list = list->ai_next) {
        if (list->ai_addrlen == one->ai_addrlen &&
            memcmp(list->ai_addr, one->ai_addr, one->ai_addrlen) == 0)
            return true;
    }
    return false;
}

/* Prints an address and a port in numbers, whatever its family is. */
static void print_address(const struct addrinfo *one)
{
    /* Numbers are short: an IPv6 address, and its interface after it. */
    char host[128], port[8];
    const int error =
        getnameinfo(one->ai_addr, one->ai_addrlen, host, sizeof host, port,
                    sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
    if (error != 0)
        fail_names("getnameinfo", error);
    printf("%s %s\n", host, port);
}

int main(int argc, char *argv[])
{
    if (argc != 3)
        refuse("number of arguments");
    if (is_bad_number(argv[2]))
        fail_names("getaddrinfo", EAI_SERVICE);

    /*
     * Both families, and only what is good for TCP: without a type of socket,
     * each address would come three times.
     */
    const struct addrinfo hints = {.ai_family = AF_UNSPEC,
                                   .ai_socktype = SOCK_STREAM};
    struct addrinfo *list;
    const int error = getaddrinfo(argv[1], argv[2], &hints, &list);
    if (error != 0)
        fail_names("getaddrinfo", error);

    for (const struct addrinfo *one = list; one; one = one->ai_next) {
        if (!stands_before(list, one))
            print_address(one);
    }
    freeaddrinfo(list);
    if (fflush(stdout) == EOF || ferror(stdout))
        fail("write");
    return EXIT_SUCCESS;
}
