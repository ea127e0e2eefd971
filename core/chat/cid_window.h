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

/* Remembers one, and forgets the oldest beyond the maximum, but those since `keep_ts` only beyond
 * 16 times the maximum: who sent them may still come back without their answers. Without memory it
 * is not remembered. */
void cid_window_add(struct cid_window *window, const char *user, struct slice cid, int64_t seq,
                    int64_t ts, int64_t keep_ts);

#endif
