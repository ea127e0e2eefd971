#include "dialect.h"

#include <string.h>

static const struct dialect dialects[] = {
    {
        .name = "chatd",
        .target = "/ws",
        .subprotocol = "chatd.v1",
        .steps =
            {
                {"{\"type\":\"hello\"", "{\"type\":\"login\",\"nick\":\"u@\"}"},
                {"{\"type\":\"welcome\"", "{\"type\":\"join\",\"id\":\"j\",\"room\":\"r#\"}"},
                {"{\"type\":\"ok\",\"id\":\"j\"", NULL},
            },
        .message = "{\"type\":\"message\",\"room\":\"r#\",\"text\":\"$\"}",
        .event_begin = "{\"type\":\"message\"",
        .event_end = "\"}",
        .leave = {"{\"type\":\"ok\",\"id\":\"l\"",
                  "{\"type\":\"leave\",\"id\":\"l\",\"room\":\"r#\"}"},
        .error = "{\"type\":\"error\"",
    },
};

const struct dialect *dialect_find(const char *name)
{
    for (size_t i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++)
        if (strcmp(dialects[i].name, name) == 0)
            return &dialects[i];
    return NULL;
}

static size_t put_number(char *out, uint32_t number)
{
    for (int i = 4; i >= 0; i--, number /= 10)
        out[i] = (char)('0' + number % 10);
    return 5;
}

size_t dialect_expand(char *out, const char *template, uint32_t client, uint32_t room,
                      const char *text, size_t text_n)
{
    size_t n = 0;

    for (const char *p = template; *p != '\0'; p++) {
        if (*p == '#') {
            n += put_number(out + n, room);
        } else if (*p == '@') {
            n += put_number(out + n, client);
        } else if (*p == '$') {
            memcpy(out + n, text, text_n);
            n += text_n;
        } else {
            out[n++] = *p;
        }
    }
    return n;
}
