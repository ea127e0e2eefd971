/* One spelling for what reads alike: case, accents, look-alikes, stretched letters. */
#ifndef PROFANITY_FOLD_H
#define PROFANITY_FOLD_H

#include <stddef.h>
#include <stdint.h>

/* Some texts can be read in several ways; these bits choose. */
#define READ_1_AS_L 1u         /* else as i */
#define READ_STRETCHED_AS_2 2u /* three or more of a letter; else as one */
#define READINGS 4u

/* All zero is an empty one; it keeps its memory from text to text. */
struct folded {
    char *text;     /* letters, marks and numbers; spaces, and capitals for signs, part words. It
                       begins with a space and ends with a NUL. */
    uint32_t *from; /* for each byte, and for the end: where in the original it begins */
    size_t n;
    unsigned choices; /* the bits that would make a difference */
    /* The rest is fold()'s own. */
    size_t size;
    int32_t last; /* character, how often in a row, and where the one kept last begins */
    size_t run;
    size_t last_at;
};

/* To be called before the first fold(). */
void fold_prepare(void);

/* 0, -EILSEQ for text that is not UTF-8, -ENOMEM. */
int fold(struct folded *folded, const char *text, size_t n, unsigned reading);

void folded_free(struct folded *folded);

#endif
