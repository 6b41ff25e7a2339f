#include "options.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "flavour.h"
#include "mode.h"

struct options options;

static const struct option NAMES[] = {
    {"flavour", required_argument, NULL, 'f'},  {"port", required_argument, NULL, 'p'},
    {"rooms", required_argument, NULL, 'r'},    {"members", required_argument, NULL, 'm'},
    {"in-flight", required_argument, NULL, 'k'}, {"senders", required_argument, NULL, 'n'},
    {"rate", required_argument, NULL, 'R'},     {"seconds", required_argument, NULL, 's'},
    {"warmup", required_argument, NULL, 'w'},   {"drain", required_argument, NULL, 'd'},
    {"seed", required_argument, NULL, 'S'},     {"server-pid", required_argument, NULL, 'P'},
    {"cpu", required_argument, NULL, 'c'},      {NULL, 0, NULL, 0},
};

__attribute__((noreturn)) static void usage(const char *complaint)
{
    fprintf(stderr,
            "load: %s\n\n"
            "usage: load MODE --flavour FLAVOUR --port PORT [options]\n\n"
            "modes:\n", complaint);
    for (const struct mode *mode = MODES; mode->name; mode++)
        fprintf(stderr, "  %-12s%s\n", mode->name, mode->purpose);
    fprintf(stderr,
            "\nflavours: talkroom (token in LOAD_TOKEN), ws, socketio\n\n"
            "options, with defaults that depend on the mode:\n"
            "  --rooms N --members N   N rooms of N connections\n"
            "  --in-flight N           messages under way at once, in all rooms together\n"
            "  --senders N             members of a room that take turns at sending (64)\n"
            "  --rate N                open: arrivals per second, Poisson (1000)\n"
            "  --seed N                open: the same seed gives the same arrivals (1)\n"
            "  --warmup S --seconds S  load before the window (0.5), and the window (2)\n"
            "  --drain S               open: wait this long for late deliveries (5)\n"
            "  --server-pid PID        report this process's processor time too\n"
            "  --cpu N                 run on this core only\n");
    exit(64);
}

static void defaults(const struct mode *mode)
{
    options.mode = mode;
    options.rooms = mode->rooms;
    options.members = mode->members;
    options.in_flight = mode->in_flight;
    options.senders = 64;
    options.rate = 1000;
    options.seconds = 2;
    options.warmup_s = 0.5;
    options.drain_s = 5;
    options.seed = 1;
    options.cpu = -1;
    options.token = getenv("LOAD_TOKEN");
    snprintf(options.nonce, sizeof options.nonce, "%" PRIx64, now_ns());
}

static void set(int name, const char *value)
{
    switch (name) {
    case 'f': options.flavour = flavour_find(value); break;
    case 'p': options.port = (uint16_t)atoi(value); break;
    case 'r': options.rooms = (uint32_t)atoi(value); break;
    case 'm': options.members = (uint32_t)atoi(value); break;
    case 'k': options.in_flight = (uint32_t)atoi(value); break;
    case 'n': options.senders = (uint32_t)atoi(value); break;
    case 'R': options.rate = atof(value); break;
    case 's': options.seconds = atof(value); break;
    case 'w': options.warmup_s = atof(value); break;
    case 'd': options.drain_s = atof(value); break;
    case 'S': options.seed = strtoull(value, NULL, 10); break;
    case 'P': options.server_pid = atoi(value); break;
    case 'c': options.cpu = atoi(value); break;
    default: usage("unknown option");
    }
}

void options_read(int count, char **arguments)
{
    const struct mode *mode = count > 1 ? mode_find(arguments[1]) : NULL;
    if (!mode)
        usage("the first argument is the mode");
    defaults(mode);
    optind = 2;
    for (int name; (name = getopt_long(count, arguments, "", NAMES, NULL)) != -1;)
        set(name, optarg);
    if (!options.flavour || !options.port)
        usage("--flavour and --port are needed");
    if (!options.rooms || !options.members || !options.in_flight || !options.senders
        || options.seconds <= 0 || options.rate <= 0)
        usage("numbers must be positive");
    if (options.flavour->needs_token && !options.token)
        usage("this flavour needs a token in LOAD_TOKEN");
    if (options.senders > options.members)
        options.senders = options.members;
}
