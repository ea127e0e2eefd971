/* What all files of this module share. */
#ifndef HISTORY_HISTORY_H
#define HISTORY_HISTORY_H

#include <chatd-module.h>

#include <stdint.h>
#include <time.h>

extern const struct chatd_api *chatd;
extern const struct chatd_json_api *json;
extern const struct chatd_store_api *store;

/* Events have one number in the database: that of their room, and behind it their own. */
#define SEQ_BITS 40
#define SEQ_MAX 0xffffffffff
#define ROOM_BITS 23
#define ROOM_MAX ((INT64_C(1) << ROOM_BITS) - 1)

_Static_assert(ROOM_BITS + SEQ_BITS == 63, "all of a number of SQLite's but the sign");
_Static_assert(SEQ_MAX == (INT64_C(1) << SEQ_BITS) - 1, "as many bits");

/* The same in SQL, behind such a number: `id` SQL_SEQ, `id` SQL_ROOM. They bind as & and >> do. */
#define SQL_LITERAL_OF(macro) #macro
#define SQL_LITERAL(macro) SQL_LITERAL_OF(macro)
#define SQL_SEQ " & " SQL_LITERAL(SEQ_MAX)
#define SQL_ROOM " >> " SQL_LITERAL(SEQ_BITS)

static inline int64_t event_id(int64_t room, int64_t seq)
{
    return room << SEQ_BITS | seq;
}

static inline int64_t monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* Says what went wrong, up to this length. */
enum { WHY_BYTES = 200 };

#endif
