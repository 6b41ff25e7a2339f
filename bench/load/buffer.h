/* Bytes that wait: half a frame that was read, or what the kernel would not take yet.
 *
 * Nearly every buffer is nearly always empty, so it owns no memory until it is needed.
 */
#ifndef BUFFER_H
#define BUFFER_H

#include <stddef.h>
#include <stdint.h>

struct buffer {
    uint8_t *bytes;
    size_t length;
    size_t capacity;
};

void buffer_append(struct buffer *buffer, const void *bytes, size_t length);
void buffer_drop_front(struct buffer *buffer, size_t length);
void buffer_release(struct buffer *buffer);

#endif
