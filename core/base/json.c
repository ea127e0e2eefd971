#include "base/json.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* struct json is cJSON under a name of our own. */
static cJSON *mutable(struct json *json)
{
    return (cJSON *)json;
}

static const cJSON *constant(const struct json *json)
{
    return (const cJSON *)json;
}

static struct json *wrap(cJSON *json)
{
    return (struct json *)json;
}

/* ---- Strictness ---------------------------------------------------------------------------
 * cJSON takes words for JSON that are none (RFC 8259 2, 6, 7), and U+0000, at which its strings
 * would end. What it lets pass is checked here, word by word; how words follow each other is its
 * business. Each function answers the place behind the word, NULL when it is wrong. */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *skip_digits(const char *p, const char *end)
{
    const char *from = p;

    while (p < end && is_digit(*p))
        p++;
    return p > from ? p : NULL;
}

static const char *skip_number(const char *p, const char *end)
{
    if (*p == '-')
        p++;
    if (p < end && *p == '0')
        p++;
    else
        p = skip_digits(p, end);
    if (p != NULL && p < end && *p == '.')
        p = skip_digits(p + 1, end);
    if (p != NULL && p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        p = skip_digits(p, end);
    }
    return p != NULL && p < end && is_digit(*p) ? NULL : p;
}

static const char *skip_escape(const char *p, const char *end)
{
    static const char hex[] = "0123456789abcdefABCDEF";
    bool nul = true;

    if (p == end || *p == '\0' || strchr("\"\\/bfnrtu", *p) == NULL)
        return NULL;
    if (*p != 'u')
        return p + 1;
    if (end - p < 5)
        return NULL;
    for (int i = 1; i <= 4; i++) {
        if (p[i] == '\0' || strchr(hex, p[i]) == NULL)
            return NULL;
        nul = nul && p[i] == '0';
    }
    return nul ? NULL : p + 5;
}

/* Is there a byte in `word` that a string has to escape: a control character, '"' or '\\'? Eight
 * bytes at once, for every text is looked through several times. ("Determine if a word has a zero
 * byte" and "a byte less than n" in Bit Twiddling Hacks, Sean Eron Anderson.) */
static bool has_special(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t high = ones << 7;
    uint64_t quote = word ^ (ones * '"');
    uint64_t backslash = word ^ (ones * '\\');

    return (((word - ones * 0x20) & ~word) | ((quote - ones) & ~quote) |
            ((backslash - ones) & ~backslash)) &
           high;
}

/* The first byte that a string has to escape, or `end`. */
static const char *skip_plain(const char *p, const char *end)
{
    uint64_t word;

    for (; end - p >= (ptrdiff_t)sizeof(word); p += sizeof(word)) {
        memcpy(&word, p, sizeof(word));
        if (has_special(word))
            break;
    }
    while (p < end && (unsigned char)*p >= 0x20 && *p != '"' && *p != '\\')
        p++;
    return p;
}

static const char *skip_string(const char *p, const char *end)
{
    p = skip_plain(p + 1, end);
    while (p != NULL && p < end && *p == '\\') {
        p = skip_escape(p + 1, end);
        if (p != NULL)
            p = skip_plain(p, end);
    }
    return p != NULL && p < end && *p == '"' ? p + 1 : NULL;
}

/* White space, the marks between words, and the letters of true, false and null. */
static bool is_mark(char c)
{
    switch (c) {
    case '{':
    case '}':
    case '[':
    case ']':
    case ',':
    case ':':
    case ' ':
    case '\t':
    case '\r':
    case '\n':
        return true;
    default:
        return c >= 'a' && c <= 'z';
    }
}

static bool is_strict(struct slice text)
{
    const char *p = text.p;
    const char *end = text.p + text.n;

    while (p != NULL && p < end) {
        if (*p == '"')
            p = skip_string(p, end);
        else if (*p == '-' || is_digit(*p))
            p = skip_number(p, end);
        else
            p = is_mark(*p) ? p + 1 : NULL;
    }
    return p != NULL;
}

/* cJSON 1.7 prints numbers of more than 15 digits inexactly; a raw value is printed as it is. False
 * for a number that is too large for any type. */
static bool keep_exact(cJSON *json)
{
    char text[24];
    int64_t value;

    for (; json != NULL; json = json->next) {
        if (!keep_exact(json->child) || (cJSON_IsNumber(json) && isinf(json->valuedouble)))
            return false;
        if (!json_int(wrap(json), &value) || llabs(value) < INT64_C(1000000000000000))
            continue;
        snprintf(text, sizeof(text), "%" PRId64, value);
        char *copy = cJSON_malloc(sizeof(text));
        if (copy == NULL)
            continue;
        memcpy(copy, text, sizeof(text));
        json->valuestring = copy;
        json->type = cJSON_Raw;
    }
    return true;
}

struct json *json_parse(struct slice text)
{
    const char *end = NULL;

