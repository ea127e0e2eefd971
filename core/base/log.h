/* The server's log: one line per event on standard error, `TIME LEVEL CONTEXT: TEXT`.
 *
 * The context comes first and says what the line is about: an area ("listener"), a connection
 * (conn_name()), a module or `file:line`. */
#ifndef CHATD_BASE_LOG_H
#define CHATD_BASE_LOG_H

#include "base/slice.h"

#include <stdarg.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Lines above this level are dropped. Initially LOG_LEVEL_INFO. */
void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);

/* Where lines go instead of to standard error. */
void log_set_descriptor(int fd);

/* From here on every line carries time and level; before it only `CONTEXT: TEXT`, as a command
 * line tool's messages do. */
void log_begin_server(void);

void log_write(enum log_level level, const char *context, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void log_vwrite(enum log_level level, const char *context, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

#define log_error(context, ...) log_write(LOG_LEVEL_ERROR, context, __VA_ARGS__)
#define log_warn(context, ...) log_write(LOG_LEVEL_WARN, context, __VA_ARGS__)
#define log_info(context, ...) log_write(LOG_LEVEL_INFO, context, __VA_ARGS__)
#define log_debug(context, ...)                                                                    \
    do {                                                                                           \
        if (log_enabled(LOG_LEVEL_DEBUG))                                                          \
            log_write(LOG_LEVEL_DEBUG, context, __VA_ARGS__);                                      \
    } while (0)

/* Peer bytes made harmless for a log line: printable ASCII stays, all else becomes \xNN, and what
 * is longer than about 100 bytes ends in "...". One of four static buffers, reused in turn. */
const char *log_escape(struct slice s);

/* What peers can cause may not fill the log: true once a second for this kind of line, whose
 * `*next_ms` is 0 at first. `now_ms` is of any clock that does not go back. */
bool log_may_repeat(int64_t *next_ms, int64_t now_ms);

#endif
