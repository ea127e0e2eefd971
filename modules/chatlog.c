/*
 * chatlog: writes messages, joins and leaves to a file, one line each.
 *
 * As text: "2026-01-31T12:00:00.000Z [lobby] <alice> hello", or as one JSON object per line. After
 * the file was moved away, SIGUSR1 begins a new one. When the disk is too slow or full, lines are
 * lost rather than anybody held up; the server's log tells when that begins and ends.
 *
 * How: lines gather in the batch `filling` for a moment, for a job for each of them would cost more
 * than the message. Then, when the job of the batch before is done, the two change places. Whatever
 * is left is written when the module stops.
 */
#include <chatd-module.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NEVER SIZE_MAX
#define GATHER_MS 100
#define RETRY_MS 1000

enum format { TEXT, JSON }; /* as in the option's words */

static const struct chatd_api *chatd;
static const struct chatd_json_api *json;

struct batch {
    char *data;
    size_t n;
    size_t reopen_at; /* the file is opened anew before this byte, or NEVER */
    int reopen_err;   /* the old file goes on then */
    int err;          /* what went wrong while it was written, and how many lines it cost */
    size_t lost;
};

static char path[PATH_MAX];

/* Belong to the job while it runs, else to the server's thread. */
static struct batch writing;
static int fd = -1;
static bool torn; /* the file ends within a line */

/* Belong to the server's thread. */
static struct batch filling;
static size_t filling_max;
static bool too_long; /* the present line does not fit */
static bool busy;     /* the job runs */
static bool stopping;
static chatd_id later; /* the timer that will flush */
static bool losing;    /* the server's log has been told that lines get lost ... */
static size_t lost;    /* ... and will be told how many */

/* ---- Writing: in the job ------------------------------------------------------------------ */

static int open_file(void)
{
    int opened = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);

    if (opened < 0)
        return -errno;
    if (fd >= 0)
        close(fd);
    fd = opened;
    torn = false;
    return 0;
}

/* Writes all of it; answers how many bytes went out. */
static size_t write_all(const char *data, size_t n, int *err)
{
    size_t done = 0;

    while (done < n) {
        ssize_t result = write(fd, data + done, n - done);
        if (result >= 0) {
            done += (size_t)result;
        } else if (errno != EINTR) {
            *err = -errno;
            break;
        }
    }
    return done;
}

static void write_lines(struct batch *batch, const char *lines, size_t n)
{
    size_t done = 0;

    if (n == 0)
        return;
    if (torn && write_all("\n", 1, &batch->err) == 1)
        torn = false;
    if (!torn) {
        done = write_all(lines, n, &batch->err);
        torn = done > 0 && lines[done - 1] != '\n';
    }
    for (size_t i = done; i < n; i++)
        batch->lost += lines[i] == '\n';
}

static void write_batch(void *arg)
{
    struct batch *batch = arg;
    size_t before = batch->reopen_at < batch->n ? batch->reopen_at : batch->n;

    write_lines(batch, batch->data, before);
    if (batch->reopen_at != NEVER)
        batch->reopen_err = open_file();
    write_lines(batch, batch->data + before, batch->n - before);
}

/* ---- Batches ------------------------------------------------------------------------------ */

/* Takes what has gathered for the job; false when there is nothing. */
static bool take_batch(void)
{
    struct batch gathered = filling;

    if (filling.n == 0 && filling.reopen_at == NEVER)
        return false;
    filling = (struct batch){.data = writing.data, .reopen_at = NEVER};
    writing = gathered;
    return true;
}

static void complain(struct chatd_self *self, const char *why)
{
    if (!losing)
        chatd->log(self, CHATD_LOG_ERROR, "%s: %s; lines are lost until it works again", path, why);
    losing = true;
}

static void report_batch(struct chatd_self *self)
{
    if (writing.reopen_err != 0)
        chatd->log(self, CHATD_LOG_ERROR, "%s: %s; the old file goes on", path,
                   strerror(-writing.reopen_err));
    lost += writing.lost;
    if (writing.err != 0) {
        complain(self, strerror(-writing.err));
    } else if (losing && writing.n > 0 && filling.n <= filling_max / 2) {
        chatd->log(self, CHATD_LOG_WARN, "%s: works again; %zu lines were lost", path, lost);
        losing = false;
        lost = 0;
    }
}

/* Writes the rest; at the end only, for it blocks. */
static void finish(struct chatd_self *self)
{
    if (take_batch()) {
        write_batch(&writing);
        report_batch(self);
    }
    if (losing)
        chatd->log(self, CHATD_LOG_WARN, "%s: %zu lines were lost", path, lost);
    close(fd);
    fd = -1;
    free(filling.data);
    free(writing.data);
    filling = (struct batch){.reopen_at = NEVER};
    writing = filling;
    filling_max = 0;
}

