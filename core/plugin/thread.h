/* The API is for the server's own thread. */
#ifndef CHATD_PLUGIN_THREAD_H
#define CHATD_PLUGIN_THREAD_H

#include <stdbool.h>

/* The thread that calls this is the server's from now on. */
void thread_is_the_servers(void);

/* Is this another thread? Then it is logged, once for each function. */
bool thread_is_wrong(const char *function, bool *said);

extern _Thread_local bool thread_servers;

/* The first line of each function that modules call: from another thread it answers `...` (nothing,
 * where it answers nothing). */
#define SERVERS_THREAD_ONLY(function, ...)                                                         \
    do {                                                                                           \
        static bool said_;                                                                         \
        if (!thread_servers && thread_is_wrong(function, &said_))                                  \
            return __VA_ARGS__;                                                                    \
    } while (0)

#endif
