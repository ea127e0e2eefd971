/* What filters and handlers decide. The numbers are those of the module ABI. */
#ifndef CHATD_CHAT_VERDICT_H
#define CHATD_CHAT_VERDICT_H

enum verdict {
    VERDICT_PASS = 0,
    VERDICT_DENY = 1,
    VERDICT_DROP = 2,
    VERDICT_ACCEPT = 3,
    VERDICT_PENDING = 4,
};

/* Why something was refused, and by which module ("" for the core). */
struct denial {
    char code[32];
    char text[200];
    char by[32];
};

/* Fills in the denial and answers VERDICT_DENY. */
enum verdict deny(struct denial *denial, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
