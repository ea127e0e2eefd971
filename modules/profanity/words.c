#include "words.h"

#include "fold.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <utf8proc.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD_BYTES_MAX 100
#define MATCH_LIMIT 10000 /* steps from one place in a text; fewer than a hundred are usual */

struct search {
    pcre2_code *words;
    pcre2_match_data *match;
    pcre2_match_context *limits;
};

static struct search search;
static struct folded folded;

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
        else if ((err = fold(&folded, word.p, word.n, 0)) == -EILSEQ)
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

#define SIGNED "acilst" /* the letters that signs look like */

/* A sign may stand for a letter. (To ignore case instead would take a search twice as long.) */
static void put_letters(FILE *out, const char *letters, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strchr(SIGNED, letters[i]) != NULL)
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

/* A search costs some twenty times as much as a look at the two bytes that a word would begin with,
 * and most words of most texts are done with by that. */
static bool beginnings[256][256];
static bool parts_words[256];

static void add_beginning(unsigned char first, unsigned char second)
{
    beginnings[first][second] = true;
}

static char sign_of(char letter)
{
    return letter != '\0' && strchr(SIGNED, letter) != NULL ? (char)(letter - 'a' + 'A') : letter;
}

static void learn_beginnings(const struct list *list)
{
    memset(beginnings, 0, sizeof(beginnings));
    for (int c = 0; c < 256; c++)
        parts_words[c] = c == ' ' || (c >= 'A' && c <= 'Z');
    for (size_t i = 0; i < list->n; i++) {
        const char *word = list->words[i];
        for (int c = 0; word[1] == '\0' && c < 256; c++) { /* anything may follow */
            add_beginning((unsigned char)word[0], (unsigned char)c);
            add_beginning((unsigned char)sign_of(word[0]), (unsigned char)c);
        }
        add_beginning((unsigned char)word[0], (unsigned char)word[1]);
        add_beginning((unsigned char)word[0], (unsigned char)sign_of(word[1]));
        add_beginning((unsigned char)sign_of(word[0]), (unsigned char)word[1]);
        add_beginning((unsigned char)sign_of(word[0]), (unsigned char)sign_of(word[1]));
    }
}

/* May a word stand behind this character of a folded text, which ends with a NUL? */
static bool may_begin_at(const char *p)
{
    return parts_words[(unsigned char)p[0]] && p[1] != '\0' &&
           beginnings[(unsigned char)p[1]][(unsigned char)p[2]];
}

static char *make_pattern(const struct list *list)
{
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);

    if (out == NULL)
        return NULL;
    qsort(list->words, list->n, sizeof(*list->words), by_bytes);
    /* \K leaves what stands before a word out of what was found. */
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

    search.words =
        pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
                      PCRE2_UTF | PCRE2_ANCHORED | PCRE2_NEVER_BACKSLASH_C, &code, &at, NULL);
    if (search.words == NULL) {
        char why[128];
        pcre2_get_error_message(code, (PCRE2_UCHAR *)why, sizeof(why));
        return chatd->option_error(self, "words", "cannot search for so many words: %s", why);
    }
    pcre2_jit_compile(search.words, PCRE2_JIT_COMPLETE); /* without, it is only slower */
    search.match = pcre2_match_data_create(1, NULL);
    search.limits = pcre2_match_context_create(NULL);
    if (search.match == NULL || search.limits == NULL)
        return -ENOMEM;
    pcre2_set_match_limit(search.limits, MATCH_LIMIT);
    return 0;
}

static void search_deinit(struct search *of)
{
    pcre2_code_free(of->words);
    pcre2_match_data_free(of->match);
    pcre2_match_context_free(of->limits);
    *of = (struct search){0};
}

void words_unload(void)
{
    search_deinit(&search);
    folded_free(&folded);
}

static int read_list(struct chatd_self *self, struct list *list)
{
    const char *path = chatd->option_str(self, "words").p;
    FILE *file = fopen(path, "re");

    if (file == NULL)
        return chatd->option_error(self, "words", "%s: %s", path, strerror(errno));
    int err = read_words(self, path, file, list);
    fclose(file);
    return err;
}

int words_load(struct chatd_self *self)
{
    struct search before = search;
    struct list list = {0};

    fold_prepare();
    int err = read_list(self, &list);
    search = (struct search){0};
    if (err == 0) {
        char *text = make_pattern(&list);
        err = text != NULL ? compile(self, text) : -ENOMEM;
        free(text);
    }
    if (err == 0)
        learn_beginnings(&list);
    else
        search_deinit(&search);
    if (err == 0)
        search_deinit(&before);
    else
        search = before;
    for (size_t i = 0; i < list.n; i++)
        free(list.words[i]);
    free(list.words);
    return err;
}

/* ---- Searching ---------------------------------------------------------------------------- */

/* Answers 1 when the original of text[from..to) is a word and no number. */
static int mark_word(struct chatd_str text, size_t from, size_t to, char *marks)
{
    /* The original of the last character may have become several. */
    while (to < folded.n && folded.from[to] == folded.from[to - 1])
        to++;
    struct chatd_str word = {text.p + folded.from[from], folded.from[to] - folded.from[from]};
    if (!has_letter(word))
        return 0;
    memset(marks + folded.from[from], 1, word.n);
    return 1;
}

/* The same for the present reading. */
static int mark_reading(struct chatd_str text, char *marks)
{
    const PCRE2_SIZE *found = pcre2_get_ovector_pointer(search.match);
    int count = 0;

    for (size_t at = 0; at < folded.n; at++) {
        if (!may_begin_at(folded.text + at))
            continue;
        int result = pcre2_match(search.words, (PCRE2_SPTR)folded.text, folded.n, at,
                                 PCRE2_NO_UTF_CHECK, search.match, search.limits);
        if (result == PCRE2_ERROR_NOMATCH)
            continue;
        if (result < 0)
            return result;
        count += mark_word(text, found[0], found[1], marks);
        at = found[1] - 1;
    }
    return count;
}

int words_mark(struct chatd_str text, char *marks)
{
    unsigned choices = 0;
    int count = 0;

    for (unsigned reading = 0; reading < READINGS; reading++) {
        if (reading & ~choices)
            continue;
        int result = fold(&folded, text.p, text.n, reading);
        if (result == 0)
            result = mark_reading(text, marks);
        if (result < 0)
            return result;
        count += result;
        choices |= folded.choices;
    }
    return count;
}
