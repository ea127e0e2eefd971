#include "base/log.h"

#include "base/clock.h"

#include <stdio.h>
#include <unistd.h>

enum { LINE_BYTES = 2048, ESCAPE_BYTES = 128, ESCAPE_BUFFERS = 4, REPEAT_MS = 1000 };

static enum log_level max_level = LOG_LEVEL_INFO;
static bool serving;
static int descriptor = STDERR_FILENO;

void log_set_level(enum log_level level)
{
    max_level = level;
}

bool log_enabled(enum log_level level)
{
    return level <= max_level;
}

void log_set_descriptor(int fd)
{
    descriptor = fd;
}

void log_begin_server(void)
{
    serving = true;
}

static const char *level_name(enum log_level level)
{
    switch (level) {
    case LOG_LEVEL_ERROR:
        return "error";
    case LOG_LEVEL_WARN:
        return "warn";
    case LOG_LEVEL_INFO:
        return "info";
    case LOG_LEVEL_DEBUG:
        return "debug";
    }
    return "?";
}

/* vsnprintf() that answers how much it really wrote. */
__attribute__((format(printf, 3, 0))) static size_t format_into(char *out, size_t room,
                                                                const char *format, va_list args)
{
    int n = vsnprintf(out, room, format, args);

    if (n < 0)
        return 0;
    return (size_t)n < room ? (size_t)n : room - 1;
}

void log_vwrite(enum log_level level, const char *context, const char *format, va_list args)
{
    char line[LINE_BYTES];
    size_t n = 0;

    if (!log_enabled(level))
        return;
    if (serving) {
        char time[CLOCK_TEXT_BYTES];
        clock_text(clock_wall_ms(), time);
        n = (size_t)snprintf(line, sizeof(line), "%s %-5s ", time, level_name(level));
    }
    int m = snprintf(line + n, sizeof(line) - n, "%s: ", context);
    n += m < 0 ? 0 : (size_t)m < sizeof(line) - n ? (size_t)m : sizeof(line) - n - 1;
    n += format_into(line + n, sizeof(line) - n - 1, format, args);
    line[n++] = '\n';
    /* One write per line, so that lines of several threads do not mix. A log that cannot be
     * written has nowhere to complain. */
    if (write(descriptor, line, n) < 0)
        return;
}

void log_write(enum log_level level, const char *context, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    log_vwrite(level, context, format, args);
    va_end(args);
}

const char *log_escape(struct slice s)
{
    static char buffers[ESCAPE_BUFFERS][ESCAPE_BYTES];
    static unsigned turn;
    char *out = buffers[turn++ % ESCAPE_BUFFERS];
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (n + sizeof("\\xNN...") > ESCAPE_BYTES) {
            memcpy(out + n, "...", 3);
            n += 3;
            break;
        }
        if (c >= 0x20 && c < 0x7f && c != '\\')
            out[n++] = (char)c;
        else
            n += (size_t)snprintf(out + n, 5, "\\x%02x", c);
    }
    out[n] = '\0';
    return out;
}

bool log_may_repeat(int64_t *next_ms, int64_t now_ms)
{
    if (now_ms < *next_ms)
        return false;
    *next_ms = now_ms + REPEAT_MS;
    return true;
}
