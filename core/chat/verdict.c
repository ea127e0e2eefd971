#include "chat/verdict.h"

#include <stdarg.h>
#include <stdio.h>

enum verdict deny(struct denial *denial, const char *code, const char *format, ...)
{
    va_list args;

    snprintf(denial->code, sizeof(denial->code), "%s", code);
    va_start(args, format);
    vsnprintf(denial->text, sizeof(denial->text), format, args);
    va_end(args);
    denial->by[0] = '\0';
    return VERDICT_DENY;
}
