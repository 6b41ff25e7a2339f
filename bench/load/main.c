/* load: drives a WebSocket server hard, checks every byte it sends back, prints what it saw.
 *
 * One thread, one epoll set, no allocation per message: it must cost far less than any server that
 * it measures, or it would measure itself. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "fail.h"
#include "mode.h"
#include "options.h"
#include "reactor.h"

static void pin_to(int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set) < 0)
        fail("core %d: %s", cpu, strerror(errno));
}

static void allow_many_files(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < options.rooms * options.members + 16)
        fail("only %llu files may be open", (unsigned long long)limit.rlim_cur);
}

int main(int count, char **arguments)
{
    options_read(count, arguments);
    signal(SIGPIPE, SIG_IGN);
    allow_many_files();
    if (options.cpu >= 0)
        pin_to(options.cpu);
    reactor_start();
    options.mode->run();
    return 0;
}
