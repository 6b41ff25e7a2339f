#include "histogram.h"

/* The largest value of a bucket: a quantile may be told too high by 1.6 %, never too low. */
static uint64_t bucket_top(uint32_t bucket)
{
    uint32_t step = bucket >> HISTOGRAM_STEP_BITS;
    if (step == 0)
        return bucket;
    uint64_t within = bucket & ((1u << HISTOGRAM_STEP_BITS) - 1);
    uint64_t exact_below = 1ull << HISTOGRAM_STEP_BITS;
    return ((exact_below + within + 1) << (step - 1)) - 1;
}

uint64_t histogram_quantile(const struct histogram *histogram, double share)
{
    uint64_t wanted = (uint64_t)(share * (double)histogram->count);
    uint64_t seen = 0;
    for (uint32_t bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
        seen += histogram->buckets[bucket];
        if (seen > wanted || (seen && seen == histogram->count)) {
            uint64_t top = bucket_top(bucket);
            return top < histogram->max ? top : histogram->max;
        }
    }
    return 0;
}
