/* JSON: the only file that knows cJSON. */
#ifndef CHATD_BASE_JSON_H
#define CHATD_BASE_JSON_H

#include "base/buf.h"

#include <stdint.h>

struct json;

/* Whole numbers beyond this are not exact in JSON for most peers (RFC 8259 6). */
#define JSON_INT_MAX INT64_C(9007199254740991)

/* ---- Values, freed with json_free() unless they are part of another ----------------------- */

/* NULL when `text` is not exactly one JSON value, or holds U+0000, which a C string cannot. */
struct json *json_parse(struct slice text);
bool json_is_valid(struct slice text);
struct json *json_object(void);
struct json *json_array(void);
void json_free(struct json *json);

/* Without spaces; free with json_text_free(). NULL without memory. */
char *json_text(const struct json *json);
void json_text_free(char *text);

bool json_is_object(const struct json *json);

/* The member, NULL when there is none or `object` is NULL or no object. */
const struct json *json_get(const struct json *object, const char *key);
size_t json_count(const struct json *array);
const struct json *json_item(const struct json *array, size_t i);

/* The string, NULL when `json` is NULL or no string. It lives as long as the value. */
const char *json_str(const struct json *json);
/* False when `json` is NULL or no whole number within +-JSON_INT_MAX. */
bool json_int(const struct json *json, int64_t *out);
bool json_bool(const struct json *json, bool *out);

/* Set or replace a member of an object; add to the end of an array. -EINVAL for the wrong type,
 * -ENOMEM. `value` is taken over, also on failure. */
int json_set(struct json *object, const char *key, struct json *value);
int json_set_str(struct json *object, const char *key, struct slice text);
int json_set_int(struct json *object, const char *key, int64_t value);
int json_set_bool(struct json *object, const char *key, bool value);
int json_add(struct json *array, struct json *value);
int json_add_str(struct json *array, struct slice text);
int json_add_int(struct json *array, int64_t value);

/* All of it; NULL without memory. */
struct json *json_copy(const struct json *json);

typedef int json_each_fn(const char *key, const struct json *value, void *arg);

/* Calls `fn` for each member of an object (with its key) or item of an array (key NULL), until it
 * answers something else than 0; answers that. */
int json_each(const struct json *json, json_each_fn *fn, void *arg);

/* ---- Writing text piece by piece into a buffer -------------------------------------------- */

/* Commas are set as needed. Keys are the protocol's own: they are written as they are, and have
 * nothing to escape. Errors show in the buffer's own return values only at the end:
 * json_end() answers the first one. */
struct json_writer {
    struct buf *out;
    int err;
};

/* Begins an object whose first member is "type". */
struct json_writer json_begin(struct buf *out, const char *type);
void json_put_str(struct json_writer *w, const char *key, struct slice text);
void json_put_int(struct json_writer *w, const char *key, int64_t value);
void json_put_bool(struct json_writer *w, const char *key, bool value);
/* `text` is JSON already. */
void json_put_raw(struct json_writer *w, const char *key, struct slice text);
void json_put_object(struct json_writer *w, const char *key);
void json_end_object(struct json_writer *w);
void json_put_array(struct json_writer *w, const char *key);
void json_end_array(struct json_writer *w);
/* Items of an array. */
void json_item_str(struct json_writer *w, struct slice text);
void json_item_object(struct json_writer *w);
/* The members of a parsed object, as further members; one named "type" is left out, and so are
 * those with names in `without` (NULL at the end; NULL for none). */
void json_put_members(struct json_writer *w, const struct json *object, const char *const *without);
/* Goes on with an object that was ended: `out` ends with its brace. */
struct json_writer json_reopen(struct buf *out);
/* Ends the object, behind which stands a NUL that does not count. Errors: -EMSGSIZE, -ENOMEM. */
int json_end(struct json_writer *w);

#endif
