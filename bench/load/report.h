/* The result: one JSON object on one line of standard output. */
#ifndef REPORT_H
#define REPORT_H

#include <stdint.h>

/* The object's first fields: what was run. */
void report_begin(void);
void report_count(const char *name, uint64_t value);
void report_number(const char *name, double value);

/* Rates, latencies and processor use of the window. */
void report_window(void);
void report_end(void);

#endif
