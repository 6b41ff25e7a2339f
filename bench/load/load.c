#include "load.h"

#include "connection.h"
#include "fail.h"

static void ignore_connection(struct connection *connection)
{
    (void)connection;
}

static void ignore_room(struct room *room)
{
    (void)room;
}

/* No command was sent unless the mode says otherwise. */
static void refuse_reply(struct connection *connection, uint64_t number)
{
    (void)connection;
    fail("a reply to %llu, though nothing was asked", (unsigned long long)number);
}

struct load load = {
    .ready = ignore_connection,
    .replied = refuse_reply,
    .completed = ignore_room,
    .closed = ignore_connection,
};
