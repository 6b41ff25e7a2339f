#include "flavour.h"

#include <string.h>

const struct flavour *flavour_find(const char *name)
{
    static const struct flavour *const ALL[] = {&FLAVOUR_TALKROOM, &FLAVOUR_WS, &FLAVOUR_SOCKETIO};
    for (size_t at = 0; at < sizeof ALL / sizeof *ALL; at++)
        if (strcmp(ALL[at]->name, name) == 0)
            return ALL[at];
    return NULL;
}
