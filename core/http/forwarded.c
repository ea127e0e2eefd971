#include "http/forwarded.h"

/* The chain, read from the client's end: what is known of the client so far. */
struct chain {
    const struct address_ranges *trusted;
    struct address client;
    bool known;
    bool https;
};

/* Adds the next node. Untrusted ones to the left of it do not matter then: this one could have
 * invented them. */
static void add_node(struct chain *chain, const struct address *node, bool https)
{
    if (chain->known && address_is_in(node, chain->trusted))
        return;
    chain->client = *node;
    chain->known = true;
    chain->https = https;
}

static void add_unknown(struct chain *chain)
{
    chain->known = false;
    chain->https = false;
}

static bool is_port(struct slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
    return text.n > 0 && text.n <= 5;
}

/* An address as in a URI: 192.0.2.1[:port] or [2001:db8::1][:port] (RFC 7239 6); X-Forwarded-For
 * has IPv6 without brackets, too. */
static bool read_node(struct slice text, struct address *out)
{
    struct slice host = text;
    const char *colon = text.n > 0 ? memrchr(text.p, ':', text.n) : NULL;

    if (address_read(text, out))
        return true;
    if (colon != NULL && is_port(slice_of(colon + 1, (size_t)(text.p + text.n - colon - 1))))
        host.n = (size_t)(colon - text.p);
    if (host.n >= 2 && host.p[0] == '[' && host.p[host.n - 1] == ']') {
        host = slice_of(host.p + 1, host.n - 2);
        return memchr(host.p, ':', host.n) != NULL && address_read(host, out);
    }
    return memchr(host.p, ':', host.n) == NULL && address_read(host, out);
}

/* ---- Forwarded (RFC 7239 4) --------------------------------------------------------------- */

static struct slice skip_space(struct slice s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = slice_of(s.p + 1, s.n - 1);
    return s;
}

static struct slice take_token(struct slice *rest)
{
    size_t n = 0;

    while (n < rest->n && http_is_tchar((unsigned char)rest->p[n]))
        n++;
    struct slice token = slice_of(rest->p, n);
    *rest = slice_of(rest->p + n, rest->n - n);
    return token;
}

/* A token, or what stands between quotes. No value that is of use has anything to escape. */
static bool take_value(struct slice *rest, struct slice *value)
{
    if (rest->n == 0 || rest->p[0] != '"') {
        *value = take_token(rest);
        return value->n > 0;
    }
    const char *end = memchr(rest->p + 1, '"', rest->n - 1);
    if (end == NULL)
        return false;
    *value = slice_of(rest->p + 1, (size_t)(end - rest->p - 1));
    *rest = slice_of(end + 1, (size_t)(rest->p + rest->n - end - 1));
    return memchr(value->p, '\\', value->n) == NULL;
}

/* One element, up to its comma or the end; false when it is malformed. */
static bool take_element(struct slice *rest, struct slice *node, bool *https)
{
    for (;;) {
        struct slice value;
        *rest = skip_space(*rest);
        struct slice name = take_token(rest);
        if (name.n == 0 || rest->n == 0 || rest->p[0] != '=')
            return false;
        *rest = slice_of(rest->p + 1, rest->n - 1);
        if (!take_value(rest, &value))
            return false;
        if (slice_ieq(name, SLICE("for")))
            *node = value;
        else if (slice_ieq(name, SLICE("proto")))
            *https = slice_ieq(value, SLICE("https"));
        *rest = skip_space(*rest);
        if (rest->n == 0 || rest->p[0] == ',')
            return true;
        if (rest->p[0] != ';')
            return false;
        *rest = slice_of(rest->p + 1, rest->n - 1);
    }
}

static void read_forwarded_field(struct chain *chain, struct slice rest)
{
    while (rest.n > 0) {
        struct slice node = SLICE("");
        struct address address;
        bool https = false;
        if (!take_element(&rest, &node, &https)) {
            add_unknown(chain);
            return; /* where the next element begins is anybody's guess */
        }
        if (read_node(node, &address))
            add_node(chain, &address, https);
        else
            add_unknown(chain);
        if (rest.n > 0)
            rest = slice_of(rest.p + 1, rest.n - 1); /* the comma */
    }
}

/* ---- X-Forwarded-For ---------------------------------------------------------------------- */

/* Proxies replace this field, so it has one item; of several the last one is the nearest's. */
static bool read_proto(const struct http_request *request)
{
    struct http_list list;
    struct slice item;
    bool https = false;

    http_list_init(&list, request, "X-Forwarded-Proto");
    while (http_list_next(&list, &item))
        https = slice_ieq(item, SLICE("https"));
    return https;
}

static void read_x_forwarded(struct chain *chain, const struct http_request *request)
{
    struct http_list list;
    struct slice item;

    http_list_init(&list, request, "X-Forwarded-For");
    while (http_list_next(&list, &item)) {
        struct address address;
        if (read_node(item, &address))
            add_node(chain, &address, false);
        else
            add_unknown(chain);
    }
    chain->https = read_proto(request);
}

void forwarded_read(const struct http_request *request, enum forwarded_by by,
                    const struct address *peer, const struct address_ranges *trusted,
                    struct address *client, bool *https)
{
    struct chain chain = {.trusted = trusted};
    const struct http_field *field = NULL;

    switch (by) {
    case FORWARDED_BY_X_FORWARDED_FOR:
        read_x_forwarded(&chain, request);
        break;
    case FORWARDED_BY_FORWARDED:
        while ((field = http_field_find(request, "Forwarded", field)) != NULL)
            read_forwarded_field(&chain, field->value);
        break;
    }
    *client = chain.known ? chain.client : *peer;
    *https = chain.https;
}
