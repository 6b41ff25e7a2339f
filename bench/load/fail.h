/* The one way a run goes wrong: say what was seen, exit with 1.
 *
 * A measurement of a server that loses, doubles or corrupts messages is worth nothing, so the
 * first wrong byte ends the run and no number is printed.
 */
#ifndef FAIL_H
#define FAIL_H

__attribute__((noreturn, format(printf, 1, 2))) void fail(const char *format, ...);

/* malloc, calloc and realloc in one: zeroed when `old` is NULL, and never NULL itself. */
void *allocate(void *old, unsigned long bytes);

#endif
