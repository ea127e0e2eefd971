/*
 * profanity: keeps the words of a list out of messages.
 *
 * `words` is a file with a word or phrase per line. Whole words are found, whatever their case and
 * accents, in look-alike characters (sh1t, $hit), and stretched (shiiiit); Scunthorpe is not.
 * `action` decides: mask the word, drop the message silently, or deny it with the code `filtered`.
 * A `mask` of one character stands for each character of the word, a longer one ("[beep]") for the
 * whole word.
 *
 * How: the words and each text are folded into one spelling, and one regular expression of all
 * words searches it; `from` leads back to the bytes of the original.
 */
#include <chatd-module.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <utf8proc.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum action { MASK, DROP, DENY }; /* as in the option's words */

#define WORD_BYTES_MAX 100
#define MATCH_LIMIT 10000 /* steps from one place in a text; fewer than a hundred are usual */

static const struct chatd_api *chatd;

static pcre2_code *words;
static pcre2_match_data *match;
static pcre2_match_context *limits;

/* ---- Folding ------------------------------------------------------------------------------ */

/* Some texts can be read in several ways; these bits choose. */
#define READ_1_AS_L 1u         /* else as i */
#define READ_STRETCHED_AS_2 2u /* three or more of a letter; else as one */
#define READINGS 4u

/* Kept from text to text, for its memory. */
static struct {
    char *text;
    uint32_t *from; /* for each byte, and for the end: where in the original it begins */
    size_t n;
    size_t size;
    unsigned choices; /* the bits that would make a difference */
    int32_t last;     /* character, how often in a row, and where the one kept last begins */
    size_t run;
    size_t last_at;
} folded;

/* What ASCII is read as. Letters, marks and numbers stay, all else (0 here) only parts words.
 * Digits and signs that look like letters are read as those; a sign as a capital, which nothing
 * else becomes: it may be part of a word, but also stand beside it ("shit!"). put_letters() knows
 * the capitals. */
static const char ascii[128] = {
    ['0'] = 'o', ['1'] = 'i', ['2'] = '2', ['3'] = 'e', ['4'] = 'a', ['5'] = 's', ['6'] = '6',
    ['7'] = 't', ['8'] = 'b', ['9'] = 'g', ['!'] = 'I', ['$'] = 'S', ['@'] = 'A', ['('] = 'C',
    ['|'] = 'I', ['+'] = 'T', ['A'] = 'a', ['B'] = 'b', ['C'] = 'c', ['D'] = 'd', ['E'] = 'e',
    ['F'] = 'f', ['G'] = 'g', ['H'] = 'h', ['I'] = 'i', ['J'] = 'j', ['K'] = 'k', ['L'] = 'l',
    ['M'] = 'm', ['N'] = 'n', ['O'] = 'o', ['P'] = 'p', ['Q'] = 'q', ['R'] = 'r', ['S'] = 's',
    ['T'] = 't', ['U'] = 'u', ['V'] = 'v', ['W'] = 'w', ['X'] = 'x', ['Y'] = 'y', ['Z'] = 'z',
    ['a'] = 'a', ['b'] = 'b', ['c'] = 'c', ['d'] = 'd', ['e'] = 'e', ['f'] = 'f', ['g'] = 'g',
    ['h'] = 'h', ['i'] = 'i', ['j'] = 'j', ['k'] = 'k', ['l'] = 'l', ['m'] = 'm', ['n'] = 'n',
    ['o'] = 'o', ['p'] = 'p', ['q'] = 'q', ['r'] = 'r', ['s'] = 's', ['t'] = 't', ['u'] = 'u',
    ['v'] = 'v', ['w'] = 'w', ['x'] = 'x', ['y'] = 'y', ['z'] = 'z',
};

/* Cyrillic, Greek and Turkish letters that look like Latin ones. */
static const int32_t foreign[] = {0x430, 0x441, 0x435, 0x456, 0x458, 0x43e, 0x440,
                                  0x455, 0x443, 0x445, 0x3b1, 0x3bf, 0x131};
static const char foreign_as[] = "aceijopsyxaoi";

static int32_t fold_ascii(int32_t c, unsigned reading)
{
    if (c == '1' || c == '|') {
        folded.choices |= READ_1_AS_L;
        if (reading & READ_1_AS_L)
            return c == '1' ? 'l' : 'L';
    }
    return ascii[c] != '\0' ? ascii[c] : ' ';
}

