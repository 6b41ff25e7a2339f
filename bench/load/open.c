/* Open loop: messages arrive as people send them, at random and without asking whether the server
 * is ready for more. Each latency is counted from the moment the message was due, not from when it
 * could be sent, and late ones are waited for or counted as late as they are already: so a server
 * that stalls cannot hide the wait (no coordinated omission). */
#include <math.h>

#include "clock.h"
#include "crowd.h"
#include "load.h"
#include "measure.h"
#include "mode.h"
#include "options.h"
#include "reactor.h"
#include "report.h"
#include "room.h"

static uint64_t random_state;

/* xorshift64*: the same seed gives the same arrivals to every server. */
static uint64_t next_random(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * 0x2545f4914f6cdd1dull;
}

/* Time to the next arrival. One Poisson process whose arrivals go to senders drawn at random is the
 * same as one process for each sender. */
static uint64_t next_gap_ns(void)
{
    double uniform = ((double)(next_random() >> 11) + 1.0) / 9007199254740993.0; /* in (0, 1) */
    return ns_from_s(-log(uniform) / options.rate);
}

/* Sends what is due, until `end`. Returns when the next one will be due. */
static uint64_t run_until(uint64_t end, uint64_t due)
{
    for (uint64_t now; (now = now_ns()) < end;) {
        for (; due <= now; due += next_gap_ns()) {
            struct room *room = &crowd.rooms[next_random() % options.rooms];
            room_send(room, (uint32_t)(next_random() % options.senders), due, measure.open);
        }
        now = now_ns();
        uint64_t wake = due < end ? due : end;
        reactor_poll(wake > now ? wake - now : 0);
    }
    return due;
}

/* Deliveries that never came count with the time they have been waited for. */
static void count_undelivered(void)
{
    uint64_t now = now_ns();
    for (uint32_t index = 0; index < options.rooms; index++) {
        struct room *room = &crowd.rooms[index];
        for (uint32_t slot = 0; slot <= room->message_mask; slot++) {
            struct message *message = &room->messages[slot];
            if (message->awaited && message->measured)
                histogram_add(&measure.latency, now - message->sent_at_ns, message->awaited);
        }
    }
}

void open_run(void)
{
    double expected = options.rate * (options.warmup_s + options.seconds) / options.rooms;
    random_state = options.seed * 0x9e3779b97f4a7c15ull | 1;
    load.replied = room_acknowledge;
    crowd_gather((uint32_t)(1.5 * expected) + 100); /* all of them, if the server stalls */

    uint64_t start = now_ns();
    uint64_t window = start + ns_from_s(options.warmup_s);
    uint64_t due = run_until(window, start);
    measure_open();
    run_until(window + ns_from_s(options.seconds), due);
    measure_close();
    uint32_t backlog = crowd_in_flight();
    uint64_t stopped = now_ns();
    int drained = crowd_drain(options.drain_s);
    uint32_t undelivered = crowd_in_flight();
    double drain_s = (double)(now_ns() - stopped) / (double)NS_PER_S;
    count_undelivered();
    if (drained)
        crowd_check();

    report_begin();
    report_number("rate", options.rate);
    report_count("backlog", backlog);
    report_number("drain_s", drain_s);
    report_count("drained", (uint64_t)drained);
    report_count("undelivered", undelivered);
    report_window();
    report_end();
}