static void flush(struct chatd_self *self);

static void on_later(struct chatd_self *self, void *arg)
{
    (void)arg;
    later = 0;
    flush(self);
}

static void flush_later(struct chatd_self *self, int64_t ms)
{
    if (later == 0)
        later = chatd->timer_start(self, ms, 0, on_later, NULL);
}

static void on_written(struct chatd_self *self, void *arg)
{
    (void)arg;
    busy = false;
    report_batch(self);
    if (stopping)
        finish(self);
    else if (filling.reopen_at != NEVER || filling.n > filling_max / 2)
        flush(self);
    else if (filling.n > 0)
        flush_later(self, GATHER_MS);
}

/* Hands over what has gathered; while a job runs, its end does it. */
static void flush(struct chatd_self *self)
{
    if (busy || stopping || !take_batch())
        return;
    if (chatd->job(self, write_batch, on_written, &writing) == 0) {
        busy = true;
        return;
    }
    struct batch refused = writing;
    writing = filling;
    filling = refused;
    flush_later(self, RETRY_MS);
}

/* ---- Lines -------------------------------------------------------------------------------- */

__attribute__((format(printf, 1, 2))) static void put(const char *format, ...)
{
    size_t space = filling_max - filling.n;
    va_list args;

    va_start(args, format);
    int n = vsnprintf(filling.data + filling.n, space, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= space)
        too_long = true;
    else
        filling.n += (size_t)n;
}

static void put_bytes(const char *p, size_t n)
{
    if (n >= filling_max - filling.n) {
        too_long = true;
        return;
    }
    memcpy(filling.data + filling.n, p, n);
    filling.n += n;
}

static bool may_break[256]; /* the first bytes of what line_breaker() finds */

/* What would end a line, here or in whatever shows the file: how many bytes of it, 0 for others. */
static size_t line_breaker(const unsigned char *c)
{
    if (*c < 0x20 || *c == '\\' || *c == 0x7f)
        return 1;
    if (c[0] == 0xc2 && c[1] < 0xa0) /* U+0080 ... U+009F */
        return 2;
    /* Line and paragraph separator. */
    return c[0] == 0xe2 && c[1] == 0x80 && (c[2] == 0xa8 || c[2] == 0xa9) ? 3 : 0;
}

/* They become \n, \x1b, \u2028. */
static void put_escaped(struct chatd_str text)
{
    size_t from = 0;

    for (size_t i = 0; i < text.n; i++) {
        const unsigned char *c = (const unsigned char *)text.p + i;
        size_t n = may_break[*c] ? line_breaker(c) : 0;

        if (n == 0)
            continue;
        put_bytes(text.p + from, i - from);
        if (*c == '\n')
            put("\\n");
        else if (*c == '\\')
            put("\\\\");
        else if (n == 1)
            put("\\x%02x", *c);
        else if (n == 2)
            put("\\u00%02x", c[1]);
        else
            put("\\u20%02x", c[2] - 0x80);
        i += n - 1;
        from = i + 1;
    }
    put_bytes(text.p + from, text.n - from);
}

/* ISO 8601. Most lines are written in the same second as the one before. */
static void put_time(int64_t ms)
{
    static char text[sizeof("2026-01-31T12:00:00.000Z") + 8];
    static time_t seconds = -1;
    static size_t n;
    struct tm utc;

    if (ms / 1000 != seconds) {
        seconds = (time_t)(ms / 1000);
        n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S.000Z", gmtime_r(&seconds, &utc));
    }
    if (n == 0)
        return;
    text[n - 4] = (char)('0' + ms / 100 % 10);
    text[n - 3] = (char)('0' + ms / 10 % 10);
    text[n - 2] = (char)('0' + ms % 10);
    put_bytes(text, n);
}

static void put_text_line(int64_t ms, const char *event, struct chatd_user *user,
                          struct chatd_room *room, const struct chatd_str *said)
{
    put_time(ms);
    put_bytes(" [", 2);
    put_escaped(chatd->room_name(room));
    put_bytes(said != NULL ? "] <" : "] * ", said != NULL ? 3 : 4);
    put_escaped(chatd->user_nick(user));
    if (said == NULL) {
        put(" %s\n", event);
        return;
    }
    put_bytes("> ", 2);
    put_escaped(*said);
    put_bytes("\n", 1);
}

static void set_str(struct chatd_json *object, const char *key, struct chatd_str text)
{
    json->set_str(object, key, text.p, text.n);
}

static void put_json_line(int64_t ms, const char *event, struct chatd_user *user,
                          struct chatd_room *room, const struct chatd_str *said)
{
    struct chatd_json *line = json->object();
    struct chatd_json *who = json->object();

