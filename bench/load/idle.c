/* Idle: connections that say nothing, so that what a server spends on each can be read off. */
#include "crowd.h"
#include "mode.h"
#include "reactor.h"
#include "report.h"

/* A connection that the server ends meanwhile fails the run, so at the end all are still there. */
void idle_run(void)
{
    crowd_gather(1);
    report_begin();
    report_count("connections", crowd.connection_count);
    report_end();
    reactor_watch_stdin();
    while (!reactor_stdin_ended())
        reactor_poll(FOREVER);
}
