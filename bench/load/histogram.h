/* Latencies, counted in buckets whose width grows with the value.
 *
 * Every power of two is cut into 64 buckets, so a percentile is right to 1.6 % from a nanosecond
 * to an hour, recording costs a few instructions, and memory does not grow with the run.
 */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_STEP_BITS 6
#define HISTOGRAM_BUCKETS ((64 - HISTOGRAM_STEP_BITS + 1) << HISTOGRAM_STEP_BITS)

struct histogram {
    uint64_t count;
    uint64_t max;
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

static inline uint32_t histogram_bucket(uint64_t value)
{
    const uint64_t exact_below = 1ull << HISTOGRAM_STEP_BITS;
    if (value < exact_below)
        return (uint32_t)value;
    uint32_t shift = 63u - (uint32_t)__builtin_clzll(value) - HISTOGRAM_STEP_BITS;
    return ((shift + 1) << HISTOGRAM_STEP_BITS) + (uint32_t)((value >> shift) - exact_below);
}

static inline void histogram_add(struct histogram *histogram, uint64_t value, uint64_t times)
{
    histogram->count += times;
    histogram->buckets[histogram_bucket(value)] += times;
    if (value > histogram->max)
        histogram->max = value;
}

/* The value that `share` (0 to 1) of the recorded ones do not exceed; 0 when there are none. */
uint64_t histogram_quantile(const struct histogram *histogram, double share);

#endif
