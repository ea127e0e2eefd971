#include "net/proxy_header.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum {
    SHORTEST = sizeof("PROXY UNKNOWN\r\n") - 1,
    V1_MAX = 107, /* with CRLF (2.1) */
    V2_FIXED = 16,
    V2_COMMAND_LOCAL = 0x20,
    V2_COMMAND_PROXY = 0x21,
    V2_TCP4 = 0x11,
    V2_TCP6 = 0x21,
    V2_TCP4_BYTES = 12,
    V2_TCP6_BYTES = 36,
};

static const char v1_begin[] = "PROXY ";
static const char v2_begin[12] = {'\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n'};

static bool begins_with(const char *p, size_t n, const char *begin, size_t begin_n)
{
    return memcmp(p, begin, n < begin_n ? n : begin_n) == 0;
}

static bool is_v2(const char *p)
{
    return p[0] == v2_begin[0];
}

/* ---- Length ------------------------------------------------------------------------------- */

static size_t v2_length(const char *p)
{
    return V2_FIXED + ((size_t)(unsigned char)p[14] << 8 | (unsigned char)p[15]);
}

static int v2_lacks(const char *p, size_t n)
{
    if (n < V2_FIXED)
        return (int)(V2_FIXED - n);
    size_t length = v2_length(p);
    unsigned command = (unsigned char)p[12];
    if (length > PROXY_HEADER_MAX || (command != V2_COMMAND_LOCAL && command != V2_COMMAND_PROXY))
        return -EPROTO;
    return n < length ? (int)(length - n) : 0;
}

static bool v1_is_good(const char *p, size_t n);

/* A line. Behind a CR it lacks the LF, else at least both. */
static int v1_lacks(const char *p, size_t n)
{
    const char *cr = memchr(p, '\r', n);

    if (cr == NULL)
        return n + 2 <= V1_MAX && memchr(p, '\n', n) == NULL ? 2 : -EPROTO;
    if (cr + 1 == p + n)
        return n + 1 <= V1_MAX ? 1 : -EPROTO;
    return cr + 2 == p + n && cr[1] == '\n' && v1_is_good(p, n) ? 0 : -EPROTO;
}

int proxy_header_lacks(const char *p, size_t n)
{
    if (n == 0)
        return SHORTEST;
    bool v2 = is_v2(p);
    if (v2 ? !begins_with(p, n, v2_begin, sizeof(v2_begin))
           : !begins_with(p, n, v1_begin, sizeof(v1_begin) - 1))
        return -EPROTO;
    if (n < SHORTEST)
        return (int)(SHORTEST - n);
    return v2 ? v2_lacks(p, n) : v1_lacks(p, n);
}

/* ---- Addresses ---------------------------------------------------------------------------- */

static bool read_port(struct slice text, uint16_t *port)
{
    unsigned value = 0;

    if (text.n == 0 || text.n > 5 || (text.n > 1 && text.p[0] == '0'))
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        value = value * 10 + (unsigned)(text.p[i] - '0');
    }
    *port = (uint16_t)value;
    return value <= UINT16_MAX;
}

/* PROXY TCP4 192.0.2.1 192.0.2.2 5000 443, TCP6 with other addresses, or PROXY UNKNOWN and whatever
 * follows (2.1). */
static bool v1_read(const char *p, size_t n, struct address *client, bool *known)
{
    struct slice rest = slice_of(p + sizeof(v1_begin) - 1, n - sizeof(v1_begin) + 1 - 2);
    struct slice family = slice_cut(&rest, ' ');
    bool v6 = slice_eq(family, SLICE("TCP6"));
    struct address destination;
    uint16_t port;

    *known = !slice_eq(family, SLICE("UNKNOWN"));
    if (!*known)
        return true;
    if (!v6 && !slice_eq(family, SLICE("TCP4")))
        return false;
    for (int i = 0; i < 2; i++) {
        struct slice ip = slice_cut(&rest, ' ');
        if (v6 != (memchr(ip.p, ':', ip.n) != NULL) ||
            !address_read(ip, i == 0 ? client : &destination))
            return false;
    }
    struct slice client_port = slice_cut(&rest, ' ');
    return read_port(client_port, &client->port) && read_port(rest, &port);
}

static bool v1_is_good(const char *p, size_t n)
{
    struct address client;
    bool known;

    return v1_read(p, n, &client, &known);
}

/* 2.2: the source address, the destination address, the source port ... */
static bool v2_client(const char *p, struct address *out)
{
    const char *addresses = p + V2_FIXED;
    size_t length = v2_length(p) - V2_FIXED;
    unsigned family = (unsigned char)p[13];
    union {
        struct sockaddr sa;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } from = {0};

    if ((unsigned char)p[12] != V2_COMMAND_PROXY)
        return false;
    if (family == V2_TCP4 && length >= V2_TCP4_BYTES) {
        from.in.sin_family = AF_INET;
        memcpy(&from.in.sin_addr, addresses, 4);
        memcpy(&from.in.sin_port, addresses + 8, 2);
    } else if (family == V2_TCP6 && length >= V2_TCP6_BYTES) {
        from.in6.sin6_family = AF_INET6;
        memcpy(&from.in6.sin6_addr, addresses, 16);
        memcpy(&from.in6.sin6_port, addresses + 32, 2);
    } else {
        return false;
    }
    *out = address_from(&from.sa);
    return true;
}

bool proxy_header_client(const char *p, size_t n, struct address *out)
{
    struct address client;
    bool known;

    if (is_v2(p))
        return v2_client(p, out);
    if (!v1_read(p, n, &client, &known) || !known)
        return false;
    *out = client;
    return true;
}
