#include "chat/verdict.h"

#include "ws/utf8.h"

#include <stdarg.h>
#include <stdio.h>

enum verdict deny(struct denial *denial, const char *code, const char *format, ...)
{
    va_list args;

    if (snprintf(denial->code, sizeof(denial->code), "%s", code) >= (int)sizeof(denial->code))
        denial->code[utf8_cut(denial->code, sizeof(denial->code) - 1)] = '\0';
    va_start(args, format);
    int n = vsnprintf(denial->text, sizeof(denial->text), format, args);
    va_end(args);
    if (n >= (int)sizeof(denial->text))
        denial->text[utf8_cut(denial->text, sizeof(denial->text) - 1)] = '\0';
    denial->by[0] = '\0';
    return VERDICT_DENY;
}
