/* Closed loop: a fixed number of messages in flight; each one that is completed makes room for the
 * next. It finds what a server can carry at most, not how long anyone waits: the load slows down
 * with the server. Latencies that users would see are the open loop's to tell. */
#include "clock.h"
#include "crowd.h"
#include "fail.h"
#include "load.h"
#include "measure.h"
#include "mode.h"
#include "options.h"
#include "reactor.h"
#include "report.h"
#include "room.h"

#define DRAIN_TIMEOUT_S 60.0

static uint32_t in_flight_per_room; /* at most; so the load is spread over all rooms */
static uint32_t next_room;
static int sending;

static void send_next(void)
{
    struct room *room;
    do {
        room = &crowd.rooms[next_room];
        next_room = (next_room + 1) % options.rooms;
    } while (room_in_flight(room) >= in_flight_per_room);
    room_send(room, room->sent % options.senders, now_ns(), measure.open);
}

static void on_completed(struct room *room)
{
    (void)room;
    if (sending)
        send_next();
}

void closed_run(void)
{
    in_flight_per_room = (options.in_flight + options.rooms - 1) / options.rooms;
    load.completed = on_completed;
    load.replied = room_acknowledge;
    crowd_gather(in_flight_per_room);

    sending = 1;
    for (uint32_t message = 0; message < options.in_flight; message++)
        send_next();
    measure_window();
    sending = 0;
    if (!crowd_drain(DRAIN_TIMEOUT_S))
        fail("messages are still awaited %.0f s after the last was sent", DRAIN_TIMEOUT_S);
    crowd_check();

    report_begin();
    report_count("in_flight", options.in_flight);
    report_window();
    report_end();
}
