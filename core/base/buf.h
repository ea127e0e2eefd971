/* An owned byte buffer that grows on demand up to a maximum. */
#ifndef CHATD_BASE_BUF_H
#define CHATD_BASE_BUF_H

#include "base/slice.h"

struct buf {
    char *p;
    size_t n;
    size_t cap;
    size_t max;
};

/* An empty buffer that never holds more than `max` bytes; it owns no memory until it is written. */
void buf_init(struct buf *b, size_t max);

/* Frees the memory; the buffer is empty and usable afterwards. */
void buf_deinit(struct buf *b);

/* Makes room for `n` more bytes. Errors: -EMSGSIZE beyond the maximum, -ENOMEM. */
int buf_reserve(struct buf *b, size_t n);

/* Appends a copy of `n` bytes at `p`. Errors as buf_reserve(); the buffer is unchanged then. */
int buf_append(struct buf *b, const void *p, size_t n);
int buf_append_slice(struct buf *b, struct slice s);
int buf_append_char(struct buf *b, char c);
int buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Forgets the content and keeps the memory. */
void buf_clear(struct buf *b);

/* The content with a NUL behind it, which does not count; NULL when there is no memory for it.
 * Valid until the next call on the buffer. */
const char *buf_cstr(struct buf *b);

static inline struct slice buf_slice(const struct buf *b)
{
    return slice_of(b->p, b->n);
}

#endif
