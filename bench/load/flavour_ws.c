/* The bare broadcaster: the path is the room, a text is the message, and nothing else is said.
 * On a path that begins with /echo a text comes back to its sender only. */
#include <stdio.h>
#include <string.h>

#include "fail.h"
#include "flavour.h"
#include "json.h"
#include "load.h"
#include "room.h"
#include "stamp.h"

static void path(char *path, size_t size, const char *room_id)
{
    snprintf(path, size, "/%s", room_id);
}

static void protocols(char *header, size_t size, const char *room_id)
{
    (void)room_id;
    snprintf(header, size, "%s", "");
}

static size_t message(char *text, const struct room *room, uint32_t number, const char *stamp)
{
    (void)room, (void)number;
    memcpy(text, stamp, STAMP_BYTES);
    return STAMP_BYTES;
}

static size_t echo(char *text, uint64_t number)
{
    return (size_t)snprintf(text, TEXT_BYTES_MAX, "%llu", (unsigned long long)number);
}

static void receive(struct connection *connection, const char *text, size_t length)
{
    struct span whole = {text, length};
    struct stamp stamp;
    uint64_t number;
    if (room_recognise(connection, text, length) == length)
        return;
    if (span_number(whole, &number)) /* shorter than a stamp, so it cannot be one */
        load.replied(connection, number);
    else if (stamp_read(text, length, &stamp))
        room_take(connection, whole, &stamp);
    else
        fail("a corrupt message: %.*s", (int)length, text);
}

const struct flavour FLAVOUR_WS = {
    .name = "ws",
    .path = path,
    .protocols = protocols,
    .message = message,
    .echo = echo,
    .receive = receive,
};
