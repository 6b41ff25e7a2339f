#include "buffer.h"

#include <stdlib.h>
#include <string.h>

#include "fail.h"

void buffer_append(struct buffer *buffer, const void *bytes, size_t length)
{
    if (length == 0)
        return;
    size_t needed = buffer->length + length;
    if (needed > buffer->capacity) {
        buffer->capacity = needed * 2;
        buffer->bytes = allocate(buffer->bytes, buffer->capacity);
    }
    memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length = needed;
}

void buffer_drop_front(struct buffer *buffer, size_t length)
{
    buffer->length -= length;
    memmove(buffer->bytes, buffer->bytes + length, buffer->length);
}

void buffer_release(struct buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct buffer){0};
}
