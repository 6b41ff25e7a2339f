/* The modes: what kind of load, and its customary size. */
#ifndef MODE_H
#define MODE_H

#include <stdint.h>

struct mode {
    const char *name;
    const char *purpose;
    void (*run)(void);
    uint32_t rooms, members, in_flight; /* unless the command line says otherwise */
};

extern const struct mode MODES[]; /* ends with a nameless one */

const struct mode *mode_find(const char *name);

void closed_run(void);
void open_run(void);
void idle_run(void);
void handshakes_run(void);
void echo_run(void);

#endif
