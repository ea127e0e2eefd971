#include "ws/utf8.h"

#include <string.h>

static const uint64_t high_bits = 0x8080808080808080u;

void utf8_init(struct utf8 *u)
{
    *u = (struct utf8){0};
}

/* The second byte is what tells overlong forms (after E0, F0), surrogates (ED) and code points
 * above U+10FFFF (F4) apart; C0, C1 and F5 to FF begin nothing (RFC 3629 4). */
static bool take_first(struct utf8 *u, unsigned char c)
{
    if (c < 0xc2 || c > 0xf4)
        return false;
    u->left = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
    u->low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    u->high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    return true;
}

static bool take_next(struct utf8 *u, unsigned char c)
{
    if (c < u->low || c > u->high)
        return false;
    u->left--;
    u->low = 0x80;
    u->high = 0xbf;
    return true;
}

/* The first byte at or after `at` that is not ASCII, or `n`. */
static size_t skip_ascii(const char *p, size_t at, size_t n)
{
    uint64_t word;

    while (n - at >= sizeof(word)) {
        memcpy(&word, p + at, sizeof(word));
        if ((word & high_bits) != 0)
            break;
        at += sizeof(word);
    }
    while (at < n && (unsigned char)p[at] < 0x80)
        at++;
    return at;
}

bool utf8_feed(struct utf8 *u, const char *p, size_t n)
{
    size_t at = 0;

    while (at < n) {
        if (u->left == 0) {
            at = skip_ascii(p, at, n);
            if (at < n && !take_first(u, (unsigned char)p[at++]))
                return false;
        } else if (!take_next(u, (unsigned char)p[at++])) {
            return false;
        }
    }
    return true;
}

bool utf8_done(const struct utf8 *u)
{
    return u->left == 0;
}

bool utf8_valid(struct slice text)
{
    struct utf8 u;

    utf8_init(&u);
    return utf8_feed(&u, text.p, text.n) && utf8_done(&u);
}

bool utf8_valid_text(struct slice text)
{
    return text.n == 0 || (memchr(text.p, '\0', text.n) == NULL && utf8_valid(text));
}

size_t utf8_cut(const char *text, size_t n)
{
    size_t at = n;

    /* Back to the first byte of the last character; it stays when it is whole. */
    while (at > 0 && n - at < 3 && ((unsigned char)text[at - 1] & 0xc0) == 0x80)
        at--;
    if (at == 0)
        return n;
    return utf8_valid((struct slice){text + at - 1, n - at + 1}) ? n : at - 1;
}
