/* Just enough JSON to take a server's answer apart: where a value ends, and one field's value.
 *
 * It allocates nothing and copies nothing. Strings are given raw, without their quotes: all that
 * we look for (types, our own ids, stamps) is text that no JSON encoder needs to escape.
 */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
    const char *at;
    size_t length;
};

/* Just past the value that begins at `at`, or NULL when it does not end before `end`. */
const char *json_skip(const char *at, const char *end);

/* The raw value of a field of the object itself, not of one inside it; false when absent. */
bool json_field(struct span object, const char *name, struct span *value);

bool span_is(struct span span, const char *text);

/* A span that is a plain decimal number and nothing else; false otherwise. */
bool span_number(struct span span, uint64_t *number);

#endif
