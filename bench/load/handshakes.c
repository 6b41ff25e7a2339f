/* Handshakes: each slot connects, upgrades, closes as RFC 6455 section 7 wants it (our Close frame,
 * the server's, the server ends TCP), and begins again. */
#include "clock.h"
#include "connection.h"
#include "crowd.h"
#include "histogram.h"
#include "load.h"
#include "measure.h"
#include "mode.h"
#include "options.h"
#include "reactor.h"
#include "report.h"
#include "room.h"

static uint64_t handshakes; /* in the window */

static void begin(struct connection *connection)
{
    connection->begun_at_ns = now_ns();
    connection_open(connection);
}

static void on_ready(struct connection *connection)
{
    if (measure.open) {
        handshakes++;
        histogram_add(&measure.latency, now_ns() - connection->begun_at_ns, 1);
    }
    connection_close(connection);
}

void handshakes_run(void)
{
    crowd_gather(1);
    load.ready = on_ready;
    load.closed = begin;
    for (uint32_t slot = 0; slot < crowd.connection_count; slot++)
        connection_close(&crowd.connections[slot]);
    measure_window();

    report_begin();
    report_number("handshakes_per_s", (double)handshakes / measure.seconds);
    report_window();
    report_end();
}
