/* talkroom.v1: commands with an action and a ref; replies, errors and pushes, one in a frame or an
 * array of them. */
#include <stdio.h>
#include <string.h>

#include "connection.h"
#include "fail.h"
#include "flavour.h"
#include "json.h"
#include "load.h"
#include "options.h"
#include "room.h"
#include "stamp.h"

/* The stage: API Gateway's URLs begin with it, and the real server keeps to them. */
static void path(char *path, size_t size, const char *room_id)
{
    (void)room_id;
    snprintf(path, size, "/prod");
}

/* The protocol wants the room percent-encoded. Ours are letters, digits and hyphens, which are
 * their own encoding. */
static void protocols(char *header, size_t size, const char *room_id)
{
    snprintf(header, size, "Sec-WebSocket-Protocol: talkroom.v1, %s, %s\r\n", options.token,
             room_id);
}

static size_t message(char *text, const struct room *room, uint32_t number, const char *stamp)
{
    return (size_t)snprintf(text, TEXT_BYTES_MAX,
                            "{\"action\":\"sendmessage\",\"ref\":\"%u\",\"data\":{"
                            "\"roomId\":\"%s\",\"id\":\"%s-%u\",\"message\":\"%.*s\"}}",
                            number, room->id, room->id, number, STAMP_BYTES, stamp);
}

static size_t echo(char *text, uint64_t number)
{
    return (size_t)snprintf(text, TEXT_BYTES_MAX, "{\"action\":\"ping\",\"ref\":\"%llu\"}",
                            (unsigned long long)number);
}

static struct span field(struct span object, const char *name)
{
    struct span value;
    if (!json_field(object, name, &value))
        fail("no %s in %.*s", name, (int)object.length, object.at);
    return value;
}

/* A stored message: its text, its id and its room must be those that we sent, and the sequence
 * must be the message's place in the log: our rooms are new, so the first one is 1. */
static void take_message(struct connection *connection, struct span push)
{
    struct stamp stamp;
    struct span text = field(push, "message");
    uint64_t sequence;
    char id[TEXT_BYTES_MAX];
    if (!stamp_read(text.at, text.length, &stamp))
        fail("a corrupt message: %.*s", (int)push.length, push.at);
    snprintf(id, sizeof id, "%s-%u", connection->room->id, stamp.number);
    if (!span_is(field(push, "roomId"), connection->room->id) || !span_is(field(push, "id"), id))
        fail("a message with the wrong id or room: %.*s", (int)push.length, push.at);
    if (!span_number(field(push, "sequence"), &sequence) || sequence != connection->cursor + 1)
        fail("sequence %llu was to come next: %.*s", (unsigned long long)connection->cursor + 1,
             (int)push.length, push.at);
    room_take(connection, push, &stamp);
}

/* Pushes of other types (joined, left, and what later versions add) are none of our business. */
static void take_object(struct connection *connection, struct span object)
{
    struct span type = field(object, "type");
    uint64_t number;
    if (span_is(type, "message")) {
        take_message(connection, object);
    } else if (span_is(type, "reply")) {
        if (!span_number(field(object, "ref"), &number))
            fail("a reply to a ref that was never used: %.*s", (int)object.length, object.at);
        load.replied(connection, number);
    } else if (span_is(type, "error")) {
        fail("the server answered with an error: %.*s", (int)object.length, object.at);
    }
}

static void receive(struct connection *connection, const char *text, size_t length)
{
    const char *end = text + length;
    bool array = length > 0 && *text == '[';
    for (const char *at = text + array; at < end; at += array) { /* over the comma or bracket */
        size_t known = room_recognise(connection, at, (size_t)(end - at));
        if (known) {
            at += known;
        } else {
            const char *object_end = json_skip(at, end);
            if (!object_end || object_end == at)
                fail("broken JSON: %.*s", (int)length, text);
            take_object(connection, (struct span){at, (size_t)(object_end - at)});
            at = object_end;
        }
        if (array ? at == end || (*at != ',' && *at != ']') : at != end)
            fail("broken JSON: %.*s", (int)length, text);
    }
}

const struct flavour FLAVOUR_TALKROOM = {
    .name = "talkroom",
    .subprotocol = "talkroom.v1",
    .needs_token = true,
    .acknowledges = true,
    .path = path,
    .protocols = protocols,
    .message = message,
    .echo = echo,
    .receive = receive,
};
