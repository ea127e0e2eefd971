#include "plugin/json_api.h"

#include "base/json.h"
#include "plugin/thread.h"
#include "ws/utf8.h"

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
    SERVERS_THREAD_ONLY("json.object", NULL);
    return out(json_object());
}

static struct chatd_json *new_array(void)
{
    SERVERS_THREAD_ONLY("json.array", NULL);
    return out(json_array());
}

static void free_value(struct chatd_json *json)
{
    SERVERS_THREAD_ONLY("json.free");
    json_free(in(json));
}

static struct chatd_json *parse(const char *text, size_t n)
{
    SERVERS_THREAD_ONLY("json.parse", NULL);
    return utf8_valid(slice_of(text, n)) ? out(json_parse(slice_of(text, n))) : NULL;
}

static char *to_text(const struct chatd_json *json)
{
    SERVERS_THREAD_ONLY("json.text", NULL);
    return json_text(in_const(json));
}

static void free_text(char *text)
{
    SERVERS_THREAD_ONLY("json.text_free");
    json_text_free(text);
}

static const struct chatd_json *get(const struct chatd_json *object, const char *key)
{
    SERVERS_THREAD_ONLY("json.get", NULL);
    return out_const(json_get(in_const(object), key));
}

static size_t count(const struct chatd_json *array)
{
    SERVERS_THREAD_ONLY("json.count", 0);
    return json_count(in_const(array));
}

static const struct chatd_json *item(const struct chatd_json *array, size_t i)
{
    SERVERS_THREAD_ONLY("json.item", NULL);
    return out_const(json_item(in_const(array), i));
}

static const char *str(const struct chatd_json *json, const char *fallback)
{
    SERVERS_THREAD_ONLY("json.str", fallback);
    const char *text = json_str(in_const(json));

    return text != NULL ? text : fallback;
}

static int64_t integer(const struct chatd_json *json, int64_t fallback)
{
    SERVERS_THREAD_ONLY("json.integer", fallback);
    int64_t value;

    return json_int(in_const(json), &value) ? value : fallback;
}

static int boolean(const struct chatd_json *json, int fallback)
{
    SERVERS_THREAD_ONLY("json.boolean", fallback);
    bool value;

    return json_bool(in_const(json), &value) ? value : fallback;
}

static bool is_key(const char *key)
{
    return utf8_valid(slice_str(key));
}

static int set(struct chatd_json *object, const char *key, struct chatd_json *value)
{
    SERVERS_THREAD_ONLY("json.set", -EPERM);
    if (is_key(key))
        return json_set(in(object), key, in(value));
    json_free(in(value));
    return -EINVAL;
}

static int set_str(struct chatd_json *object, const char *key, const char *text, size_t n)
{
    SERVERS_THREAD_ONLY("json.set_str", -EPERM);
    if (!is_key(key) || !utf8_valid_text(slice_of(text, n)))
        return -EINVAL;
    return json_set_str(in(object), key, slice_of(text, n));
}

static int set_int(struct chatd_json *object, const char *key, int64_t value)
{
    SERVERS_THREAD_ONLY("json.set_int", -EPERM);
    return is_key(key) ? json_set_int(in(object), key, value) : -EINVAL;
}

static int set_bool(struct chatd_json *object, const char *key, int value)
{
    SERVERS_THREAD_ONLY("json.set_bool", -EPERM);
    return is_key(key) ? json_set_bool(in(object), key, value != 0) : -EINVAL;
}

static int add(struct chatd_json *array, struct chatd_json *value)
{
    SERVERS_THREAD_ONLY("json.add", -EPERM);
    return json_add(in(array), in(value));
}

static int add_str(struct chatd_json *array, const char *text, size_t n)
{
    SERVERS_THREAD_ONLY("json.add_str", -EPERM);
    if (!utf8_valid_text(slice_of(text, n)))
        return -EINVAL;
    return json_add_str(in(array), slice_of(text, n));
}

static int add_int(struct chatd_json *array, int64_t value)
{
    SERVERS_THREAD_ONLY("json.add_int", -EPERM);
    return json_add_int(in(array), value);
}

static struct chatd_json *copy(const struct chatd_json *json)
{
    SERVERS_THREAD_ONLY("json.copy", NULL);
    return out(json_copy(in_const(json)));
}

/* The module's function, and its argument. */
struct walk {
    chatd_json_each_fn *fn;
    void *arg;
};

static int step(const char *key, const struct json *value, void *arg)
{
    const struct walk *walk = arg;

    return walk->fn(key, out_const(value), walk->arg);
}

static int each(const struct chatd_json *json, chatd_json_each_fn *fn, void *arg)
{
    SERVERS_THREAD_ONLY("json.each", -EPERM);
    struct walk walk = {fn, arg};

    return json_each(in_const(json), step, &walk);
}

const struct chatd_json_api json_api = {
    .size = sizeof(struct chatd_json_api),
    .object = new_object,
    .array = new_array,
    .free = free_value,
    .parse = parse,
    .text = to_text,
    .text_free = free_text,
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
    .add_str = add_str,
    .add_int = add_int,
    .copy = copy,
    .each = each,
};
