/* What the command line asked for. Read once by main, constant afterwards. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdint.h>

struct flavour;
struct mode;

struct options {
    const struct mode *mode;
    const struct flavour *flavour;
    uint16_t port;
    uint32_t rooms;
    uint32_t members;   /* connections in each room */
    uint32_t in_flight; /* messages under way at once, in all rooms together */
    uint32_t senders;   /* members that take turns at sending in a room, at most */
    double rate;        /* open loop: arrivals per second */
    double seconds;     /* the measured window */
    double warmup_s;    /* load before the window, so that compilers and caches have settled */
    double drain_s;     /* open loop: how long after the window late deliveries are waited for */
    uint64_t seed;      /* open loop: the same seed gives the same arrivals */
    int server_pid;     /* whose processor time is reported; 0 for none */
    int cpu;            /* the core this program pins itself to; -1 for none */
    const char *token;  /* from LOAD_TOKEN, not an argument: arguments show in `ps` */
    char nonce[17];     /* makes room and message ids of this run unlike any earlier run's */
};

extern struct options options;

/* Fills `options`; prints the usage and exits with 64 when they make no sense. */
void options_read(int count, char **arguments);

#endif
