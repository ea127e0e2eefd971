/* Socket addresses as text and back. */
#ifndef CHATD_NET_ADDRESS_H
#define CHATD_NET_ADDRESS_H

#include "base/option.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* A peer's address in 20 bytes; IPv4 as IPv4-mapped IPv6 (RFC 4291 2.5.5.2). */
struct address {
    uint8_t ip[16];
    uint16_t port;
};

enum { ADDRESS_TEXT_BYTES = 64 };

struct address address_from(const struct sockaddr *sa);
bool address_is_ipv4(const struct address *address);

/* "192.0.2.1:80" or "[2001:db8::1]:80"; the second form without the port. */
void address_text(const struct address *address, char out[ADDRESS_TEXT_BYTES]);
void address_ip_text(const struct address *address, char out[ADDRESS_TEXT_BYTES]);

/* Reads an IPv4 or IPv6 address without brackets and port (the port is 0 then). */
bool address_read(struct slice text, struct address *out);

/* Addresses that have their first bits in common (RFC 4632, RFC 4291 2.3). */
struct address_range {
    uint8_t ip[16];
    uint8_t bits;
};

struct address_ranges {
    struct address_range *items;
    size_t n;
};

/* Reads a list of "192.0.2.0/24", "2001:db8::/32", single addresses, or "loopback", which is
 * 127.0.0.0/8 and ::1. Mistakes are logged with
 * `name` and where the option stands, in `file` without a line of its own: -EINVAL. -ENOMEM. */
int address_ranges_read(const struct option_value *option, const char *name, const char *file,
                        struct address_ranges *out);
void address_ranges_deinit(struct address_ranges *ranges);

bool address_is_in(const struct address *address, const struct address_ranges *ranges);

struct addrinfo;

/* Resolves "HOST:PORT", "[IPv6]:PORT" or ":PORT" (all addresses) for listening; the result is
 * freed with freeaddrinfo(). Answers NULL, or why not. */
const char *address_resolve(const char *text, struct addrinfo **out);

#endif
