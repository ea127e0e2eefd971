#include "fold.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <utf8proc.h>

/* Digits are read as the letters that they look like, or stay; so are signs, but as capitals, which
 * nothing else becomes: a sign may be part of a word, but also stand beside it ("shit!"). words.c
 * knows the capitals. */
static const char look_alikes[128] = {
    ['0'] = 'o', ['1'] = 'i', ['2'] = '2', ['3'] = 'e', ['4'] = 'a', ['5'] = 's',
    ['6'] = '6', ['7'] = 't', ['8'] = 'b', ['9'] = 'g', ['!'] = 'I', ['$'] = 'S',
    ['@'] = 'A', ['('] = 'C', ['|'] = 'I', ['+'] = 'T',
};

/* How the bytes are read that can be read in one way only: letters of ASCII as small ones, what
 * parts words as a space. 0 for others. */
static char plain[256];

void fold_prepare(void)
{
    for (int c = 0; c < 128; c++) {
        if (c >= 'A' && c <= 'Z')
            plain[c] = (char)(c - 'A' + 'a');
        else if (c >= 'a' && c <= 'z')
            plain[c] = (char)c;
        else
            plain[c] = look_alikes[c] == '\0' ? ' ' : '\0';
    }
}

/* Cyrillic, Greek and Turkish letters that look like Latin ones. */
static const int32_t foreign[] = {0x430, 0x441, 0x435, 0x456, 0x458, 0x43e, 0x440,
                                  0x455, 0x443, 0x445, 0x3b1, 0x3bf, 0x131};
static const char foreign_as[] = "aceijopsyxaoi";

static int32_t fold_ascii(struct folded *folded, int32_t c, unsigned reading)
{
    if (c == '1' || c == '|') {
        folded->choices |= READ_1_AS_L;
        if (reading & READ_1_AS_L)
            return c == '1' ? 'l' : 'L';
    }
    return plain[c] != '\0' ? plain[c] : look_alikes[c];
}

static int32_t fold_char(struct folded *folded, int32_t c, unsigned reading)
{
    if (c < 128)
        return fold_ascii(folded, c, reading);
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
        if (c == foreign[i])
            return foreign_as[i];
    /* Letters, marks and numbers. */
    utf8proc_category_t category = utf8proc_category(c);
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO ? c : ' ';
}

/* Accents, and the vowel points of Hebrew and Arabic. Marks of other combining classes (Indic
 * vowels, Japanese voicing) make another letter and stay. */
static bool is_decoration(int32_t c)
{
    const utf8proc_property_t *property = utf8proc_get_property(c);

    return property->category == UTF8PROC_CATEGORY_ME || property->combining_class == 1 ||
           property->combining_class >= 10;
}

static void put_char(struct folded *folded, int32_t c, size_t from, unsigned reading)
{
    folded->run = c == folded->last ? folded->run + 1 : 1;
    folded->last = c;
    if (c == ' ' && folded->run > 1)
        return;
    if (folded->run >= 3) {
        folded->choices |= READ_STRETCHED_AS_2;
        if (folded->run == 3 && !(reading & READ_STRETCHED_AS_2))
            folded->n = folded->last_at; /* takes the second one back */
        return;
    }
    folded->last_at = folded->n;
    if (c < 128) {
        folded->text[folded->n] = (char)c;
        folded->from[folded->n++] = (uint32_t)from;
        return;
    }
    utf8proc_ssize_t n = utf8proc_encode_char(c, (uint8_t *)folded->text + folded->n);
    while (n-- > 0)
        folded->from[folded->n++] = (uint32_t)from;
}

/* Nearly all there is in nearly all texts: plain bytes that are not doubled. Answers where
 * something else comes. */
static size_t fold_plain(struct folded *folded, const char *text, size_t length, size_t i)
{
    char *to = folded->text;
    uint32_t *from = folded->from;
    size_t n = folded->n;
    int32_t last = folded->last;

    for (; i < length; i++) {
        char c = plain[(unsigned char)text[i]];
        if (c == '\0' || c == last)
            break;
        to[n] = c;
        from[n++] = (uint32_t)i;
        last = c;
    }
    if (n == folded->n)
        return i;
    folded->n = n;
    folded->last = last;
    folded->last_at = n - 1;
    folded->run = 1;
    return i;
}

/* Every byte of a text becomes at most eight: a character of one byte stays one, and of others
 * fold() takes at most four characters of four bytes. A space stands in front. */
static int reserve(struct folded *folded, size_t n)
{
    size_t size = 8 * n + 2;

    if (size <= folded->size)
        return 0;
    free(folded->text);
    free(folded->from);
    folded->text = malloc(size);
    folded->from = malloc(size * sizeof(*folded->from));
    folded->size = folded->text != NULL && folded->from != NULL ? size : 0;
    return folded->size != 0 ? 0 : -ENOMEM;
}

/* Folds the character of more than one byte at `i`; answers its length, or -EILSEQ. */
static utf8proc_ssize_t fold_long_char(struct folded *folded, const char *text, size_t n, size_t i,
                                       unsigned reading)
{
    const utf8proc_option_t how =
        UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
    int32_t c, parts[4];
    int state = 0; /* of grapheme clusters, not asked for */

    utf8proc_ssize_t length =
        utf8proc_iterate((const uint8_t *)text + i, (utf8proc_ssize_t)(n - i), &c);
    if (length <= 0)
        return -EILSEQ;
    utf8proc_ssize_t n_parts = utf8proc_decompose_char(c, parts, 4, how, &state);
    if (n_parts < 0 || n_parts > 4) /* whole phrases in one character */
        put_char(folded, ' ', i, reading);
    for (utf8proc_ssize_t k = 0; n_parts <= 4 && k < n_parts; k++)
        if (!is_decoration(parts[k]))
            put_char(folded, fold_char(folded, parts[k], reading), i, reading);
    return length;
}

int fold(struct folded *folded, const char *text, size_t n, unsigned reading)
{
    utf8proc_ssize_t length;

    if (reserve(folded, n) != 0)
        return -ENOMEM;
    folded->n = 0;
    folded->choices = 0;
    folded->last = 0;
    put_char(folded, ' ', 0, reading);
    for (size_t i = 0; (i = fold_plain(folded, text, n, i)) < n; i += (size_t)length) {
        unsigned char c = (unsigned char)text[i];
        length = 1;
        if (c < 128)
            put_char(folded, fold_ascii(folded, c, reading), i, reading);
        else
            length = fold_long_char(folded, text, n, i, reading);
        if (length < 0)
            return -EILSEQ;
    }
    folded->from[folded->n] = (uint32_t)n;
    folded->text[folded->n] = '\0';
    return 0;
}

void folded_free(struct folded *folded)
{
    free(folded->text);
    free(folded->from);
    *folded = (struct folded){0};
}
