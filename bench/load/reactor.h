/* Waiting: one epoll set for all connections, edge-triggered.
 *
 * Edge-triggered, because a level-triggered set looks again at every connection that it has just
 * reported, which at half a million events a second is what the generator would spend its time on.
 */
#ifndef REACTOR_H
#define REACTOR_H

#include <stdint.h>

struct connection;

#define FOREVER UINT64_MAX

void reactor_start(void);
void reactor_watch(struct connection *connection);

/* Makes the end of standard input something that reactor_poll notices. */
void reactor_watch_stdin(void);

/* Waits until something happens, for `timeout_ns` at most, and lets the connections handle it.
 * Returns how many did; 0 means that the time is over. */
int reactor_poll(uint64_t timeout_ns);

void reactor_run_for(double seconds);

/* Polls until `done` says so. False when `timeout_s` went by without it. */
int reactor_poll_until(int (*done)(void), double timeout_s);

int reactor_stdin_ended(void);

#endif
