/* What the running mode wants to hear of. Connections, flavours and rooms report to it. */
#ifndef LOAD_H
#define LOAD_H

#include <stdint.h>

struct connection;
struct room;

struct load {
    void (*ready)(struct connection *connection);
    /* The server answered command number `number` of this connection. */
    void (*replied)(struct connection *connection, uint64_t number);
    /* A message has reached every member, and its sender knows. */
    void (*completed)(struct room *room);
    void (*closed)(struct connection *connection);
};

/* The mode sets what it cares for before it opens a connection. */
extern struct load load;

#endif