    json->set_int(line, "ts", ms);
    json->set_str(line, "event", event, strlen(event));
    set_str(line, "room", chatd->room_name(room));
    set_str(who, "id", chatd->user_public_id(user));
    set_str(who, "nick", chatd->user_nick(user));
    json->set(line, "user", who);
    if (said != NULL)
        set_str(line, "text", *said);
    char *text = json->text(line);
    put("%s\n", text != NULL ? text : "{}");
    json->text_free(text);
    json->free(line);
}

/* A line is in the batch as a whole or not at all. */
static void put_line(struct chatd_self *self, int64_t ms, const char *event,
                     struct chatd_user *user, struct chatd_room *room, const struct chatd_str *said)
{
    size_t before = filling.n;

    if (filling_max == 0)
        return; /* finished */
    if (chatd->room_is_direct(room) && !chatd->option_int(self, "direct"))
        return;
    too_long = false;
    if (chatd->option_int(self, "format") == TEXT)
        put_text_line(ms, event, user, room, said);
    else
        put_json_line(ms, event, user, room, said);
    if (too_long) {
        filling.n = before;
        lost++;
        complain(self, "the disk is too slow");
    }
    if (filling.n > filling_max / 2)
        flush(self);
    else
        flush_later(self, GATHER_MS);
}

/* ---- Hooks -------------------------------------------------------------------------------- */

static void on_sent(struct chatd_self *self, struct chatd_msg *msg)
{
    struct chatd_str said = chatd->msg_text(msg);

    put_line(self, chatd->msg_ts(msg), "message", chatd->msg_user(msg), chatd->msg_room(msg),
             &said);
}

static void on_joined(struct chatd_self *self, struct chatd_user *user, struct chatd_room *room)
{
    put_line(self, chatd->now_ms(self), "joined", user, room, NULL);
}

static void on_left(struct chatd_self *self, struct chatd_user *user, struct chatd_room *room)
{
    put_line(self, chatd->now_ms(self), "left", user, room, NULL);
}

static void on_log_reopen(struct chatd_self *self)
{
    if (filling.reopen_at == NEVER)
        filling.reopen_at = filling.n;
    flush(self);
}

/* ---- Tables ------------------------------------------------------------------------------- */

static const struct chatd_option options[] = {
    CHATD_OPTION("file", CHATD_PATH, "", "the file; when empty, chat.log in data_dir"),
    CHATD_OPTION_ENUM("format", "text", "text|json", "what a line looks like"),
    CHATD_OPTION("direct", CHATD_BOOL, "false", "direct messages are written, too"),
    CHATD_OPTION_RANGE("buffer_max", CHATD_SIZE, "1M", 4096, 1 << 30,
                       "how much waits for a slow disk before lines are lost"),
    CHATD_END,
};

static const struct chatd_hook hooks[] = {
    CHATD_ON_SENT(on_sent, 0),
    CHATD_ON_JOINED(on_joined, 0),
    CHATD_ON_LEFT(on_left, 0),
    CHATD_ON_LOG_REOPEN(on_log_reopen, 0),
    CHATD_END,
};

static int init(struct chatd_self *self)
{
    for (int c = 0; c < 256; c++)
        may_break[c] = c < 0x20 || c == '\\' || c == 0x7f || c == 0xc2 || c == 0xe2;
    json = chatd->iface(self, "json", 1);
    return json != NULL ? 0 : -1;
}

static int start(struct chatd_self *self, const struct chatd_json *saved)
{
    struct chatd_str file = chatd->option_str(self, "file");
    int n = file.n > 0 ? snprintf(path, sizeof(path), "%s", file.p)
                       : snprintf(path, sizeof(path), "%s/chat.log", chatd->data_dir(self).p);

    (void)saved;
    stopping = false;
    later = 0;
    int err = n < (int)sizeof(path) ? open_file() : -ENAMETOOLONG;
    if (err != 0) {
        chatd->log(self, CHATD_LOG_ERROR, "%s: %s", path, strerror(-err));
        return err;
    }
    filling_max = (size_t)chatd->option_int(self, "buffer_max");
    filling = (struct batch){.data = malloc(filling_max), .reopen_at = NEVER};
    writing = (struct batch){.data = malloc(filling_max), .reopen_at = NEVER};
    if (filling.data != NULL && writing.data != NULL)
        return 0;
    finish(self);
    return -ENOMEM;
}

/* The job under way, if there is one, still needs the file: its end finishes then. */
static void stop(struct chatd_self *self, struct chatd_json *save)
{
    (void)save;
    stopping = true;
    chatd->timer_stop(self, later);
    if (!busy)
        finish(self);
}

CHATD_MODULE(.name = "chatlog", .version = "1.0", .about = "writes what is said to a file",
             .api = &chatd, .need_minor = 10, .options = options, .hooks = hooks, .init = init,
             .start = start, .stop = stop);
