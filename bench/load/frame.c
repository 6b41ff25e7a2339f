#include "frame.h"

#include <string.h>

#include "fail.h"

#define FIN 0x80
#define MASKED 0x80

/* One key for every frame. Section 5.3 wants fresh ones to protect proxies from chosen bytes; here
 * is no proxy, and the server's work of unmasking is the same whatever the key. */
static const uint8_t MASK_KEY[4] = {0x37, 0xfa, 0x21, 0x3d};

size_t frame_encode(uint8_t *out, enum opcode opcode, const char *payload, size_t payload_bytes)
{
    uint8_t *at = out;
    if (payload_bytes > FRAME_PAYLOAD_BYTES_MAX)
        fail("a frame of %zu bytes is larger than we mean to send", payload_bytes);
    *at++ = (uint8_t)(FIN | opcode);
    if (payload_bytes < 126) {
        *at++ = (uint8_t)(MASKED | payload_bytes);
    } else {
        *at++ = MASKED | 126;
        *at++ = (uint8_t)(payload_bytes >> 8);
        *at++ = (uint8_t)payload_bytes;
    }
    memcpy(at, MASK_KEY, sizeof MASK_KEY);
    at += sizeof MASK_KEY;
    for (size_t octet = 0; octet < payload_bytes; octet++)
        *at++ = (uint8_t)payload[octet] ^ MASK_KEY[octet & 3];
    return (size_t)(at - out);
}

static size_t read_length(const uint8_t *bytes, size_t octets)
{
    size_t length = 0;
    for (size_t at = 0; at < octets; at++)
        length = length << 8 | bytes[at];
    return length;
}

size_t frame_decode(const uint8_t *bytes, size_t available, struct frame *frame)
{
    if (available < 2)
        return 0;
    if ((bytes[0] & 0xf0) != FIN)
        fail("a frame begins with 0x%02x: fragments and extensions were not agreed on", bytes[0]);
    if (bytes[1] & MASKED)
        fail("the server masked a frame (section 5.1 forbids it)");

    size_t head = 2;
    size_t length = bytes[1];
    if (length >= 126) {
        size_t octets = length == 126 ? 2 : 8;
        head += octets;
        if (available < head)
            return 0;
        length = read_length(bytes + 2, octets);
    }
    if (available < head + length)
        return 0;
    *frame = (struct frame){(enum opcode)(bytes[0] & 0x0f), (const char *)bytes + head, length};
    return head + length;
}
