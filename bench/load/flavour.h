/* What is said over the WebSocket: one flavour for each kind of server.
 *
 * All three offer the same thing: a text sent to a room reaches every connection of that room, the
 * sender's too; and a ping is answered to the one who sent it.
 */
#ifndef FLAVOUR_H
#define FLAVOUR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct connection;
struct room;

#define TEXT_BYTES_MAX 1024 /* of a text that we send */

struct flavour {
    const char *name;
    const char *subprotocol; /* that the server must choose; NULL for none */
    bool needs_token;
    bool acknowledges; /* the sender gets a reply besides its own copy of the message */

    void (*path)(char *path, size_t size, const char *room_id);
    void (*protocols)(char *header, size_t size, const char *room_id); /* a header line, or "" */

    /* Opening words after the upgrade; true when the connection is ready. NULL for none. */
    bool (*greet)(struct connection *connection, const char *text, size_t length);

    /* Write what sends a stamp to a room, or what asks for an echo, and return its length. */
    size_t (*message)(char *text, const struct room *room, uint32_t number, const char *stamp);
    size_t (*echo)(char *text, uint64_t number);

    void (*receive)(struct connection *connection, const char *text, size_t length);
};

extern const struct flavour FLAVOUR_TALKROOM, FLAVOUR_WS, FLAVOUR_SOCKETIO;

const struct flavour *flavour_find(const char *name); /* NULL when there is none */

#endif