    if (!is_strict(text))
        return NULL;
    cJSON *json = cJSON_ParseWithLengthOpts(text.p, text.n, &end, 0);
    if (json == NULL)
        return NULL;
    while (end < text.p + text.n && strchr(" \t\r\n", *end) != NULL)
        end++;
    if (end != text.p + text.n || !keep_exact(json)) {
        cJSON_Delete(json);
        return NULL;
    }
    return wrap(json);
}

bool json_is_valid(struct slice text)
{
    struct json *json = json_parse(text);

    json_free(json);
    return json != NULL;
}

struct json *json_object(void)
{
    return wrap(cJSON_CreateObject());
}

struct json *json_array(void)
{
    return wrap(cJSON_CreateArray());
}

void json_free(struct json *json)
{
    cJSON_Delete(mutable(json));
}

char *json_text(const struct json *json)
{
    return cJSON_PrintUnformatted(constant(json));
}

void json_text_free(char *text)
{
    cJSON_free(text);
}

bool json_is_object(const struct json *json)
{
    return cJSON_IsObject(constant(json));
}

const struct json *json_get(const struct json *object, const char *key)
{
    return wrap(cJSON_GetObjectItemCaseSensitive(constant(object), key));
}

size_t json_count(const struct json *array)
{
    return cJSON_IsArray(constant(array)) ? (size_t)cJSON_GetArraySize(constant(array)) : 0;
}

const struct json *json_item(const struct json *array, size_t i)
{
    return i < json_count(array) ? wrap(cJSON_GetArrayItem(constant(array), (int)i)) : NULL;
}

const char *json_str(const struct json *json)
{
    return cJSON_GetStringValue(constant(json));
}

bool json_int(const struct json *json, int64_t *out)
{
    if (cJSON_IsRaw(constant(json))) {
        long long number = strtoll(constant(json)->valuestring, NULL, 10);
        if (number > JSON_INT_MAX || number < -JSON_INT_MAX)
            return false;
        *out = number;
        return true;
    }
    if (!cJSON_IsNumber(constant(json)))
        return false;
    double value = constant(json)->valuedouble;
    if (!(fabs(value) <= (double)JSON_INT_MAX) || value != floor(value))
        return false;
    *out = (int64_t)value;
    return true;
}

bool json_bool(const struct json *json, bool *out)
{
    if (!cJSON_IsBool(constant(json)))
        return false;
    *out = cJSON_IsTrue(constant(json));
    return true;
}

int json_set(struct json *object, const char *key, struct json *value)
{
    if (value == NULL)
        return -ENOMEM;
    if (!cJSON_IsObject(mutable(object))) {
        json_free(value);
        return -EINVAL;
    }
    cJSON_DeleteItemFromObjectCaseSensitive(mutable(object), key);
    if (!cJSON_AddItemToObject(mutable(object), key, mutable(value))) {
        json_free(value);
        return -ENOMEM;
    }
    return 0;
}

static struct json *new_str(struct slice text)
{
    char *copy = strndup(text.n > 0 ? text.p : "", text.n);
    struct json *json = copy != NULL ? wrap(cJSON_CreateString(copy)) : NULL;

    free(copy);
    return json;
}

static struct json *new_int(int64_t value)
{
    char text[24];

    /* cJSON 1.7 prints numbers of more than 15 digits inexactly; a raw value is printed as it is.
     */
    snprintf(text, sizeof(text), "%" PRId64, value);
    return wrap(cJSON_CreateRaw(text));
}

int json_set_str(struct json *object, const char *key, struct slice text)
{
    return json_set(object, key, new_str(text));
}

int json_set_int(struct json *object, const char *key, int64_t value)
{
    return json_set(object, key, new_int(value));
}

int json_set_bool(struct json *object, const char *key, bool value)
{
    return json_set(object, key, wrap(cJSON_CreateBool(value)));
}

int json_add(struct json *array, struct json *value)
{
    if (value == NULL)
        return -ENOMEM;
    if (!cJSON_IsArray(mutable(array))) {
        json_free(value);
        return -EINVAL;
    }
    if (!cJSON_AddItemToArray(mutable(array), mutable(value))) {
        json_free(value);
        return -ENOMEM;
    }
    return 0;
}

int json_add_str(struct json *array, struct slice text)
{
    return json_add(array, new_str(text));
}

int json_add_int(struct json *array, int64_t value)
{
    return json_add(array, new_int(value));
}

struct json *json_copy(const struct json *json)
{
    return wrap(cJSON_Duplicate(constant(json), true));
}

int json_each(const struct json *json, json_each_fn *fn, void *arg)
{
    const cJSON *at = cJSON_IsObject(constant(json)) || cJSON_IsArray(constant(json))
                          ? constant(json)->child
                          : NULL;
    int stop = 0;

    for (; at != NULL && stop == 0; at = at->next)
        stop = fn(at->string, (const struct json *)at, arg);
    return stop;
}

