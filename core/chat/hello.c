#include "chat/hello.h"

#include <config.h>

enum {
    PROTOCOL_VERSION = 1,
    HELLO_MAX = 8192,
};

static void put_names(struct json_writer *w, const struct names *names)
{
    for (size_t i = 0; i < names->n; i++)
        json_item_str(w, slice_str(names->names[i]));
}

int hello_write(const struct hub *hub, struct buf *out)
{
    const struct config *config = hub->config;

    buf_init(out, HELLO_MAX);
    struct json_writer w = json_begin(out, "hello");
    json_put_str(&w, "server", SLICE("chatd/" PACKAGE_VERSION));
    json_put_int(&w, "protocol", PROTOCOL_VERSION);
    json_put_int(&w, "ping_interval", config->ping_interval.number);
    json_put_object(&w, "limits");
    json_put_int(&w, "message_bytes", config->max_text_bytes.number);
    json_put_int(&w, "nick_bytes", config->max_nick_bytes.number);
    json_end_object(&w);
    json_put_array(&w, "auth");
    if (config->allow_guests.number)
        json_item_str(&w, SLICE("guest"));
    put_names(&w, &hub->auth);
    json_end_array(&w);
    json_put_array(&w, "features");
    if (config->direct_messages.number)
        json_item_str(&w, SLICE("direct"));
    put_names(&w, &hub->features);
    json_end_array(&w);
    return json_end(&w);
}
