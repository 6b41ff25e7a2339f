/* A room's ledger: what was sent to it, and how far each member has come in reading it.
 *
 * The order in which a room's messages are delivered is a log. The first member to get a message
 * fixes the log's next entry, after the flavour has taken the message apart and checked it; the
 * other members must then get the very same bytes in the very same order. So one comparison of
 * memory per delivery proves that nothing is missing, doubled, changed or out of order, and it
 * costs nanoseconds.
 */
#ifndef ROOM_H
#define ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json.h"
#include "stamp.h"

struct connection;

#define UNIT_BYTES_MAX 1000 /* of one message as the server sends it */
#define OVERTAKING_MAX 16   /* times as many messages as may be in flight may overtake a slow one */
#define ROOM_ID_BYTES_MAX 64

/* A message that is under way. */
struct message {
    const struct connection *sender;
    uint64_t sent_at_ns; /* in an open loop: when it was due to be sent */
    uint32_t number;
    uint32_t awaited; /* deliveries and, if the flavour acknowledges, the reply; 0: a free slot */
    bool logged;
    bool acknowledged;
    bool measured; /* its deliveries count for the latencies */
};

struct entry {
    uint32_t number;
    uint32_t unit_bytes;
    char unit[UNIT_BYTES_MAX];
};

struct room {
    char id[ROOM_ID_BYTES_MAX];
    uint32_t index;
    uint32_t members;
    struct connection *connections; /* the members' */
    uint32_t sent;
    uint32_t completed;
    uint64_t logged;
    uint32_t message_mask;    /* each ring has its mask + 1 slots */
    uint32_t entry_mask;
    struct message *messages; /* by number */
    struct entry *entries;    /* by place in the log */
};

/* `in_flight_max` is how many messages may be under way in it at once. */
void room_start(struct room *room, uint32_t index, uint32_t members,
                struct connection *connections, uint32_t in_flight_max);

/* Sends the room's next message as the given member. */
void room_send(struct room *room, uint32_t member, uint64_t sent_at_ns, bool measured);

/* If `text` begins with the message that this member is to get next, takes it and returns its
 * length; otherwise 0: it may be something else, or the first sight of a message. */
size_t room_recognise(struct connection *connection, const char *text, size_t available);

/* Takes a delivery that the flavour has taken apart. `unit` is all of it. */
void room_take(struct connection *connection, struct span unit, const struct stamp *stamp);

/* Takes the reply to a message. */
void room_acknowledge(struct connection *connection, uint64_t number);

static inline uint32_t room_in_flight(const struct room *room)
{
    return room->sent - room->completed;
}

#endif
