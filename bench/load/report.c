#include "report.h"

#include <inttypes.h>
#include <stdio.h>

#include "clock.h"
#include "flavour.h"
#include "measure.h"
#include "mode.h"
#include "options.h"

void report_begin(void)
{
    printf("{\"mode\":\"%s\",\"flavour\":\"%s\"", options.mode->name, options.flavour->name);
    report_count("rooms", options.rooms);
    report_count("members", options.members);
}

void report_count(const char *name, uint64_t value)
{
    printf(",\"%s\":%" PRIu64, name, value);
}

void report_number(const char *name, double value)
{
    printf(",\"%s\":%.4f", name, value);
}

static void report_latency(const char *name, double share)
{
    report_number(name, (double)histogram_quantile(&measure.latency, share) / (double)NS_PER_MS);
}

void report_window(void)
{
    report_number("seconds", measure.seconds);
    report_number("messages_per_s", (double)measure.messages / measure.seconds);
    report_number("deliveries_per_s", (double)measure.deliveries / measure.seconds);
    report_number("replies_per_s", (double)measure.replies / measure.seconds);
    report_latency("latency_p50_ms", 0.50);
    report_latency("latency_p99_ms", 0.99);
    report_latency("latency_max_ms", 1.00);
    report_number("generator_cpu_percent", 100 * measure.generator_cpu_s / measure.seconds);
    if (options.server_pid)
        report_number("server_cpu_percent", 100 * measure.server_cpu_s / measure.seconds);
    report_count("verified_deliveries", measure.verified);
}

void report_end(void)
{
    puts("}");
    fflush(stdout);
}
