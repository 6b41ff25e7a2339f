/* The text of every message: 48 hexadecimal digits that say what they are.
 *
 *     room 8 | number in that room 8 | sent at, ns 16 | checksum of the three 16
 *
 * A text that was cut, mixed up or given to another room cannot pass for a right one.
 */
#ifndef STAMP_H
#define STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STAMP_BYTES 48

struct stamp {
    uint32_t room;
    uint32_t number;
    uint64_t sent_at_ns;
};

void stamp_write(char *text, const struct stamp *stamp);

/* False when the text is not a whole stamp with a right checksum. */
bool stamp_read(const char *text, size_t length, struct stamp *stamp);

#endif
