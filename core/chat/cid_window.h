/* The answers to the last messages of a room, by their senders' idempotency keys. */
#ifndef CHATD_CHAT_CID_WINDOW_H
#define CHATD_CHAT_CID_WINDOW_H

#include "base/slice.h"

#include <stdint.h>

struct cid_window;

/* Remembers the last `max` messages (0: none). NULL without memory. */
struct cid_window *cid_window_new(size_t max);
void cid_window_free(struct cid_window *window);

/* Did this user (by public id) send a message with this cid? Then its `seq` and `ts`. */
bool cid_window_find(struct cid_window *window, const char *user, struct slice cid, int64_t *seq,
                     int64_t *ts);

/* What is kept beyond the maximum, for those who may still come back without their answers. */
struct cid_keep {
    int64_t since_ts;   /* up to 16 times the maximum, if it is not older ... */
    size_t total_bytes; /* ... and all windows together are not larger */
};

/* Remembers one, and forgets the oldest beyond the maximum. Without memory it is not remembered. */
void cid_window_add(struct cid_window *window, const char *user, struct slice cid, int64_t seq,
                    int64_t ts, const struct cid_keep *keep);

#endif
