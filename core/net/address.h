/* Socket addresses as text and back. */
#ifndef CHATD_NET_ADDRESS_H
#define CHATD_NET_ADDRESS_H

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

/* "192.0.2.1:80" or "[2001:db8::1]:80"; the second form without the port. */
void address_text(const struct address *address, char out[ADDRESS_TEXT_BYTES]);
void address_ip_text(const struct address *address, char out[ADDRESS_TEXT_BYTES]);

struct addrinfo;

/* Resolves "HOST:PORT", "[IPv6]:PORT" or ":PORT" (all addresses) for listening; the result is
 * freed with freeaddrinfo(). Answers NULL, or why not. */
const char *address_resolve(const char *text, struct addrinfo **out);

#endif
