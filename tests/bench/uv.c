/*
 * uv PORT: a plain echo server with libuv: read, write
 * what was read, free it. `make bench` measures it beside exercise 17, where
 * libuv is installed (libuv1-dev).
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <uv.h>

struct request {
    uv_write_t write; /* first: libuv gives us its address */
    uv_buf_t buffer;
};

static void give_buffer(uv_handle_t *handle, size_t size, uv_buf_t *buffer)
{
    (void)handle;
    buffer->base = malloc(size);
    buffer->len = size;
}

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

static void after_write(uv_write_t *write, int status)
{
    struct request *request = (struct request *)write;

    (void)status;
    free(request->buffer.base);
    free(request);
}

static void after_read(uv_stream_t *client, ssize_t got,
                       const uv_buf_t *buffer)
{
    if (got > 0) {
        struct request *request = malloc(sizeof *request);
        request->buffer = uv_buf_init(buffer->base, (unsigned)got);
        uv_write(&request->write, client, &request->buffer, 1, after_write);
        return;
    }
    if (got < 0)
        uv_close((uv_handle_t *)client, free_handle);
    free(buffer->base);
}

static void take_client(uv_stream_t *listener, int status)
{
    uv_tcp_t *client = malloc(sizeof *client);

    if (status < 0)
        return;
    uv_tcp_init(listener->loop, client);
    if (uv_accept(listener, (uv_stream_t *)client) == 0)
        uv_read_start((uv_stream_t *)client, give_buffer, after_read);
    else
        uv_close((uv_handle_t *)client, free_handle);
}

int main(int argc, char **argv)
{
    struct sockaddr_in address;
    struct rlimit limit;
    uv_tcp_t listener;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    uv_tcp_init(uv_default_loop(), &listener);
    uv_ip4_addr("127.0.0.1", argc == 2 ? atoi(argv[1]) : 0, &address);
    uv_tcp_bind(&listener, (const struct sockaddr *)&address, 0);
    if (uv_listen((uv_stream_t *)&listener, 4096, take_client) != 0) {
        fputs("uv: cannot listen\n", stderr);
        return EXIT_FAILURE;
    }
    puts("listening");
    fflush(stdout);
    return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
