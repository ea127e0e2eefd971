#include "http/path.h"

#include <errno.h>

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The byte at the front of `*rest`, which is not empty, decoded and cut off; -1 for a bad escape or
 * a byte that may not be. */
static int take_byte(struct slice *rest)
{
    int c = (unsigned char)*rest->p;
    size_t n = 1;

    if (c == '%') {
        int high = rest->n >= 3 ? hex_value(rest->p[1]) : -1;
        int low = rest->n >= 3 ? hex_value(rest->p[2]) : -1;
        if (high < 0 || low < 0)
            return -1;
        c = high << 4 | low;
        n = 3;
    }
    *rest = slice_of(rest->p + n, rest->n - n);
    return c < 0x20 || c == 0x7f || c == '/' || c == '\\' ? -1 : c;
}

static int append_decoded(struct slice segment, struct buf *out)
{
    while (segment.n > 0) {
        int c = take_byte(&segment);
        int err = c < 0 ? -EINVAL : buf_append_char(out, (char)c);
        if (err != 0)
            return err;
    }
    return 0;
}

/* Takes the last segment and the '/' in front of it off; the path begins at `base`. */
static int drop_segment(struct buf *out, size_t base)
{
    if (out->n == base)
        return -EINVAL;
    do
        out->n--;
    while (out->p[out->n] != '/');
    return 0;
}

/* Appends a '/' and the segment, or does what a dot segment means. */
static int append_segment(struct slice segment, bool last, struct buf *out, size_t base)
{
    size_t start = out->n;
    int err = buf_append_char(out, '/');

    if (err == 0)
        err = append_decoded(segment, out);
    if (err != 0)
        return err;
    struct slice decoded = slice_of(out->p + start + 1, out->n - start - 1);
    bool up = slice_eq(decoded, SLICE(".."));
    if (!up && !slice_eq(decoded, SLICE(".")))
        return 0;
    out->n = start;
    if (up)
        err = drop_segment(out, base);
    return err == 0 && last ? buf_append_char(out, '/') : err;
}

int http_path_decode(struct slice raw, struct buf *out)
{
    size_t base = out->n;
    int err = 0;

    if (raw.n == 0 || raw.p[0] != '/')
        return -EINVAL;
    struct slice rest = slice_of(raw.p + 1, raw.n - 1);
    while (err == 0 && rest.p != NULL) {
        struct slice segment = slice_cut(&rest, '/');
        err = append_segment(segment, rest.p == NULL, out, base);
    }
    if (err != 0)
        out->n = base;
    return err;
}

bool http_path_is_plain(struct slice path)
{
    struct buf decoded;

    buf_init(&decoded, path.n);
    bool plain = http_path_decode(path, &decoded) == 0 && slice_eq(buf_slice(&decoded), path);
    buf_deinit(&decoded);
    return plain && memchr(path.p, '?', path.n) == NULL && memchr(path.p, '#', path.n) == NULL;
}
