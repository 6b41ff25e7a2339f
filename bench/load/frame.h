/* RFC 6455 frames from the client's side: masked ones out, unmasked ones in. */
#ifndef FRAME_H
#define FRAME_H

#include <stddef.h>
#include <stdint.h>

enum opcode {
    OPCODE_CONTINUATION = 0x0,
    OPCODE_TEXT = 0x1,
    OPCODE_BINARY = 0x2,
    OPCODE_CLOSE = 0x8,
    OPCODE_PING = 0x9,
    OPCODE_PONG = 0xA,
};

#define FRAME_PAYLOAD_BYTES_MAX 65535 /* of a frame that we send; nothing here comes near it */
#define FRAME_HEAD_BYTES_MAX 8        /* of a frame that we send: 2 + 2 of length + 4 of mask */

struct frame {
    enum opcode opcode;
    const char *payload;
    size_t payload_bytes;
};

/* Writes a masked frame to `out` and returns its length. */
size_t frame_encode(uint8_t *out, enum opcode opcode, const char *payload, size_t payload_bytes);

/* Reads the frame at `bytes`. Returns its length, or 0 when not all of it is there yet.
 * What a server must not send ends the run. */
size_t frame_decode(const uint8_t *bytes, size_t available, struct frame *frame);

#endif
