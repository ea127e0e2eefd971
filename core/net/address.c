#include "net/address.h"

#include <arpa/inet.h>
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

static bool is_mapped(const struct address *address)
{
    return memcmp(address->ip, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

void address_ip_text(const struct address *address, char out[ADDRESS_TEXT_BYTES])
{
    const char *text =
        is_mapped(address)
            ? inet_ntop(AF_INET, address->ip + sizeof(mapped_prefix), out, ADDRESS_TEXT_BYTES)
            : inet_ntop(AF_INET6, address->ip, out, ADDRESS_TEXT_BYTES);

    if (text == NULL)
        out[0] = '\0';
}

void address_text(const struct address *address, char out[ADDRESS_TEXT_BYTES])
{
    char ip[ADDRESS_TEXT_BYTES];
    bool v4 = is_mapped(address);

    address_ip_text(address, ip);
    snprintf(out, ADDRESS_TEXT_BYTES, "%s%.46s%s:%u", v4 ? "" : "[", ip, v4 ? "" : "]",
             (unsigned)address->port);
}

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
