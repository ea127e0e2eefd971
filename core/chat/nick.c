#include "chat/nick.h"

#include <stdlib.h>
#include <utf8proc.h>

/* Characters that a name may not have: controls, line breaks, what changes the direction of the
 * text around it or shows nothing, what is not assigned. */
static const char *check_character(utf8proc_int32_t c, bool spaces)
{
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return "it has invisible or control characters";
    case UTF8PROC_CATEGORY_ZS:
        return spaces && c == ' ' ? NULL : "it has spaces where they are not allowed";
    default:
        return NULL;
    }
}

static const char *check(struct slice name, size_t max_bytes, bool spaces)
{
    if (name.n == 0)
        return "it is empty";
    if (name.n > max_bytes)
        return "it is too long";
    if (name.p[0] == ' ' || name.p[name.n - 1] == ' ')
        return "it has spaces where they are not allowed";
    for (size_t at = 0; at < name.n;) {
        utf8proc_int32_t c;
        utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)name.p + at,
                                              (utf8proc_ssize_t)(name.n - at), &c);
        if (n <= 0)
            return "it is not UTF-8";
        const char *why = check_character(c, spaces);
        if (why != NULL)
            return why;
        if (c == ' ' && name.p[at + 1] == ' ')
            return "it has spaces where they are not allowed";
        at += (size_t)n;
    }
    return NULL;
}

static char *map(struct slice text, utf8proc_option_t options)
{
    utf8proc_uint8_t *out = NULL;

    if (utf8proc_map((const utf8proc_uint8_t *)text.p, (utf8proc_ssize_t)text.n, &out,
                     options | UTF8PROC_STABLE) < 0)
        return NULL;
    return (char *)out;
}

const char *nick_check(struct slice nick, size_t max_bytes, char **key)
{
    const char *why = check(nick, max_bytes, true);

    if (why != NULL)
        return why;
    char *mapped =
        map(nick, UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
    if (mapped == NULL)
        return "it cannot be normalised";
    if (mapped[0] == '\0') {
        free(mapped);
        return "it is empty";
    }
    *key = mapped;
    return NULL;
}

const char *room_name_check(struct slice name, size_t max_bytes)
{
    const char *why = check(name, max_bytes, false);

    if (why != NULL)
        return why;
    char *visible = map(name, UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_IGNORE);
    if (visible == NULL || visible[0] == '\0')
        why = "it shows nothing";
    free(visible);
    if (why != NULL)
        return why;
    char *composed = map(name, UTF8PROC_COMPOSE);
    if (composed == NULL || !slice_eq(name, slice_str(composed)))
        why = "it is not in Unicode normalisation form C";
    free(composed);
    return why;
}
