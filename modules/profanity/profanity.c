/*
 * profanity: keeps the words of a list out of messages.
 *
 * `words` is a file with a word or phrase per line. Whole words are found, whatever their case and
 * accents, in look-alike characters (sh1t, $hit), and stretched (shiiiit); Scunthorpe is not.
 * `action` decides: mask the word, drop the message silently, or deny it with the code `filtered`.
 * A `mask` of one character stands for each character of the word, a longer one ("[beep]") for the
 * whole word.
 *
 * How: the words and each text are folded into one spelling (fold.c), and one regular expression of
 * all words searches it (words.c). This file decides what happens then.
 */
#include "words.h"

#include <utf8proc.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum action { MASK, DROP, DENY }; /* as in the option's words */

const struct chatd_api *chatd;

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
    int found = marks != NULL ? words_mark(text, marks) : -ENOMEM;
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

/* With a mistake in the new list the old one stays. */
static void on_reload(struct chatd_self *self)
{
    (void)words_load(self);
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
    CHATD_ON_RELOAD(on_reload, 0),
    CHATD_END,
};

static bool is_utf8(struct chatd_str text)
{
    utf8proc_ssize_t n;
    int32_t c;

    for (size_t i = 0; i < text.n; i += (size_t)n) {
        n = utf8proc_iterate((const uint8_t *)text.p + i, (utf8proc_ssize_t)(text.n - i), &c);
        if (n <= 0)
            return false;
    }
    return true;
}

static int check(struct chatd_self *self)
{
    struct chatd_str by = chatd->option_str(self, "mask");

    if (by.n == 0)
        return chatd->option_error(self, "mask", "is empty");
    if (!is_utf8(by))
        return chatd->option_error(self, "mask", "is not UTF-8");
    int err = words_load(self);
    words_unload();
    return err;
}

static void fini(struct chatd_self *self)
{
    (void)self;
    words_unload();
}

CHATD_MODULE(.name = "profanity", .version = "1.0", .about = "keeps words out of messages",
             .api = &chatd, .options = options, .hooks = hooks, .check = check, .init = words_load,
             .fini = fini);