/* ---- The writer --------------------------------------------------------------------------- */

static void put(struct json_writer *w, struct slice s)
{
    if (w->err == 0)
        w->err = buf_append_slice(w->out, s);
}

static void put_char(struct json_writer *w, char c)
{
    put(w, slice_of(&c, 1));
}

static void put_escape(struct json_writer *w, unsigned char c)
{
    char text[sizeof("\\u0000")];

    if (c == '"' || c == '\\')
        snprintf(text, sizeof(text), "\\%c", c);
    else if (c == '\n')
        snprintf(text, sizeof(text), "\\n");
    else
        snprintf(text, sizeof(text), "\\u%04x", c);
    put(w, slice_str(text));
}

/* Room for `n` more bytes, which the caller fills; NULL after an error. */
static char *extend(struct json_writer *w, size_t n)
{
    if (w->err == 0)
        w->err = buf_reserve(w->out, n);
    if (w->err != 0)
        return NULL;
    w->out->n += n;
    return w->out->p + w->out->n - n;
}

static void put_quoted(struct json_writer *w, struct slice s)
{
    const char *p = s.p;
    const char *end = s.p + s.n;

    put_char(w, '"');
    while (p < end) {
        const char *special = skip_plain(p, end);
        put(w, slice_of(p, (size_t)(special - p)));
        if (special < end)
            put_escape(w, (unsigned char)*special++);
        p = special;
    }
    put_char(w, '"');
}

static bool needs_comma(const struct json_writer *w)
{
    char last = w->out->n > 0 ? w->out->p[w->out->n - 1] : '{';

    return last != '{' && last != '[';
}

static void put_comma(struct json_writer *w)
{
    if (needs_comma(w))
        put_char(w, ',');
}

/* The keys of the protocol need no escapes. */
static void put_key(struct json_writer *w, const char *key)
{
    bool comma = needs_comma(w);
    size_t n = strlen(key);
    char *p = extend(w, n + 3 + comma);

    if (p == NULL)
        return;
    if (comma)
        *p++ = ',';
    *p++ = '"';
    memcpy(p, key, n);
    memcpy(p + n, "\":", 2);
}

struct json_writer json_begin(struct buf *out, const char *type)
{
    struct json_writer w = {.out = out};

    put_char(&w, '{');
    json_put_str(&w, "type", slice_str(type));
    return w;
}

struct json_writer json_reopen(struct buf *out)
{
    out->n--;
    return (struct json_writer){.out = out};
}

void json_put_str(struct json_writer *w, const char *key, struct slice text)
{
    put_key(w, key);
    put_quoted(w, text);
}

void json_put_int(struct json_writer *w, const char *key, int64_t value)
{
    char text[24];
    char *end = text + sizeof(text);
    char *p = end;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;

    /* Two of them are in every message: snprintf() would cost as much as the rest of it. */
    do
        *--p = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (value < 0)
        *--p = '-';
    json_put_raw(w, key, slice_of(p, (size_t)(end - p)));
}

void json_put_bool(struct json_writer *w, const char *key, bool value)
{
    json_put_raw(w, key, value ? SLICE("true") : SLICE("false"));
}

void json_put_raw(struct json_writer *w, const char *key, struct slice text)
{
    put_key(w, key);
    put(w, text);
}

void json_put_object(struct json_writer *w, const char *key)
{
    put_key(w, key);
    put_char(w, '{');
}

void json_end_object(struct json_writer *w)
{
    put_char(w, '}');
}

void json_put_array(struct json_writer *w, const char *key)
{
    put_key(w, key);
    put_char(w, '[');
}

void json_end_array(struct json_writer *w)
{
    put_char(w, ']');
}

void json_item_str(struct json_writer *w, struct slice text)
{
    put_comma(w);
    put_quoted(w, text);
}

void json_item_object(struct json_writer *w)
{
    put_comma(w);
    put_char(w, '{');
}

static bool is_among(const char *name, const char *const *names)
{
    for (; names != NULL && *names != NULL; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

void json_put_members(struct json_writer *w, const struct json *object, const char *const *without)
{
    const cJSON *member;

    if (!json_is_object(object))
        return;
    for (member = constant(object)->child; member != NULL; member = member->next) {
        if (strcmp(member->string, "type") == 0 || is_among(member->string, without))
            continue;
        char *text = cJSON_PrintUnformatted(member);
        if (text == NULL) {
            w->err = -ENOMEM;
            return;
        }
        put_comma(w);
        put_quoted(w, slice_str(member->string));
        put_char(w, ':');
        put(w, slice_str(text));
        cJSON_free(text);
    }
}

int json_end(struct json_writer *w)
{
    put_char(w, '}');
    if (w->err == 0 && buf_cstr(w->out) == NULL)
        w->err = -ENOMEM;
    return w->err;
}
