#include "room.h"

#include <stdio.h>
#include <string.h>

#include "connection.h"
#include "fail.h"
#include "flavour.h"
#include "load.h"
#include "measure.h"
#include "mode.h"
#include "options.h"

static uint32_t power_of_two(uint32_t at_least)
{
    uint32_t power = 1;
    while (power < at_least)
        power *= 2;
    return power;
}

void room_start(struct room *room, uint32_t index, uint32_t members,
                struct connection *connections, uint32_t in_flight_max)
{
    uint32_t entries = power_of_two(in_flight_max);
    uint32_t messages = entries * OVERTAKING_MAX;
    *room = (struct room){
        .index = index,
        .members = members,
        .connections = connections,
        .message_mask = messages - 1,
        .entry_mask = entries - 1,
        .messages = allocate(NULL, messages * sizeof(struct message)),
        .entries = allocate(NULL, entries * sizeof(struct entry)),
    };
    snprintf(room->id, sizeof room->id, "%s-%s-%u", options.mode->name, options.nonce, index);
    for (uint32_t member = 0; member < members; member++)
        connections[member].room = room;
}

void room_send(struct room *room, uint32_t member, uint64_t sent_at_ns, bool measured)
{
    char text[TEXT_BYTES_MAX], stamp[STAMP_BYTES];
    uint32_t number = room->sent++;
    struct message *message = &room->messages[number & room->message_mask];
    if (message->awaited)
        fail("message %u of %s still waits after %u later ones", message->number, room->id,
             room->message_mask);
    *message = (struct message){
        .sender = &room->connections[member],
        .sent_at_ns = sent_at_ns,
        .number = number,
        .awaited = room->members + options.flavour->acknowledges,
        .measured = measured,
    };
    stamp_write(stamp, &(struct stamp){room->index, number, sent_at_ns});
    connection_send(&room->connections[member], text,
                    options.flavour->message(text, room, number, stamp));
}

/* The slot of a message that is under way, or NULL. */
static struct message *find_message(struct room *room, uint64_t number)
{
    struct message *message = &room->messages[number & room->message_mask];
    return message->awaited && message->number == number ? message : NULL;
}

static void settle(struct room *room, struct message *message)
{
    if (--message->awaited)
        return;
    room->completed++;
    measure_message();
    load.completed(room);
}

static void deliver(struct connection *connection, struct message *message)
{
    connection->cursor++;
    measure_delivery(read_at_ns - message->sent_at_ns, message->measured);
    settle(connection->room, message);
}

size_t room_recognise(struct connection *connection, const char *text, size_t available)
{
    struct room *room = connection->room;
    if (connection->cursor == room->logged)
        return 0;
    struct entry *entry = &room->entries[connection->cursor & room->entry_mask];
    size_t length = entry->unit_bytes;
    if (length > available || memcmp(text, entry->unit, length) != 0)
        return 0;
    deliver(connection, &room->messages[entry->number & room->message_mask]);
    return length;
}

/* A message that nobody has seen yet becomes the log's next entry. */
static void append(struct room *room, struct message *message, struct span unit)
{
    struct entry *entry = &room->entries[room->logged++ & room->entry_mask];
    if (unit.length > UNIT_BYTES_MAX)
        fail("a delivery of %zu bytes", unit.length);
    entry->number = message->number;
    entry->unit_bytes = (uint32_t)unit.length;
    memcpy(entry->unit, unit.at, unit.length);
    message->logged = true;
}

void room_take(struct connection *connection, struct span unit, const struct stamp *stamp)
{
    struct room *room = connection->room;
    struct message *message = find_message(room, stamp->number);
    if (stamp->room != room->index)
        fail("a message of room %u reached room %u", stamp->room, room->index);
    if (!message || message->sent_at_ns != stamp->sent_at_ns)
        fail("message %u of %s is doubled, or was never sent", stamp->number, room->id);
    if (connection->cursor < room->logged) {
        /* Not the bytes that the others saw; another encoding of the same message will do. */
        uint32_t expected = room->entries[connection->cursor & room->entry_mask].number;
        if (expected != stamp->number)
            fail("%s: a member got message %u where others got %u: missing, doubled or out of "
                 "order", room->id, stamp->number, expected);
    } else if (message->logged) {
        fail("message %u of %s is doubled", stamp->number, room->id);
    } else {
        append(room, message, unit);
    }
    deliver(connection, message);
}

void room_acknowledge(struct connection *connection, uint64_t number)
{
    struct message *message = find_message(connection->room, number);
    if (!message || message->acknowledged || message->sender != connection)
        fail("a reply to message %llu, which awaited none here", (unsigned long long)number);
    message->acknowledged = true;
    measure_reply();
    settle(connection->room, message);
}