static int32_t fold_char(int32_t c, unsigned reading)
{
    if (c < 128)
        return fold_ascii(c, reading);
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

static void put_char(int32_t c, size_t from, unsigned reading)
{
    folded.run = c == folded.last ? folded.run + 1 : 1;
    folded.last = c;
    if (c == ' ' && folded.run > 1)
        return;
    if (folded.run >= 3) {
        folded.choices |= READ_STRETCHED_AS_2;
        if (folded.run == 3 && !(reading & READ_STRETCHED_AS_2))
            folded.n = folded.last_at; /* takes the second one back */
        return;
    }
    folded.last_at = folded.n;
    if (c < 128) {
        folded.text[folded.n] = (char)c;
        folded.from[folded.n++] = (uint32_t)from;
        return;
    }
    utf8proc_ssize_t n = utf8proc_encode_char(c, (uint8_t *)folded.text + folded.n);
    while (n-- > 0)
        folded.from[folded.n++] = (uint32_t)from;
}

static bool is_ascii_letter(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Nearly all there is in nearly all texts: letters of ASCII that are not doubled. Answers where
 * something else comes. */
static size_t fold_letters(struct chatd_str text, size_t i)
{
    char *to = folded.text;
    uint32_t *from = folded.from;
    size_t n = folded.n;
    int32_t last = folded.last;

    for (; i < text.n && is_ascii_letter((unsigned char)text.p[i]); i++) {
        char letter = ascii[(unsigned char)text.p[i]];
        if (letter == last)
            break;
        to[n] = letter;
        from[n++] = (uint32_t)i;
        last = letter;
    }
    if (n == folded.n)
        return i;
    folded.n = n;
    folded.last = last;
    folded.last_at = n - 1;
    folded.run = 1;
    return i;
}

/* Every byte of a text becomes at most eight: a character of one byte stays one, and of others
 * fold() takes at most four characters of four bytes. A space stands in front. */
static int reserve(size_t n)
{
    size_t size = 8 * n + 2;

    if (size <= folded.size)
        return 0;
    free(folded.text);
    free(folded.from);
    folded.text = malloc(size);
    folded.from = malloc(size * sizeof(*folded.from));
    folded.size = folded.text != NULL && folded.from != NULL ? size : 0;
    return folded.size != 0 ? 0 : -ENOMEM;
}

/* Folds the character of more than one byte at `i`; answers its length, or -EILSEQ. */
static utf8proc_ssize_t fold_long_char(struct chatd_str text, size_t i, unsigned reading)
{
    const utf8proc_option_t how =
        UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
    int32_t c, parts[4];
    int state = 0; /* of grapheme clusters, not asked for */

    utf8proc_ssize_t length =
        utf8proc_iterate((const uint8_t *)text.p + i, (utf8proc_ssize_t)(text.n - i), &c);
    if (length <= 0)
        return -EILSEQ;
    utf8proc_ssize_t n = utf8proc_decompose_char(c, parts, 4, how, &state);
    if (n < 0 || n > 4) /* whole phrases in one character */
        put_char(' ', i, reading);
    for (utf8proc_ssize_t k = 0; n <= 4 && k < n; k++)
        if (!is_decoration(parts[k]))
            put_char(fold_char(parts[k], reading), i, reading);
    return length;
}

/* 0, -EILSEQ for text that is not UTF-8, -ENOMEM. */
static int fold(struct chatd_str text, unsigned reading)
{
    utf8proc_ssize_t length;

    if (reserve(text.n) != 0)
        return -ENOMEM;
    folded.n = 0;
    folded.choices = 0;
    folded.last = 0;
    put_char(' ', 0, reading);
    for (size_t i = 0; (i = fold_letters(text, i)) < text.n; i += (size_t)length) {
        unsigned char c = (unsigned char)text.p[i];
        length = 1;
        if (c < 128)
            put_char(fold_ascii(c, reading), i, reading);
        else
            length = fold_long_char(text, i, reading);
        if (length < 0)
            return -EILSEQ;
    }
    folded.from[folded.n] = (uint32_t)text.n;
    folded.text[folded.n] = '\0';
    return 0;
}

/* ---- The word list ------------------------------------------------------------------------ */

struct list {
    char **words; /* folded, sorted */
    size_t n;
};

/* Adds what was just folded, without the space around it and with signs as the letters that they
 * look like. */
static int add_word(struct list *list)
{
    const char *word = folded.text + 1;
    size_t n = strlen(word);

    if (n > 0 && word[n - 1] == ' ')
        n--;
    if (n == 0)
        return -EINVAL;
    char **grown = realloc(list->words, (list->n + 1) * sizeof(*grown));
    if (grown == NULL)
        return -ENOMEM;
    list->words = grown;
    char *copy = strndup(word, n);
    if (copy == NULL)
        return -ENOMEM;
    for (char *c = copy; *c != '\0'; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
    grown[list->n++] = copy;
    return 0;
}

/* Without a letter it would be a price or a year. */
static bool has_letter(struct chatd_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80)
            return true;
    }
    return false;
}

static int read_words(struct chatd_self *self, const char *path, FILE *file, struct list *list)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t n;
    int err = 0;

    for (int number = 1; err == 0 && (n = getline(&line, &size, file)) >= 0; number++) {
        while (n > 0 && strchr(" \t\r\n", line[n - 1]) != NULL)
            n--;
        struct chatd_str word = {line, (size_t)n};
        if (n == 0 || line[0] == '#')
            continue;
        if (n > WORD_BYTES_MAX)
            err = chatd->option_error(self, "words", "%s:%d: too long", path, number);
        else if ((err = fold(word, 0)) == -EILSEQ)
            err = chatd->option_error(self, "words", "%s:%d: not UTF-8", path, number);
        else if (err == 0 && (!has_letter(word) || (err = add_word(list)) == -EINVAL))
            err = chatd->option_error(self, "words", "%s:%d: has no letter", path, number);
    }
    if (err == 0 && ferror(file))
        err = chatd->option_error(self, "words", "%s: %s", path, strerror(errno));
    free(line);
    if (err == 0 && list->n == 0)
        err = chatd->option_error(self, "words", "%s: has no words", path);
    return err;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A sign may stand for a letter. (To ignore case instead would take a search twice as long.) */
static void put_letters(FILE *out, const char *letters, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strchr("acilst", letters[i]) != NULL)
            fprintf(out, "[%c%c]", letters[i], letters[i] - 'a' + 'A');
        else
            fputc(letters[i], out);
}

