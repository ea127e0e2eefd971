#include "chat/cid_window.h"

#include "chat/limits.h"
#include "chat/user.h"

#include <stdlib.h>

enum { KEY_BYTES = PUBLIC_ID_DIGITS + CID_MAX, MOST_FACTOR = 16 };

/* uthash keeps the order of insertion: the first one is the oldest. */
struct entry {
    UT_hash_handle hh;
    int64_t seq;
    int64_t ts;
    char key[];
};

struct cid_window {
    struct entry *entries;
    size_t max;
};

static size_t total_bytes; /* of all entries of all windows */

struct cid_window *cid_window_new(size_t max)
{
    struct cid_window *window = calloc(1, sizeof(*window));

    if (window != NULL)
        window->max = max;
    return window;
}

static size_t size_of(const struct entry *entry)
{
    return sizeof(*entry) + entry->hh.keylen;
}

static void forget_oldest(struct cid_window *window)
{
    struct entry *oldest = window->entries;

    total_bytes -= size_of(oldest);
    HASH_DEL(window->entries, oldest);
    free(oldest);
}

void cid_window_free(struct cid_window *window)
{
    if (window == NULL)
        return;
    while (window->entries != NULL)
        forget_oldest(window);
    free(window);
}

/* The user's id has a fixed length, so nothing needs to stand between it and the cid. */
static size_t make_key(char *key, const char *user, struct slice cid)
{
    memcpy(key, user, PUBLIC_ID_DIGITS);
    memcpy(key + PUBLIC_ID_DIGITS, cid.p, cid.n);
    return PUBLIC_ID_DIGITS + cid.n;
}

bool cid_window_find(struct cid_window *window, const char *user, struct slice cid, int64_t *seq,
                     int64_t *ts)
{
    char key[KEY_BYTES];
    size_t n = make_key(key, user, cid);
    struct entry *entry = NULL;

    HASH_FIND(hh, window->entries, key, n, entry);
    if (entry == NULL)
        return false;
    *seq = entry->seq;
    *ts = entry->ts;
    return true;
}

static bool is_over(const struct cid_window *window, const struct cid_keep *keep)
{
    size_t n = HASH_COUNT(window->entries);

    if (n <= window->max)
        return false;
    return n > window->max * MOST_FACTOR || window->entries->ts < keep->since_ts ||
           total_bytes > keep->total_bytes;
}

void cid_window_add(struct cid_window *window, const char *user, struct slice cid, int64_t seq,
                    int64_t ts, const struct cid_keep *keep)
{
    struct entry *entry = malloc(sizeof(*entry) + PUBLIC_ID_DIGITS + cid.n);

    if (entry == NULL)
        return;
    entry->seq = seq;
    entry->ts = ts;
    size_t n = make_key(entry->key, user, cid);
    HASH_ADD_KEYPTR(hh, window->entries, entry->key, n, entry);
    total_bytes += size_of(entry);
    while (is_over(window, keep))
        forget_oldest(window);
}
