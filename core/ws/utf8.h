/* UTF-8 checked as it arrives (RFC 3629): no overlong forms, no surrogates, nothing above
 * U+10FFFF. The text may be cut anywhere, also inside a character. */
#ifndef CHATD_WS_UTF8_H
#define CHATD_WS_UTF8_H

#include "base/slice.h"

#include <stdint.h>

/* Where the text stands: the bytes that the current character still lacks, and the range that the
 * next one of them must lie in. All zero is the start. */
struct utf8 {
    uint8_t left;
    uint8_t low;
    uint8_t high;
};

void utf8_init(struct utf8 *u);

/* Checks the next `n` bytes. False as soon as a byte can belong to no valid text, without waiting
 * for the character's end; the state is of no use then until utf8_init(). */
bool utf8_feed(struct utf8 *u, const char *p, size_t n);

/* May the text end here? False inside a character. */
bool utf8_done(const struct utf8 *u);

/* Is this the whole of a valid text? */
bool utf8_valid(struct slice text);

/* The same, and it has no NUL: it can be a C string. */
bool utf8_valid_text(struct slice text);

/* The largest length up to `n`, of a text that has at least `n` bytes, that cuts no character. */
size_t utf8_cut(const char *text, size_t n);

#endif
