/*
 * The states of a connection's two ends, after each call. The kernel keeps
 * them; this program asks it, as ss(8) does: sock_diag(7). On Linux alone.
 *
 *     life           the server closes first
 *     life reset     the client ends with a reset
 */
#include "demo.h"
#ifndef __linux__
int main(void)
{
    puts("This one is for Linux alone.");
    return EXIT_FAILURE;
}
#else
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

/* The states of tcp(7), in the kernel's order, from 1 on. */
static const char *const states[] = {
    "gone",       "ESTABLISHED", "SYN_SENT",  "SYN_RECV",
    "FIN_WAIT1",  "FIN_WAIT2",   "TIME_WAIT", "CLOSED",
    "CLOSE_WAIT", "LAST_ACK",    "LISTEN",    "CLOSING",
};
static const size_t count = sizeof states / sizeof states[0];

/*
 * The state of the end whose own name and peer's name are these. A socket of
 * the family AF_NETLINK is a way to ask the kernel itself: netlink(7).
 */
static unsigned state_of(const struct sockaddr_in *own,
                         const struct sockaddr_in *peer)
{
    struct {
        struct nlmsghdr head;
        struct inet_diag_req_v2 question;
    } request = {.head = {.nlmsg_len = sizeof request,
                          .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                          .nlmsg_flags = NLM_F_REQUEST},
                 .question = {.sdiag_family = AF_INET,
                              .sdiag_protocol = IPPROTO_TCP,
                              .idiag_states = 0xffffffff,
                              .id = {.idiag_sport = own->sin_port,
                                     .idiag_dport = peer->sin_port,
                                     .idiag_src = {own->sin_addr.s_addr},
                                     .idiag_dst = {peer->sin_addr.s_addr},
                                     .idiag_cookie = {INET_DIAG_NOCOOKIE,
                                                      INET_DIAG_NOCOOKIE}}}};
    struct {
        struct nlmsghdr head;
        struct inet_diag_msg answer;
        char more[4000];
    } reply = {0};

    const int fd = must(socket(AF_NETLINK, SOCK_DGRAM, NETLINK_SOCK_DIAG),
                        "socket(AF_NETLINK)");
    must((int)write(fd, &request, sizeof request), "write to the kernel");
    must((int)read(fd, &reply, sizeof reply), "read from the kernel");
    close(fd);
    /* Any other answer, or the listener, says: there is no such connection. */
    if (reply.head.nlmsg_type != SOCK_DIAG_BY_FAMILY ||
        reply.answer.id.idiag_dport != peer->sin_port ||
        reply.answer.idiag_state >= count)
        return 0;
    return reply.answer.idiag_state;
}

/* Shows both, once no answer of the other end is under way. */
static void show_states(const struct sockaddr_in *client,
                        const struct sockaddr_in *server)
{
    unsigned c, s;
    do {
        c = state_of(client, server);
        s = state_of(server, client);
    } while (c == 2 || c == 3 || c == 4 || c == 9 || c == 11 || s == 2 ||
             s == 3 || s == 4 || s == 9 || s == 11);
    printf("    client %-12s server %s\n", states[c], states[s]);
}

int main(int argc, char *argv[])
{
    begin();
    const int listener_fd = new_listener(1);
    const int client_fd = new_client(listener_fd);
    const struct sockaddr_in client = own_name(client_fd);
    const struct sockaddr_in server = own_name(listener_fd);

    printf("client: connect(%d, %s, %zu) = 0\n", client_fd, text(&server),
           sizeof server);
    show_states(&client, &server);
    const int server_fd = accept(listener_fd, NULL, NULL);
    show(server_fd, "server: accept(%d, NULL, NULL)", listener_fd);
    show_states(&client, &server);

    if (argc > 1 && strcmp(argv[1], "reset") == 0) {
        const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
        must(setsockopt(client_fd, SOL_SOCKET, SO_LINGER, &at_once,
                        sizeof at_once),
             "setsockopt");
        show(close(client_fd), "client: close(%d) with a reset", client_fd);
        wait_for(server_fd, POLLIN);
        show_states(&client, &server);
        return EXIT_SUCCESS;
    }

    show(close(server_fd), "server: close(%d)", server_fd);
    wait_for(client_fd, POLLIN);
    show_states(&client, &server);
    show(close(client_fd), "client: close(%d)", client_fd);
    show_states(&client, &server);
    return EXIT_SUCCESS;
}
#endif
