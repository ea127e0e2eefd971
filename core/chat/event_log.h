/* The last events of a room, for those who come back. */
#ifndef CHATD_CHAT_EVENT_LOG_H
#define CHATD_CHAT_EVENT_LOG_H

#include "base/slice.h"

#include <stdint.h>

/* An event that took a number. */
struct logged_event {
    int64_t seq;
    int64_t target;              /* the event that it is about; 0 for none */
    struct slice json;           /* as all others got it; ended by a NUL */
    struct slice cid;            /* for its sender; empty for none */
    bool is_deleted;             /* its text was taken out */
    uint64_t from;               /* the sender's number; 0 for nobody */
    const uint64_t *hidden_from; /* numbers of users who do not get it */
    size_t n_hidden_from;
};

struct event_log {
    struct logged_event **events; /* a ring; the numbers in it have no gaps */
    uint32_t first;
    uint32_t n;
    uint32_t cap;
    size_t bytes;
};

/* What a log may hold. */
struct event_log_limits {
    size_t events;
    size_t bytes;
    size_t total_bytes; /* of all logs together */
};

/* All zero is an empty log. */
void event_log_clear(struct event_log *log);

/* Keeps a copy of an event, and forgets the oldest ones beyond the limits. A log has no holes:
 * without memory it forgets all of them, and when this one does not follow on the last, those
 * before. */
void event_log_add(struct event_log *log, const struct event_log_limits *limits,
                   const struct logged_event *event);

/* A message was deleted: takes the text out of the event with this number, and out of those that
 * are about it. */
void event_log_redact(struct event_log *log, int64_t seq);

/* Was the message with this number deleted, as far as the log reaches back? */
bool event_log_is_deleted(const struct event_log *log, int64_t seq);

/* The number of the last event; 0 for none. */
int64_t event_log_last(const struct event_log *log);

/* Event `i` of those in the log, the oldest one first. */
const struct logged_event *event_log_get(const struct event_log *log, uint32_t i);

/* The index of the event that follows on `after`, which is log->n when `after` is `last`, the
 * latest number of the room; -1 when the log does not reach back so far, or `after` is above it. */
int64_t event_log_find(const struct event_log *log, int64_t after, int64_t last);

#endif
