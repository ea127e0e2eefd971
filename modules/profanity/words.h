/* The words of the list, and where a text has them. */
#ifndef PROFANITY_WORDS_H
#define PROFANITY_WORDS_H

#include <chatd-module.h>

extern const struct chatd_api *chatd;

/* Reads the file of the option `words`. What is wrong with it is told with option_error(); not 0
 * then, and the words are those of before. */
int words_load(struct chatd_self *self);
void words_unload(void);

/* Sets a mark on each byte of `text` that belongs to a word, however it can be read. Answers how
 * many words there are (one that is found in two readings counts twice), or a negative error. */
int words_mark(struct chatd_str text, char *marks);

#endif
