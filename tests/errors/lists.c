/*
 * What `errors` prints without playing: --list, --texts, --markdown. See
 * errors.h.
 */
#include "errors.h"

#include <string.h>

static const char *kind_name(enum kind kind)
{
    return kind == LIVE ? "live" : kind == ROOT ? "root" : "never";
}

/* A line each: call, error, kind of the first way, who tells of it. */
void print_list(const struct call *call, const struct pair *pair)
{
    printf("%s\t%s\t%s\t%s\n", call->name, pair->name,
           kind_name(pair->ways[0].kind), pair->on_page ? "page" : "kernel");
}

void print_texts(const struct call *call, const struct pair *pair)
{
    printf("%s\t%s\t%s\t%s\n", call->name, pair->name, pair->meaning,
           pair->remedy);
}

/* ---- The chapter of TUTORIAL.md ----------------------------------------- */

static const char introduction[] =
    "## Every error\n"
    "\n"
    "The ERRORS sections of the seven man pages, provoked. `make errors`\n"
    "plays what stands here, on your machine; `make errors CALL=connect`\n"
    "one call, `make errors ERROR=EADDRINUSE` one error. Each provocation\n"
    "is a function of a few lines, in `tests/errors/`, in the file of its\n"
    "call.\n"
    "\n"
    "- *live*: any user can see it.\n"
    "- *as root*: it needs a network, a file system or a limit of memory\n"
    "  of its own. The first two are played for other users, too, where\n"
    "  the machine lets them have user namespaces. Where memory ends, the\n"
    "  kernel's log tells of it: the process that it names is ours.\n"
    "- *never*: it cannot be shown here; the table says why.\n";

/*
 * Measured with Linux 6.1 and 6.18 (the firewall: 6.18), against release 6.03
 * of the pages.
 */
static const char differences[] =
    "\n"
    "### Where the man pages and the kernel differ\n"
    "\n"
    "Release 6.03 of the pages, and Linux over loopback and Unix sockets:\n"
    "\n"
    "- socket(2) does not list EPERM, which a raw socket gives without\n"
    "  the rights of root, nor ESOCKTNOSUPPORT. It says EINVAL for a\n"
    "  family that is not available: that is EAFNOSUPPORT.\n"
    "- socket(2), accept(2): ENFILE comes also when there is no memory\n"
    "  for the socket's file, however few files are open. For the rest of\n"
    "  a socket IPv4 says ENOMEM, and IPv6 says ENOBUFS.\n"
    "- connect(2) lists EADDRINUSE. A connection that exists already is\n"
    "  EADDRNOTAVAIL.\n"
    "- connect(2) lists EACCES and EPERM for a firewall. When nftables\n"
    "  drops what TCP sends, connect waits and says ETIMEDOUT; when it\n"
    "  rejects it, ECONNREFUSED or EHOSTUNREACH. A broadcast address is\n"
    "  EACCES for UDP, and ENETUNREACH for TCP.\n"
    "- connect(2) says EAGAIN for a routing cache that is full. There has\n"
    "  been none since Linux 3.6. UDP says EAGAIN when no local port is\n"
    "  left.\n"
    "- connect(2) does not list what a Unix socket's path can give, as\n"
    "  bind(2) does: ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG; nor\n"
    "  ECONNRESET, EHOSTUNREACH and EINVAL.\n"
    "- bind(2) lists EADDRNOTAVAIL and EFAULT for Unix sockets only.\n"
    "  Internet sockets give them; EAFNOSUPPORT is not listed.\n"
    "- bind(2): an address that is too long is EINVAL. ENAMETOOLONG is\n"
    "  for a name in the path that is longer than 255 bytes.\n"
    "- listen(2) does not list EINVAL: for a connected socket, and for a\n"
    "  Unix socket that is not bound.\n"
    "- accept(2) lists ECONNABORTED. Linux hands the connection over,\n"
    "  dead as it is.\n"
    "- accept(2) says EOPNOTSUPP for all but SOCK_STREAM. A Unix socket\n"
    "  of type SOCK_SEQPACKET can accept, too.\n"
    "- accept(2) lists seven more that Internet and Unix sockets never\n"
    "  give: see *never* above.\n"
    "- getpeername(2): who has no peer gets ENOTCONN, even with a wrong\n"
    "  length.\n";

/* Prints a text in a cell of a Markdown table. */
static void print_cell(const char *words)
{
    for (; *words != '\0'; words++)
        printf(strchr("|<>*", *words) != NULL ? "\\%c" : "%c", *words);
}

/*
 * One row of a table: the error, its meaning, its ways, the kind of the first
 * way. The ways of another kind say so.
 */
static void print_row(const struct pair *pair)
{
    const enum kind kind = pair->ways[0].kind;
    printf("| `%s` | ", pair->name);
    print_cell(pair->meaning);
    printf(" ");
    print_cell(pair->remedy);
    printf(" | ");
    for (const struct way *way = pair->ways; way->how != NULL; way++) {
        if (way > pair->ways)
            printf("<br>");
        if (way->kind != kind)
            printf("As root: ");
        print_cell(way->how);
    }
    printf(" | %s |\n", kind == ROOT ? "as root" : kind_name(kind));
}

/* One table: the errors that the man page lists, or those it does not. */
static void print_table(const struct call *call, bool on_page)
{
    bool headed = false;
    for (const struct pair *pair = call->pairs; pair->name != NULL; pair++) {
        if (pair->on_page != on_page || !is_chosen(call, pair))
            continue;
        if (!headed && !on_page)
            printf("\nThe page does not list these:\n");
        if (!headed)
            printf("\n| error | what it means, and what to do "
                   "| how it is provoked | kind |\n|---|---|---|---|\n");
        headed = true;
        print_row(pair);
    }
}

/* The chapter "every error" of TUTORIAL.md. */
void print_markdown(void)
{
    fputs(introduction, stdout);
    for (const struct call *call = calls; call->name != NULL; call++) {
        if (chosen_call != NULL && strcmp(chosen_call, call->name) != 0)
            continue;
        printf("\n### Errors of %s(2)\n", call->name);
        print_table(call, true);
        print_table(call, false);
    }
    fputs(differences, stdout);
}
