/* chatd: options, start-up order, signals. */
#include "server.h"

#include <config.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

static const char usage_text[] =
    "Usage: chatd [-c FILE] [-t] [-v]\n"
    "A chat server that is extended by modules.\n"
    "\n"
    "  -c FILE    read the configuration from FILE\n"
    "  -t         check the configuration and the modules, print what is loaded, and exit\n"
    "  -v         log more, as log_level = \"debug\" does\n"
    "  --help     print this text\n"
    "  --version  print the version\n"
    "\n"
    "Signals: TERM, INT end the server; HUP reads configuration and modules again; USR1 reopens the\n"
    "log files of modules; USR2 writes the counters to the log.\n";

static const struct option long_options[] = {
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

int main(int argc, char **argv)
{
    struct server_options options = {0};
    int c;

    while ((c = getopt_long(argc, argv, "c:tv", long_options, NULL)) != -1) {
        switch (c) {
        case 'c':
            options.config_file = optarg;
            break;
        case 't':
            options.check_only = true;
            break;
        case 'v':
            options.verbose = true;
            break;
        case 'h':
            fputs(usage_text, stdout);
            return EX_OK;
        case 'V':
            puts(PACKAGE_STRING);
            return EX_OK;
        default:
            fputs(usage_text, stderr);
            return EX_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "chatd: unexpected argument \"%s\"\n%s", argv[optind], usage_text);
        return EX_USAGE;
    }
    return server_run(&options);
}
