/* What all files of this module share. */
#ifndef HISTORY_HISTORY_H
#define HISTORY_HISTORY_H

#include <chatd-module.h>

#include <stdint.h>

extern const struct chatd_api *chatd;
extern const struct chatd_json_api *json;
extern const struct chatd_store_api *store;

/* Events have one number in the database: that of their room, and behind it their own. */
enum { SEQ_BITS = 40 };
#define SEQ_MAX ((INT64_C(1) << SEQ_BITS) - 1)

static inline int64_t event_id(int64_t room, int64_t seq)
{
    return room << SEQ_BITS | seq;
}

/* Says what went wrong, up to this length. */
enum { WHY_BYTES = 200 };

#endif
