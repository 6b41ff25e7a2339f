#include "mode.h"

#include <string.h>

/* fanout, rooms and store differ in their shape only: one busy room, many small ones, and rooms of
 * one, where there is nobody to deliver to and the cost of accepting a message is what is left. */
const struct mode MODES[] = {
    {"fanout", "closed loop: one room, a number of messages in flight", closed_run, 1, 500, 8},
    {"rooms", "closed loop: many small rooms", closed_run, 500, 4, 64},
    {"store", "closed loop: rooms of one; how fast messages are accepted", closed_run, 64, 1, 64},
    {"open", "open loop: Poisson arrivals, however the server fares", open_run, 1, 500, 1},
    {"idle", "open connections and hold them until standard input ends", idle_run, 500, 10, 1},
    {"handshakes", "connect, upgrade, close, again; rooms is how many at once", handshakes_run,
     32, 1, 1},
    {"echo", "one ping in flight each; rooms is how many connections", echo_run, 64, 1, 1},
    {0},
};

const struct mode *mode_find(const char *name)
{
    for (const struct mode *mode = MODES; mode->name; mode++)
        if (strcmp(mode->name, name) == 0)
            return mode;
    return NULL;
}
