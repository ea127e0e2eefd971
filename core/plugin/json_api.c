#include "plugin/json_api.h"

#include "base/json.h"

#include <errno.h>

static struct json *in(struct chatd_json *json)
{
    return (struct json *)json;
}

static const struct json *in_const(const struct chatd_json *json)
{
    return (const struct json *)json;
}

static struct chatd_json *out(struct json *json)
{
    return (struct chatd_json *)json;
}

static const struct chatd_json *out_const(const struct json *json)
{
    return (const struct chatd_json *)json;
}

static struct chatd_json *new_object(void)
{
    return out(json_object());
}

static struct chatd_json *new_array(void)
{
    return out(json_array());
}

static void free_value(struct chatd_json *json)
{
    json_free(in(json));
}

static struct chatd_json *parse(const char *text, size_t n)
{
    return out(json_parse(slice_of(text, n)));
}

static char *to_text(const struct chatd_json *json)
{
    return json_text(in_const(json));
}

static const struct chatd_json *get(const struct chatd_json *object, const char *key)
{
    return out_const(json_get(in_const(object), key));
}

static size_t count(const struct chatd_json *array)
{
    return json_count(in_const(array));
}

static const struct chatd_json *item(const struct chatd_json *array, size_t i)
{
    return out_const(json_item(in_const(array), i));
}

static const char *str(const struct chatd_json *json, const char *fallback)
{
    const char *text = json_str(in_const(json));

    return text != NULL ? text : fallback;
}

static int64_t integer(const struct chatd_json *json, int64_t fallback)
{
    int64_t value;

    return json_int(in_const(json), &value) ? value : fallback;
}

static int boolean(const struct chatd_json *json, int fallback)
{
    bool value;

    return json_bool(in_const(json), &value) ? value : fallback;
}

static int set(struct chatd_json *object, const char *key, struct chatd_json *value)
{
    return json_set(in(object), key, in(value));
}

static int set_str(struct chatd_json *object, const char *key, const char *text, size_t n)
{
    return json_set_str(in(object), key, slice_of(text, n));
}

static int set_int(struct chatd_json *object, const char *key, int64_t value)
{
    return json_set_int(in(object), key, value);
}

static int set_bool(struct chatd_json *object, const char *key, int value)
{
    return json_set_bool(in(object), key, value != 0);
}

static int add(struct chatd_json *array, struct chatd_json *value)
{
    return json_add(in(array), in(value));
}

const struct chatd_json_api json_api = {
    .size = sizeof(struct chatd_json_api),
    .object = new_object,
    .array = new_array,
    .free = free_value,
    .parse = parse,
    .text = to_text,
    .text_free = json_text_free,
    .get = get,
    .count = count,
    .item = item,
    .str = str,
    .integer = integer,
    .boolean = boolean,
    .set = set,
    .set_str = set_str,
    .set_int = set_int,
    .set_bool = set_bool,
    .add = add,
};
