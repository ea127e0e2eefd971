#include "base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_CAPACITY = 256 };

/* With the NUL of buf_cstr() the size of the largest object; so no sum below overflows. */
static const size_t possible = PTRDIFF_MAX - 1;

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max < possible ? max : possible};
}

void buf_deinit(struct buf *b)
{
    free(b->p);
    buf_init(b, b->max);
}

/* Room for `n` more bytes and the NUL of buf_cstr(). */
int buf_reserve(struct buf *b, size_t n)
{
    if (n > b->max - b->n)
        return -EMSGSIZE;
    size_t need = b->n + n + 1;
    if (need <= b->cap)
        return 0;

    size_t cap = b->cap > 0 ? b->cap : FIRST_CAPACITY;
    while (cap < need)
        cap *= 2;
    if (cap > b->max + 1)
        cap = b->max + 1;
    char *p = realloc(b->p, cap);
    if (p == NULL)
        return -ENOMEM;
    b->p = p;
    b->cap = cap;
    return 0;
}

int buf_append(struct buf *b, const void *p, size_t n)
{
    int err = buf_reserve(b, n);

    if (err != 0 || n == 0)
        return err;
    memcpy(b->p + b->n, p, n);
    b->n += n;
    return 0;
}

int buf_append_slice(struct buf *b, struct slice s)
{
    return buf_append(b, s.p, s.n);
}

int buf_append_char(struct buf *b, char c)
{
    return buf_append(b, &c, 1);
}

int buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0)
        return -EINVAL;
    int err = buf_reserve(b, (size_t)n);
    if (err != 0)
        return err;
    va_start(args, format);
    vsnprintf(b->p + b->n, (size_t)n + 1, format, args);
    va_end(args);
    b->n += (size_t)n;
    return 0;
}

void buf_clear(struct buf *b)
{
    b->n = 0;
}

const char *buf_cstr(struct buf *b)
{
    if (buf_reserve(b, 0) != 0)
        return NULL;
    b->p[b->n] = '\0';
    return b->p;
}