/* Writes sorted words, which are alike up to `at`, as a tree: sh(?:it|oot). A search does not try
 * thousands of words at each place then. */
static void put_tree(FILE *out, char **sorted, size_t n, size_t at)
{
    if (n == 1) {
        put_letters(out, sorted[0] + at, strlen(sorted[0] + at));
        return;
    }
    fputs("(?:", out);
    for (size_t i = 0, j; i < n; i = j) {
        const char *here = sorted[i] + at;
        size_t length = (size_t)utf8proc_utf8class[(unsigned char)here[0]];

        for (j = i + 1; j < n && strncmp(sorted[j] + at, here, length) == 0; j++)
            ;
        if (i > 0)
            fputc('|', out);
        if (here[0] == '\0')
            continue;
        put_letters(out, here, length);
        put_tree(out, sorted + i, j - i, at + length);
    }
    fputc(')', out);
}

/* What parts words. Folding leaves nothing else but letters, marks and numbers. */
#define SPACE_OR_SIGN "[ A-Z]"

static char *make_pattern(const struct list *list)
{
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);

    if (out == NULL)
        return NULL;
    qsort(list->words, list->n, sizeof(*list->words), by_bytes);
    /* It begins with a character, and not with a look back: so a search tries only the beginnings
     * of words. \K leaves that character out of what was found. */
    fputs(SPACE_OR_SIGN "\\K", out);
    put_tree(out, list->words, list->n, 0);
    fputs("(?=" SPACE_OR_SIGN "|\\z)", out);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

static int compile(struct chatd_self *self, const char *text)
{
    int code;
    PCRE2_SIZE at;

    words = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
                          PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C, &code, &at, NULL);
    if (words == NULL) {
        char why[128];
        pcre2_get_error_message(code, (PCRE2_UCHAR *)why, sizeof(why));
        return chatd->option_error(self, "words", "cannot search for so many words: %s", why);
    }
    pcre2_jit_compile(words, PCRE2_JIT_COMPLETE); /* without, it is only slower */
    match = pcre2_match_data_create(1, NULL);
    limits = pcre2_match_context_create(NULL);
    if (match == NULL || limits == NULL)
        return -ENOMEM;
    pcre2_set_match_limit(limits, MATCH_LIMIT);
    return 0;
}

static void unload(struct chatd_self *self)
{
    (void)self;
    pcre2_code_free(words);
    pcre2_match_data_free(match);
    pcre2_match_context_free(limits);
    free(folded.text);
    free(folded.from);
    words = NULL;
    match = NULL;
    limits = NULL;
    memset(&folded, 0, sizeof(folded));
}

static int load(struct chatd_self *self)
{
    const char *path = chatd->option_str(self, "words").p;
    struct list list = {0};
    FILE *file = fopen(path, "re");
    int err;

    if (file == NULL)
        return chatd->option_error(self, "words", "%s: %s", path, strerror(errno));
    err = read_words(self, path, file, &list);
    fclose(file);
    if (err == 0) {
        char *text = make_pattern(&list);
        err = text != NULL ? compile(self, text) : -ENOMEM;
        free(text);
    }
    for (size_t i = 0; i < list.n; i++)
        free(list.words[i]);
    free(list.words);
    if (err != 0)
        unload(self);
    return err;
}

