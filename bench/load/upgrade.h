/* The HTTP part of the handshake. */
#ifndef UPGRADE_H
#define UPGRADE_H

#include <stddef.h>

struct room;

#define UPGRADE_BYTES_MAX 8192

/* Writes the request for a connection to `room` and returns its length. */
size_t upgrade_request(char *request, const struct room *room);

/* The length of the answer's head, or 0 when not all of it is there yet.
 * Anything but a right 101 ends the run. */
size_t upgrade_accepted(const char *answer, size_t available);

#endif
