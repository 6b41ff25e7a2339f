/* What is counted while the window is open, and for how much processor time. */
#ifndef MEASURE_H
#define MEASURE_H

#include <stdbool.h>
#include <stdint.h>

#include "histogram.h"

struct measure {
    bool open;
    uint64_t opened_at_ns;
    double seconds; /* how long the window was open */
    uint64_t deliveries;
    uint64_t messages; /* that were completed */
    uint64_t replies;
    uint64_t verified; /* deliveries of the whole run, before and after the window too */
    double generator_cpu_s;
    double server_cpu_s;
    struct histogram latency; /* ns */
};

extern struct measure measure;

void measure_open(void);
void measure_close(void);

/* Lets the load run for the warm-up, and then with the window open. */
void measure_window(void);

static inline void measure_delivery(uint64_t latency_ns, bool measured)
{
    measure.verified++;
    measure.deliveries += measure.open;
    if (measured)
        histogram_add(&measure.latency, latency_ns, 1);
}

static inline void measure_message(void)
{
    measure.messages += measure.open;
}

static inline void measure_reply(void)
{
    measure.replies += measure.open;
}

#endif
