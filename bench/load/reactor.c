#define _GNU_SOURCE
#include "reactor.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "clock.h"
#include "connection.h"
#include "fail.h"

/* Few enough that an open loop's next arrival is never kept waiting for long. */
#define EVENTS_AT_ONCE 64

static int epoll_fd = -1;
static int stdin_ended;

void reactor_start(void)
{
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_fd < 0)
        fail("epoll_create1: %s", strerror(errno));
}

void reactor_watch(struct connection *connection)
{
    struct epoll_event event = {
        .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
        .data.ptr = connection,
    };
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, connection->fd, &event) < 0)
        fail("epoll_ctl: %s", strerror(errno));
}

void reactor_watch_stdin(void)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLHUP, .data.ptr = NULL};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &event) < 0)
        stdin_ended = 1; /* a plain file cannot be waited for: it is at its end already */
}

static void drop_stdin(void)
{
    stdin_ended = 1;
    epoll_ctl(epoll_fd, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
}

int reactor_poll(uint64_t timeout_ns)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    struct timespec timeout = {(time_t)(timeout_ns / NS_PER_S), (long)(timeout_ns % NS_PER_S)};
    int count = epoll_pwait2(epoll_fd, events, EVENTS_AT_ONCE,
                             timeout_ns == FOREVER ? NULL : &timeout, NULL);
    if (count < 0 && errno != EINTR)
        fail("epoll_pwait2: %s", strerror(errno));
    for (int at = 0; at < count; at++) {
        if (events[at].data.ptr)
            connection_advance(events[at].data.ptr, events[at].events);
        else
            drop_stdin();
    }
    return count;
}

int reactor_poll_until(int (*done)(void), double timeout_s)
{
    uint64_t deadline = now_ns() + ns_from_s(timeout_s);
    while (!done()) {
        uint64_t now = now_ns();
        if (now >= deadline)
            return 0;
        reactor_poll(deadline - now);
    }
    return 1;
}

static int never(void)
{
    return 0;
}

void reactor_run_for(double seconds)
{
    reactor_poll_until(never, seconds);
}

int reactor_stdin_ended(void)
{
    return stdin_ended;
}
