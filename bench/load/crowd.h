/* All rooms of a run and all their connections. */
#ifndef CROWD_H
#define CROWD_H

#include <stdint.h>

struct connection;
struct room;

struct crowd {
    struct room *rooms;
    struct connection *connections; /* those of room 0, then those of room 1, ... */
    uint32_t connection_count;
};

extern struct crowd crowd;

/* Makes the rooms, connects every member and waits until the last one is ready.
 * `in_flight_max` is how many messages may be under way at once in one room. */
void crowd_gather(uint32_t in_flight_max);

/* Reads on until every message has been completed; 0 when `timeout_s` is over before. Fails when
 * nothing arrives any more while something is awaited. */
int crowd_drain(double timeout_s);

/* After a drain: listens a little longer, so that a delivery too many is seen as well, and then
 * checks that every member has got every message of its room. */
void crowd_check(void);

/* Messages sent but not completed, in all rooms. */
uint32_t crowd_in_flight(void);

#endif