/* ---- The filter --------------------------------------------------------------------------- */

/* Sets a mark on each byte of `text` that belongs to a word of the list, as the present folding
 * reads it. Answers how many words there are, or a negative error of PCRE2. */
static int mark_words(struct chatd_str text, char *marks)
{
    const PCRE2_SIZE *found = pcre2_get_ovector_pointer(match);
    size_t at = 0;
    int count = 0;
    int result;

    while ((result = pcre2_match(words, (PCRE2_SPTR)folded.text, folded.n, at, PCRE2_NO_UTF_CHECK,
                                 match, limits)) >= 0) {
        size_t end = found[1];
        /* The original of the last character may have become several. */
        while (end < folded.n && folded.from[end] == folded.from[end - 1])
            end++;
        struct chatd_str word = {text.p + folded.from[found[0]],
                                 folded.from[end] - folded.from[found[0]]};
        if (has_letter(word)) {
            memset(marks + folded.from[found[0]], 1, word.n);
            count++;
        }
        at = found[1];
    }
    return result == PCRE2_ERROR_NOMATCH ? count : result;
}

/* The same for all readings of the text. */
static int find_words(struct chatd_str text, char *marks)
{
    unsigned choices = 0;
    int count = 0;

    for (unsigned reading = 0; reading < READINGS; reading++) {
        if (reading & ~choices)
            continue;
        int result = fold(text, reading);
        if (result == 0)
            result = mark_words(text, marks);
        if (result < 0)
            return result;
        count += result;
        choices |= folded.choices;
    }
    return count;
}

static int mask(struct chatd_self *self, struct chatd_msg *msg, struct chatd_str text,
                const char *marks)
{
    struct chatd_str by = chatd->option_str(self, "mask");
    bool each = (size_t)utf8proc_utf8class[(unsigned char)by.p[0]] == by.n;
    char *masked = malloc(text.n * by.n + 1);
    size_t n = 0;

    if (masked == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < text.n; i++) {
        bool starts = each ? ((unsigned char)text.p[i] & 0xc0) != 0x80 : i == 0 || !marks[i - 1];
        if (!marks[i]) {
            masked[n++] = text.p[i];
        } else if (starts) {
            memcpy(masked + n, by.p, by.n);
            n += by.n;
        }
    }
    int err = chatd->msg_set_text(self, msg, masked, n);
    free(masked);
    return err;
}

static int on_message(struct chatd_self *self, struct chatd_msg *msg)
{
    struct chatd_str text = chatd->msg_text(msg);
    enum action action = (enum action)chatd->option_int(self, "action");
    char *marks = calloc(text.n + 1, 1);
    int found = marks != NULL ? find_words(text, marks) : -ENOMEM;
    int verdict = CHATD_PASS;

    if (found < 0) {
        /* Whoever finds a text that cannot be searched shall not get it through. */
        chatd->log(self, CHATD_LOG_WARN, "denied a message: cannot search it (error %d)", found);
        verdict = chatd->deny(self, "filtered", "This message cannot be checked.");
    } else if (found > 0 && action == DROP) {
        verdict = CHATD_DROP;
    } else if (found > 0 && (action == DENY || mask(self, msg, text, marks) != 0)) {
        verdict =
            chatd->deny(self, "filtered", "This message has words that are not welcome here.");
    }
    free(marks);
    return verdict;
}

/* ---- Tables ------------------------------------------------------------------------------- */

static const struct chatd_option options[] = {
    CHATD_OPTION("words", CHATD_PATH, "profanity.txt", "the word list"),
    CHATD_OPTION_ENUM("action", "mask", "mask|drop|deny", "what happens to a message"),
    CHATD_OPTION("mask", CHATD_STRING, "*", "what stands for a masked character, or word"),
    CHATD_END,
};

static const struct chatd_hook hooks[] = {
    CHATD_ON_MESSAGE(on_message, 0),
    CHATD_END,
};

static int check(struct chatd_self *self)
{
    struct chatd_str by = chatd->option_str(self, "mask");

    if (by.n == 0)
        return chatd->option_error(self, "mask", "is empty");
    int err = fold(by, 0);
    if (err == 0)
        err = load(self);
    else if (err == -EILSEQ)
        err = chatd->option_error(self, "mask", "is not UTF-8");
    unload(self);
    return err;
}

CHATD_MODULE(.name = "profanity", .version = "1.0", .about = "keeps words out of messages",
             .api = &chatd, .options = options, .hooks = hooks, .check = check, .init = load,
             .fini = unload);
