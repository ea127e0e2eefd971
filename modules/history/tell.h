/* How events are told to clients: the text of answers, written on a worker. */
#ifndef HISTORY_TELL_H
#define HISTORY_TELL_H

#include "db.h"

/* Text that grows. */
struct text {
    char *p;
    size_t n;
    size_t size;
    int has_failed; /* for want of memory, or it is none */
};

void text_add(struct text *text, const char *p, size_t n);
void text_add_str(struct text *text, const char *p);
void text_free(struct text *text);

/* The columns that tell_event() expects first in a row of `events e`; ?1 is the public id of who
 * asks. A message has no more keys: so many max_keys of the module reactions allows. */
#define TELL_COLUMNS                                                                               \
    "e.id, e.body, CASE WHEN e.author = ?1 AND e.cid IS NOT NULL THEN json_quote(e.cid) END,"      \
    " CASE WHEN e.type = 'message' THEN (SELECT json_group_array(json_object('key', key, 'count'," \
    " n, 'me', json(CASE me WHEN 1 THEN 'true' ELSE 'false' END))) FROM (SELECT key, count(*) n,"  \
    " max(user = ?1) me FROM reactions WHERE target = e.id GROUP BY key ORDER BY n DESC, key"      \
    " LIMIT 100)) END"

/* Whether he may see it: ?2 is the id of the last event before he came. What was kept from somebody
 * is for those who were there, and whoever said it. */
#define TELL_VISIBLE                                                                               \
    "(e.hidden IS NULL OR e.author = ?1 OR (e.id > ?2 AND"                                         \
    " NOT EXISTS (SELECT 1 FROM json_each(e.hidden) WHERE value = ?1)))"

/* Appends the event of this row, as a JSON object; or `text` has failed. */
void tell_event(sqlite3_stmt *stmt, struct text *text);

/* The op fetch() of the store. */
void tell_fetched(struct chatd_self *self, struct chatd_room *room, int64_t seq, chatd_id request);

#endif
