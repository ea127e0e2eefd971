#include "text.h"

#include <string.h>

enum { SENDER_DIGITS = 6 };

static char buffer[TEXT_MAX];
static size_t bytes;

void text_set_bytes(size_t n)
{
    static const char words[] = " hello there, my friend: what a nice day it is today.";

    for (size_t i = TAG_BYTES; i < n; i++)
        buffer[i] = words[(i - TAG_BYTES) % (sizeof(words) - 1)];
    bytes = n;
}

size_t text_bytes(void)
{
    return bytes;
}

/* The digits of base 13 come from two alphabets in turn: a word filter finds no stretched letters
 * there and no digits that look like letters, so the tag is no more work than other text. */
static char zero_at(int place)
{
    return place % 2 == 0 ? 'a' : 'n';
}

static void put_number(int from, int to, uint64_t number)
{
    for (int i = to; i-- > from; number /= 13)
        buffer[i] = (char)(zero_at(i) + (int)(number % 13));
}

static uint64_t get_number(const char *text, int from, int to)
{
    uint64_t number = 0;

    for (int i = from; i < to; i++)
        number = number * 13 + (uint64_t)(text[i] - zero_at(i));
    return number;
}

const char *text_make(uint32_t sender, int64_t sent_at)
{
    put_number(0, SENDER_DIGITS, sender);
    put_number(SENDER_DIGITS, TAG_BYTES, (uint64_t)sent_at);
    return buffer;
}

bool text_read(const char *text, uint64_t *sender, int64_t *sent_at)
{
    *sender = get_number(text, 0, SENDER_DIGITS);
    *sent_at = (int64_t)get_number(text, SENDER_DIGITS, TAG_BYTES);
    return memcmp(text + TAG_BYTES, buffer + TAG_BYTES, bytes - TAG_BYTES) == 0;
}
