/* Socket.IO 5 on Engine.IO 4, WebSocket transport from the start.
 *
 * Engine.IO's packets are a digit and a body: 0 open, 2 ping, 3 pong, 4 message. Within a message
 * Socket.IO's are again a digit and a body: 0 connect, 2 event. So "42[…]" is an event. */
#include <stdio.h>
#include <string.h>

#include "connection.h"
#include "fail.h"
#include "flavour.h"
#include "json.h"
#include "load.h"
#include "room.h"
#include "stamp.h"

static const char MESSAGE[] = "42[\"message\",\"";
static const char ECHO[] = "42[\"echo\",\"";
static const char TAIL[] = "\"]";

#define LENGTH(literal) (sizeof(literal) - 1)

static void path(char *path, size_t size, const char *room_id)
{
    (void)room_id;
    snprintf(path, size, "/socket.io/?EIO=4&transport=websocket");
}

static void protocols(char *header, size_t size, const char *room_id)
{
    (void)room_id;
    snprintf(header, size, "%s", "");
}

static bool begins(const char *text, size_t length, const char *start)
{
    return length >= strlen(start) && memcmp(text, start, strlen(start)) == 0;
}

/* The room goes with the connect packet, where Socket.IO puts what authorises a client. */
static bool greet(struct connection *connection, const char *text, size_t length)
{
    if (begins(text, length, "0{")) {
        char connect[TEXT_BYTES_MAX];
        int bytes = snprintf(connect, sizeof connect, "40{\"room\":\"%s\"}",
                             connection->room->id);
        connection_send(connection, connect, (size_t)bytes);
        return false;
    }
    if (!begins(text, length, "40"))
        fail("Socket.IO refused a connection: %.*s", (int)length, text);
    return true;
}

static size_t message(char *text, const struct room *room, uint32_t number, const char *stamp)
{
    (void)room, (void)number;
    return (size_t)snprintf(text, TEXT_BYTES_MAX, "%s%.*s%s", MESSAGE, STAMP_BYTES, stamp, TAIL);
}

static size_t echo(char *text, uint64_t number)
{
    return (size_t)snprintf(text, TEXT_BYTES_MAX, "%s%llu%s", ECHO, (unsigned long long)number,
                            TAIL);
}

/* What stands between `head` and the closing quote and bracket; empty when the text is not so. */
static struct span body(const char *text, size_t length, const char *head)
{
    size_t around = strlen(head) + LENGTH(TAIL);
    if (length < around || !begins(text, length, head)
        || memcmp(text + length - LENGTH(TAIL), TAIL, LENGTH(TAIL)) != 0)
        return (struct span){text, 0};
    return (struct span){text + strlen(head), length - around};
}

static void receive(struct connection *connection, const char *text, size_t length)
{
    struct stamp stamp;
    uint64_t number;
    if (room_recognise(connection, text, length) == length)
        return;
    struct span stamped = body(text, length, MESSAGE);
    if (stamp_read(stamped.at, stamped.length, &stamp))
        room_take(connection, (struct span){text, length}, &stamp);
    else if (span_number(body(text, length, ECHO), &number))
        load.replied(connection, number);
    else if (length == 1 && *text == '2')
        connection_send(connection, "3", 1);
    else
        fail("a corrupt message: %.*s", (int)length, text);
}

const struct flavour FLAVOUR_SOCKETIO = {
    .name = "socketio",
    .path = path,
    .protocols = protocols,
    .greet = greet,
    .message = message,
    .echo = echo,
    .receive = receive,
};
