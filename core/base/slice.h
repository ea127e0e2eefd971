/* A borrowed run of bytes. Whoever hands a slice to a callback keeps the bytes alive until the
 * callback returns; nobody frees through one. Wire data is always a slice, never a C string. */
#ifndef CHATD_BASE_SLICE_H
#define CHATD_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
    const char *p;
    size_t n;
};

/* A slice over a string literal, usable in static initialisers as SLICE_INIT. */
#define SLICE_INIT(literal)                                                                        \
    {                                                                                              \
        "" literal, sizeof(literal) - 1                                                            \
    }
#define SLICE(literal) ((struct slice)SLICE_INIT(literal))

static inline struct slice slice_of(const char *p, size_t n)
{
    return (struct slice){p, n};
}

static inline struct slice slice_str(const char *s)
{
    return (struct slice){s, strlen(s)};
}

static inline bool slice_eq(struct slice a, struct slice b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Equality that ignores the case of ASCII letters only, as HTTP field names and tokens want. */
bool slice_ieq(struct slice a, struct slice b);

bool slice_has_prefix(struct slice s, struct slice prefix);
bool slice_has_suffix(struct slice s, struct slice suffix);

/* Nothing but digits of hexadecimal numbers, in lower case? */
bool slice_is_hex(struct slice s);

/* Without leading and trailing spaces and tabs (RFC 9110 5.6.3, OWS). */
struct slice slice_trim(struct slice s);

/* Cuts the part before `sep` off `*rest` and returns it; without `sep` the whole rest.
 * `*rest` becomes {NULL, 0} when nothing is left to cut. */
struct slice slice_cut(struct slice *rest, char sep);

#endif
