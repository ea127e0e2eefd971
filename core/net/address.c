#include "net/address.h"

#include "base/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct address address_from(const struct sockaddr *sa)
{
    struct address address = {0};

    if (sa->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, sa, sizeof(in6));
        memcpy(address.ip, &in6.sin6_addr, sizeof(address.ip));
        address.port = ntohs(in6.sin6_port);
    } else if (sa->sa_family == AF_INET) {
        struct sockaddr_in in4;
        memcpy(&in4, sa, sizeof(in4));
        memcpy(address.ip, mapped_prefix, sizeof(mapped_prefix));
        memcpy(address.ip + sizeof(mapped_prefix), &in4.sin_addr, 4);
        address.port = ntohs(in4.sin_port);
    }
    return address;
}

bool address_is_ipv4(const struct address *address)
{
    return memcmp(address->ip, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

void address_ip_text(const struct address *address, char out[ADDRESS_TEXT_BYTES])
{
    const char *text =
        address_is_ipv4(address)
            ? inet_ntop(AF_INET, address->ip + sizeof(mapped_prefix), out, ADDRESS_TEXT_BYTES)
            : inet_ntop(AF_INET6, address->ip, out, ADDRESS_TEXT_BYTES);

    if (text == NULL)
        out[0] = '\0';
}

void address_text(const struct address *address, char out[ADDRESS_TEXT_BYTES])
{
    char ip[ADDRESS_TEXT_BYTES];
    bool v4 = address_is_ipv4(address);

    address_ip_text(address, ip);
    snprintf(out, ADDRESS_TEXT_BYTES, "%s%.46s%s:%u", v4 ? "" : "[", ip, v4 ? "" : "]",
             (unsigned)address->port);
}

/* ---- Reading ------------------------------------------------------------------------------ */

bool address_read(struct slice text, struct address *out)
{
    char copy[INET6_ADDRSTRLEN];
    struct address address = {0};

    if (text.n >= sizeof(copy) || memchr(text.p, '\0', text.n) != NULL)
        return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    if (inet_pton(AF_INET, copy, address.ip + sizeof(mapped_prefix)) == 1)
        memcpy(address.ip, mapped_prefix, sizeof(mapped_prefix));
    else if (inet_pton(AF_INET6, copy, address.ip) != 1)
        return false;
    *out = address;
    return true;
}

static bool bit_of(const uint8_t ip[16], unsigned i)
{
    return (ip[i / 8] >> (7 - i % 8) & 1) != 0;
}

static const char *read_bits(struct slice text, unsigned max, unsigned *bits)
{
    unsigned value = 0;

    if (text.n == 0 || text.n > 3)
        return "there is no number of bits behind the slash";
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return "there is no number of bits behind the slash";
        value = value * 10 + (unsigned)(text.p[i] - '0');
    }
    if (value > max)
        return "it has not that many bits";
    *bits = value;
    return NULL;
}

/* NULL, or what is wrong. */
static const char *read_range(const char *text, struct address_range *out)
{
    struct slice rest = slice_str(text);
    struct slice ip = slice_cut(&rest, '/');
    struct address address;
    unsigned bits = 128;

    if (!address_read(ip, &address))
        return "this is no address like 192.0.2.1 or 2001:db8::1, nor a range like 192.0.2.0/24";
    if (rest.p != NULL) {
        bool v4 = memchr(ip.p, ':', ip.n) == NULL;
        const char *why = read_bits(rest, v4 ? 32 : 128, &bits);
        if (why != NULL)
            return why;
        bits += v4 ? 96 : 0;
    }
    for (unsigned i = bits; i < 128; i++)
        if (bit_of(address.ip, i))
            return "it has bits behind those that count";
    memcpy(out->ip, address.ip, sizeof(out->ip));
    out->bits = (uint8_t)bits;
    return NULL;
}

/* Appends what one item stands for, at most two ranges. NULL, or what is wrong. */
static const char *add_item(const char *item, struct address_ranges *ranges)
{
    bool loopback = strcmp(item, "loopback") == 0;
    const char *why = read_range(loopback ? "127.0.0.0/8" : item, &ranges->items[ranges->n]);

    if (why != NULL)
        return why;
    ranges->n++;
    return loopback ? add_item("::1", ranges) : NULL;
}

int address_ranges_read(const struct option_value *option, const char *name, const char *file,
                        struct address_ranges *out)
{
    struct address_ranges ranges = {0};
    int err = 0;

    ranges.items = calloc(2 * option->n_items + 1, sizeof(*ranges.items));
    if (ranges.items == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < option->n_items; i++) {
        const char *why = add_item(option->items[i], &ranges);
        if (why == NULL)
            continue;
        log_error(option->where != NULL ? option->where : file, "%s: %s: %s", name,
                  log_escape(slice_str(option->items[i])), why);
        err = -EINVAL;
    }
    if (err != 0)
        address_ranges_deinit(&ranges);
    else
        *out = ranges;
    return err;
}

void address_ranges_deinit(struct address_ranges *ranges)
{
    free(ranges->items);
    *ranges = (struct address_ranges){0};
}

static bool is_in(const struct address *address, const struct address_range *range)
{
    size_t bytes = range->bits / 8;
    unsigned left = range->bits % 8;

    if (memcmp(address->ip, range->ip, bytes) != 0)
        return false;
    return left == 0 || (address->ip[bytes] ^ range->ip[bytes]) >> (8 - left) == 0;
}

bool address_is_in(const struct address *address, const struct address_ranges *ranges)
{
    for (size_t i = 0; i < ranges->n; i++)
        if (is_in(address, &ranges->items[i]))
            return true;
    return false;
}

/* ---- Resolving ---------------------------------------------------------------------------- */

static bool is_port(const char *text)
{
    size_t n = strlen(text);

    return n > 0 && n <= 5 && strspn(text, "0123456789") == n && atoi(text) <= 65535;
}

const char *address_resolve(const char *text, struct addrinfo **out)
{
    char host[256];
    const char *colon = strrchr(text, ':');
    const char *begin = text;
    const char *end = colon;

    if (colon == NULL)
        return "not HOST:PORT or [IPv6]:PORT";
    if (!is_port(colon + 1))
        return "the port is no number from 0 to 65535";
    bool brackets = *begin == '[';
    if (brackets) {
        if (colon == begin || colon[-1] != ']')
            return "not [IPv6]:PORT";
        begin++;
        end--;
    } else if (memchr(begin, ':', (size_t)(end - begin)) != NULL) {
        return "an IPv6 address needs brackets: [::1]:8080";
    }
    if ((size_t)(end - begin) >= sizeof(host))
        return "the host name is too long";
    memcpy(host, begin, (size_t)(end - begin));
    host[end - begin] = '\0';

    if (brackets && host[0] == '\0')
        return "there is no address in the brackets";
    const struct addrinfo hints = {
        .ai_family = brackets ? AF_INET6 : AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_PASSIVE | AI_NUMERICSERV | (brackets ? AI_NUMERICHOST : 0),
    };
    int err = getaddrinfo(host[0] != '\0' ? host : NULL, colon + 1, &hints, out);
    return err == 0 ? NULL : gai_strerror(err);
}
