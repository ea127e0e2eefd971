/* The server as a whole: the order in which its parts start and end. */
#ifndef CHATD_SERVER_H
#define CHATD_SERVER_H

#include <stdbool.h>

struct server_options {
    const char *config_file; /* NULL: the usual place */
    bool check_only;
    bool verbose;
};

/* Runs until a signal ends it. The exit status (sysexits.h). */
int server_run(const struct server_options *options);

#endif
