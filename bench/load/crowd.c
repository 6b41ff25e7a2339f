#include "crowd.h"

#include "clock.h"
#include "connection.h"
#include "fail.h"
#include "load.h"
#include "measure.h"
#include "options.h"
#include "reactor.h"
#include "room.h"

#define CONNECTING_MAX 64     /* well under the smallest accept queue of the servers: 128 */
#define GATHER_TIMEOUT_S 60.0
#define SILENCE_S 5.0         /* nothing at all for so long: what is awaited is lost */
#define LISTEN_ON_S 0.1

struct crowd crowd;

static uint32_t opened, ready;

static void connect_next(void)
{
    if (opened < crowd.connection_count)
        connection_open(&crowd.connections[opened++]);
}

static void on_ready(struct connection *connection)
{
    (void)connection;
    ready++;
    connect_next();
}

static int everyone_is_ready(void)
{
    return ready == crowd.connection_count;
}

void crowd_gather(uint32_t in_flight_max)
{
    crowd.connection_count = options.rooms * options.members;
    crowd.rooms = allocate(NULL, options.rooms * sizeof(struct room));
    crowd.connections = allocate(NULL, crowd.connection_count * sizeof(struct connection));
    for (uint32_t index = 0; index < options.rooms; index++)
        room_start(&crowd.rooms[index], index, options.members,
                   &crowd.connections[index * options.members], in_flight_max);

    load.ready = on_ready;
    for (uint32_t at = 0; at < CONNECTING_MAX; at++)
        connect_next();
    if (!reactor_poll_until(everyone_is_ready, GATHER_TIMEOUT_S))
        fail("%u of %u connections were ready after %.0f s", ready, crowd.connection_count,
             GATHER_TIMEOUT_S);
}

uint32_t crowd_in_flight(void)
{
    uint32_t in_flight = 0;
    for (uint32_t index = 0; index < options.rooms; index++)
        in_flight += room_in_flight(&crowd.rooms[index]);
    return in_flight;
}

int crowd_drain(double timeout_s)
{
    uint64_t deadline = now_ns() + ns_from_s(timeout_s);
    uint64_t verified = measure.verified;
    uint64_t silent_from = now_ns();
    uint32_t awaited;
    while ((awaited = crowd_in_flight())) {
        uint64_t now = now_ns();
        if (measure.verified != verified) {
            verified = measure.verified;
            silent_from = now;
        }
        if (now - silent_from > ns_from_s(SILENCE_S))
            fail("%u messages are still awaited after %.0f s without any delivery", awaited,
                 SILENCE_S);
        if (now > deadline)
            return 0;
        reactor_poll(NS_PER_MS);
    }
    return 1;
}

void crowd_check(void)
{
    reactor_run_for(LISTEN_ON_S);
    for (uint32_t at = 0; at < crowd.connection_count; at++) {
        const struct connection *member = &crowd.connections[at];
        if (member->cursor != member->room->sent)
            fail("a member of %s got %llu of %u messages", member->room->id,
                 (unsigned long long)member->cursor, member->room->sent);
    }
}
