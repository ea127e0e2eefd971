#include "dialect.h"

#include <string.h>

/* As long as what chatd writes. */
#define EVENT                                                                                      \
    "{\"type\":\"message\",\"room\":\"r#\",\"seq\":1000,\"ts\":1795392000000,\"from\":"            \
    "{\"id\":\"4be0643f1d98573b\",\"nick\":\"u@\"},\"text\":\"$\"}"

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
    /* For servers that pass messages on as they came: the client sends the event itself. */
    {
        .name = "relay",
        .target = "/r#",
        .message = EVENT,
        .event_begin = "{\"type\":\"message\"",
        .event_end = "\"}",
    },
    /* Socket.IO 5 in Engine.IO 4, without the polling. */
    {
        .name = "socketio",
        .target = "/socket.io/?EIO=4&transport=websocket",
        .steps =
            {
                {"0{", "40"},
                {"40", "42[\"join\",\"r#\"]"},
                {"42[\"joined\"", NULL},
            },
        .message = "42[\"message\"," EVENT "]",
        .event_begin = "42[\"message\",",
        .event_end = "\"}]",
        .heartbeat = {"2", "3"},
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
