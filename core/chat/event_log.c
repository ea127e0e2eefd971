#include "chat/event_log.h"

#include "base/counters.h"
#include "base/json.h"

#include <errno.h>
#include <stdlib.h>

enum { FIRST_CAP = 8 };

static size_t total_bytes;

static size_t size_of(const struct logged_event *event)
{
    return sizeof(*event) + event->n_hidden_from * sizeof(*event->hidden_from) + event->json.n +
           event->cid.n + 1;
}

static struct logged_event *copy_of(const struct logged_event *event)
{
    struct logged_event *copy = malloc(size_of(event));

    if (copy == NULL)
        return NULL;
    *copy = *event;
    uint64_t *hidden_from = (uint64_t *)(copy + 1);
    char *text = (char *)(hidden_from + event->n_hidden_from);
    copy->hidden_from = hidden_from;
    copy->json = slice_of(text, event->json.n);
    copy->cid = slice_of(text + event->json.n + 1, event->cid.n);
    for (size_t i = 0; i < event->n_hidden_from; i++)
        hidden_from[i] = event->hidden_from[i];
    memcpy(text, event->json.p, event->json.n);
    text[event->json.n] = '\0';
    if (event->cid.n > 0)
        memcpy(text + event->json.n + 1, event->cid.p, event->cid.n);
    return copy;
}

static struct logged_event **slot(const struct event_log *log, uint32_t i)
{
    return &log->events[(log->first + i) % log->cap];
}

int64_t event_log_last(const struct event_log *log)
{
    return log->n > 0 ? (*slot(log, log->n - 1))->seq : 0;
}

static void forget_oldest(struct event_log *log)
{
    struct logged_event *oldest = *slot(log, 0);

    log->bytes -= size_of(oldest);
    total_bytes -= size_of(oldest);
    free(oldest);
    log->first = (log->first + 1) % log->cap;
    log->n--;
}

void event_log_clear(struct event_log *log)
{
    while (log->n > 0)
        forget_oldest(log);
    free(log->events);
    *log = (struct event_log){0};
}

static bool reserve(struct event_log *log)
{
    if (log->n < log->cap)
        return true;
    uint32_t cap = log->cap > 0 ? log->cap * 2 : FIRST_CAP;
    struct logged_event **events = malloc(cap * sizeof(struct logged_event *));
    if (events == NULL)
        return false;
    for (uint32_t i = 0; i < log->n; i++)
        events[i] = *slot(log, i);
    free(log->events);
    log->events = events;
    log->first = 0;
    log->cap = cap;
    return true;
}

static bool is_over(const struct event_log *log, const struct event_log_limits *limits)
{
    return log->n > limits->events || log->bytes > limits->bytes ||
           total_bytes > limits->total_bytes;
}

void event_log_add(struct event_log *log, const struct event_log_limits *limits,
                   const struct logged_event *event)
{
    if (log->n > 0 && event_log_last(log) + 1 != event->seq)
        event_log_clear(log);
    struct logged_event *copy = limits->events > 0 && reserve(log) ? copy_of(event) : NULL;

    if (copy == NULL) {
        event_log_clear(log);
        return;
    }
    *slot(log, log->n++) = copy;
    log->bytes += size_of(copy);
    total_bytes += size_of(copy);
    if (total_bytes > limits->total_bytes)
        counter_add(COUNT_REPLAY_MEMORY);
    while (log->n > 0 && is_over(log, limits))
        forget_oldest(log);
}

static const char *const texts[] = {"text", "edited", NULL};

/* Without its text; the message itself says that it was deleted. */
static int write_redacted(const struct logged_event *event, bool is_message, struct buf *out)
{
    struct json *json = json_parse(event->json);
    const char *type = json_str(json_get(json, "type"));

    if (type == NULL) {
        json_free(json);
        return -ENOMEM;
    }
    struct json_writer w = json_begin(out, type);
    json_put_members(&w, json, texts);
    if (is_message)
        json_put_bool(&w, "deleted", true);
    json_free(json);
    return json_end(&w);
}

static void redact(struct event_log *log, struct logged_event **at, bool is_message)
{
    struct logged_event redacted = **at;
    redacted.is_deleted |= is_message;
    struct logged_event *copy = NULL;
    struct buf out;

    buf_init(&out, SIZE_MAX);
    if (write_redacted(*at, is_message, &out) == 0) {
        redacted.json = buf_slice(&out);
        copy = copy_of(&redacted);
    }
    buf_deinit(&out);
    if (copy == NULL) {
        event_log_clear(log);
        return;
    }
    size_t before = size_of(*at);
    log->bytes += size_of(copy) - before;
    total_bytes += size_of(copy) - before;
    free(*at);
    *at = copy;
}

/* Without memory for it all is forgotten: a text that is to be gone must not stay. */
void event_log_redact(struct event_log *log, int64_t seq)
{
    for (uint32_t i = 0; i < log->n; i++) {
        struct logged_event **at = slot(log, i);
        bool is_message = (*at)->seq == seq;
        if (is_message || ((*at)->target == seq && seq > 0))
            redact(log, at, is_message);
    }
}

bool event_log_is_deleted(const struct event_log *log, int64_t seq)
{
    int64_t first = event_log_last(log) - log->n + 1;

    return log->n > 0 && seq >= first && seq < first + log->n &&
           (*slot(log, (uint32_t)(seq - first)))->is_deleted;
}

const struct logged_event *event_log_get(const struct event_log *log, uint32_t i)
{
    return *slot(log, i);
}

int64_t event_log_find(const struct event_log *log, int64_t after, int64_t last)
{
    bool reaches_last = log->n == 0 || event_log_last(log) == last;

    if (after > last || after < last - log->n || (after < last && !reaches_last))
        return -1;
    return log->n - (last - after);
}
