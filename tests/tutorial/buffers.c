/*
 * write(2) has succeeded when the kernel has taken the bytes, not when the
 * peer has them. Here the peer never reads.
 */
#include "demo.h"

int main(void)
{
    begin();
    int client_fd;
    int server_fd;
    connected_pair(&client_fd, &server_fd);
    /* Non-blocking: where write(2) would wait, it fails with EAGAIN. */
    must(fcntl(client_fd, F_SETFL, O_NONBLOCK), "fcntl");

    static const char block[50000];
    bool whole = true;
    ssize_t written;
    while ((written = write(client_fd, block, sizeof block)) != -1)
        whole = whole && written == sizeof block;
    const int error = errno;
    printf("Many writes succeeded, and the peer has read nothing.\n");
    printf("All of them took all of their bytes: %s\n", whole ? "yes" : "no");
    errno = error;
    show(-1, "write(%d, ..., %zu)", client_fd, sizeof block);
    return EXIT_SUCCESS;
}
