/* Echo: each connection has one ping in flight. The cost of a command that touches no room. */
#include "clock.h"
#include "connection.h"
#include "crowd.h"
#include "fail.h"
#include "flavour.h"
#include "histogram.h"
#include "load.h"
#include "measure.h"
#include "mode.h"
#include "options.h"
#include "reactor.h"
#include "report.h"

static uint64_t echoes; /* in the window */

static void ping(struct connection *connection)
{
    char text[TEXT_BYTES_MAX];
    connection->begun_at_ns = now_ns();
    connection_send(connection, text, options.flavour->echo(text, ++connection->pings));
}

static void on_reply(struct connection *connection, uint64_t number)
{
    if (number != connection->pings)
        fail("an echo of %llu where %llu was expected", (unsigned long long)number,
             (unsigned long long)connection->pings);
    if (measure.open) {
        echoes++;
        histogram_add(&measure.latency, read_at_ns - connection->begun_at_ns, 1);
    }
    ping(connection);
}

void echo_run(void)
{
    load.replied = on_reply;
    crowd_gather(1);
    for (uint32_t at = 0; at < crowd.connection_count; at++)
        ping(&crowd.connections[at]);
    measure_window();

    report_begin();
    report_number("echoes_per_s", (double)echoes / measure.seconds);
    report_window();
    report_end();
}
