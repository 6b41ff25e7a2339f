/* One WebSocket: connect, upgrade, greet if the flavour has a greeting, exchange texts, close. */
#ifndef CONNECTION_H
#define CONNECTION_H

#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

struct room;

enum connection_state {
    CONNECTION_CLOSED,
    CONNECTION_CONNECTING, /* TCP */
    CONNECTION_UPGRADING,  /* HTTP */
    CONNECTION_GREETING,   /* the flavour's own opening words */
    CONNECTION_READY,
    CONNECTION_CLOSING, /* our Close frame is sent; the server is to close TCP (section 7.1.1) */
};

struct connection {
    int fd;
    enum connection_state state;
    struct room *room;
    uint64_t cursor; /* how far in the room's log this member has come */
    uint64_t pings;  /* of the mode echo: how many it has sent */
    uint64_t begun_at_ns; /* of the modes echo and handshakes: when the present one began */
    struct buffer unread;
    struct buffer unsent;
};

/* When the bytes now being handled were read: the moment of delivery. */
extern uint64_t read_at_ns;

void connection_open(struct connection *connection);
void connection_send(struct connection *connection, const char *text, size_t length);
void connection_close(struct connection *connection);

/* Called by the reactor with what epoll saw. */
void connection_advance(struct connection *connection, uint32_t events);

#endif
