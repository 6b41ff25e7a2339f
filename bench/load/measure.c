#include "measure.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "fail.h"
#include "options.h"
#include "reactor.h"

struct measure measure;

static double own_cpu_s(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / (double)NS_PER_S;
}

/* User and system time of the server, fields 14 and 15 of /proc/PID/stat. They are read here, at
 * the very edges of the window, which a reader in another process would miss by milliseconds. */
static double server_cpu_s(void)
{
    char path[64], line[1024];
    unsigned long user, system;
    if (options.server_pid == 0)
        return 0;
    snprintf(path, sizeof path, "/proc/%d/stat", options.server_pid);
    FILE *file = fopen(path, "r");
    if (!file || !fgets(line, sizeof line, file))
        fail("%s cannot be read", path);
    fclose(file);
    const char *fields = strrchr(line, ')'); /* the name before it may hold spaces */
    if (!fields
        || sscanf(fields, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system)
               != 2)
        fail("%s is not as expected", path);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

void measure_open(void)
{
    measure.generator_cpu_s = -own_cpu_s();
    measure.server_cpu_s = -server_cpu_s();
    measure.opened_at_ns = now_ns();
    measure.open = true;
}

void measure_close(void)
{
    measure.open = false;
    measure.seconds = (double)(now_ns() - measure.opened_at_ns) / (double)NS_PER_S;
    measure.server_cpu_s += server_cpu_s();
    measure.generator_cpu_s += own_cpu_s();
}

void measure_window(void)
{
    reactor_run_for(options.warmup_s);
    measure_open();
    reactor_run_for(options.seconds);
    measure_close();
}
