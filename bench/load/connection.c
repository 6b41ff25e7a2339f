#define _GNU_SOURCE
#include "connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "fail.h"
#include "flavour.h"
#include "frame.h"
#include "load.h"
#include "options.h"
#include "reactor.h"
#include "upgrade.h"

#define INBOX_BYTES (1024 * 1024) /* what common clients take as one frame at most */

uint64_t read_at_ns;

/* One for all connections: only one is read at a time, and what is left of it is put aside. */
static uint8_t inbox[INBOX_BYTES];

void connection_open(struct connection *connection)
{
    struct sockaddr_in server = {
        .sin_family = AF_INET,
        .sin_port = htons(options.port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int yes = 1;
    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection->fd < 0)
        fail("socket: %s", strerror(errno));
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    connection->state = CONNECTION_CONNECTING;
    if (connect(connection->fd, (struct sockaddr *)&server, sizeof server) < 0
        && errno != EINPROGRESS)
        fail("connect: %s", strerror(errno));
    reactor_watch(connection);
}

static void transmit(struct connection *connection, const void *bytes, size_t length)
{
    size_t sent = 0;
    if (connection->unsent.length == 0) {
        ssize_t taken = send(connection->fd, bytes, length, MSG_NOSIGNAL);
        if (taken < 0 && errno != EAGAIN)
            fail("send: %s", strerror(errno));
        sent = taken < 0 ? 0 : (size_t)taken;
    }
    buffer_append(&connection->unsent, (const uint8_t *)bytes + sent, length - sent);
}

static void flush(struct connection *connection)
{
    struct buffer *unsent = &connection->unsent;
    while (unsent->length) {
        ssize_t taken = send(connection->fd, unsent->bytes, unsent->length, MSG_NOSIGNAL);
        if (taken < 0 && errno == EAGAIN)
            return;
        if (taken < 0)
            fail("send: %s", strerror(errno));
        buffer_drop_front(unsent, (size_t)taken);
    }
}

static void send_frame(struct connection *connection, enum opcode opcode, const char *payload,
                       size_t payload_bytes)
{
    uint8_t frame[FRAME_HEAD_BYTES_MAX + FRAME_PAYLOAD_BYTES_MAX];
    transmit(connection, frame, frame_encode(frame, opcode, payload, payload_bytes));
}

void connection_send(struct connection *connection, const char *text, size_t length)
{
    send_frame(connection, OPCODE_TEXT, text, length);
}

void connection_close(struct connection *connection)
{
    connection->state = CONNECTION_CLOSING;
    send_frame(connection, OPCODE_CLOSE, "\x03\xe8", 2); /* 1000, normal closure */
}

static void ended(struct connection *connection)
{
    if (connection->state != CONNECTION_CLOSING)
        fail("the server ended a connection%s",
             connection->state == CONNECTION_READY ? "" : " before it was ready");
    close(connection->fd);
    buffer_release(&connection->unread);
    buffer_release(&connection->unsent);
    connection->state = CONNECTION_CLOSED;
    load.closed(connection);
}

static void take_text(struct connection *connection, const struct frame *frame)
{
    if (connection->state == CONNECTION_READY) {
        options.flavour->receive(connection, frame->payload, frame->payload_bytes);
    } else if (connection->state == CONNECTION_GREETING
               && options.flavour->greet(connection, frame->payload, frame->payload_bytes)) {
        connection->state = CONNECTION_READY;
        load.ready(connection);
    }
}

static void take_frame(struct connection *connection, const struct frame *frame)
{
    switch (frame->opcode) {
    case OPCODE_TEXT:
        take_text(connection, frame);
        return;
    case OPCODE_PING:
        send_frame(connection, OPCODE_PONG, frame->payload, frame->payload_bytes);
        return;
    case OPCODE_PONG:
        return;
    case OPCODE_CLOSE:
        if (connection->state == CONNECTION_CLOSING)
            return; /* the answer to ours; the end of the stream follows */
        const uint8_t *code = (const uint8_t *)frame->payload;
        if (frame->payload_bytes < 2)
            fail("the server closed a connection without a code");
        fail("the server closed a connection: %d %.*s", code[0] << 8 | code[1],
             (int)frame->payload_bytes - 2, frame->payload + 2);
    default:
        fail("a frame of kind 0x%x, where texts were expected", frame->opcode);
    }
}

/* Handles the whole frames in `bytes` and returns how much that was. */
static size_t digest(struct connection *connection, const uint8_t *bytes, size_t available)
{
    size_t used = 0;
    struct frame frame;
    if (connection->state == CONNECTION_UPGRADING) {
        used = upgrade_accepted((const char *)bytes, available);
        if (used == 0)
            return 0;
        connection->state = options.flavour->greet ? CONNECTION_GREETING : CONNECTION_READY;
        if (connection->state == CONNECTION_READY)
            load.ready(connection);
    }
    for (size_t taken; used < available; used += taken) {
        taken = frame_decode(bytes + used, available - used, &frame);
        if (taken == 0)
            break;
        take_frame(connection, &frame);
    }
    return used;
}

/* With `to_the_end`, epoll saw the end of the stream too, and no later edge will tell of it. */
static void receive(struct connection *connection, bool to_the_end)
{
    for (;;) {
        struct buffer *unread = &connection->unread;
        size_t kept = unread->length;
        if (kept)
            memcpy(inbox, unread->bytes, kept);
        if (kept == INBOX_BYTES)
            fail("a frame of more than %d bytes", INBOX_BYTES);
        ssize_t got = recv(connection->fd, inbox + kept, INBOX_BYTES - kept, 0);
        if (got < 0 && errno == EAGAIN)
            return;
        if (got <= 0) {
            ended(connection);
            return;
        }
        read_at_ns = now_ns();
        size_t available = kept + (size_t)got;
        size_t used = digest(connection, inbox, available);
        unread->length = 0;
        buffer_append(unread, inbox + used, available - used);
        if (available < INBOX_BYTES && !to_the_end)
            return; /* a short read emptied the socket; what comes later is a new edge */
    }
}

static void start_upgrade(struct connection *connection)
{
    char request[UPGRADE_BYTES_MAX];
    int problem = 0;
    socklen_t size = sizeof problem;
    getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &problem, &size);
    if (problem)
        fail("connect: %s", strerror(problem));
    connection->state = CONNECTION_UPGRADING;
    transmit(connection, request, upgrade_request(request, connection->room));
}

void connection_advance(struct connection *connection, uint32_t events)
{
    const uint32_t over = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
    if (connection->state == CONNECTION_CONNECTING && events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
        start_upgrade(connection);
    if (events & EPOLLOUT)
        flush(connection);
    if (events & (EPOLLIN | over))
        receive(connection, events & over);
}
