/* The head of an HTTP request, and the questions that are asked about it. The parser makes one; all
 * its slices point into the parser. Nothing here allocates or fails for lack of memory. */
#ifndef CHATD_HTTP_REQUEST_H
#define CHATD_HTTP_REQUEST_H

#include "base/slice.h"

#include <stdint.h>

struct http_field {
    struct slice name;
    struct slice value; /* without white space around it; never has p == NULL */
};

struct http_request {
    struct slice method; /* case-sensitive */
    struct slice target; /* as it was sent: origin-form, absolute-form, or "*" for OPTIONS */
    struct slice path;   /* of the target, not decoded; begins with '/' unless it is "*" */
    struct slice query;  /* behind the '?'; {NULL, 0} without one */
    struct slice host;   /* host[:port]: the target's in absolute-form (RFC 9112 3.2.2), else the
                            Host field's; {NULL, 0} without both. May be empty. */
    unsigned minor;      /* the 1 of HTTP/1.1; 1.2 to 1.9 count as 1.1 but show here */
    const struct http_field *fields;
    size_t n_fields;
    int64_t content_length; /* -1: no Content-Length */
    bool chunked;           /* a body with chunked coding follows */
    bool keep_alive;        /* the client lets the connection be used again (RFC 9112 9.3) */
};

/* Does a body follow the head (RFC 9112 6)? */
bool http_request_has_body(const struct http_request *request);

/* The first field of this name (case-insensitive), or the first one behind `after`; NULL when
 * there is none. */
const struct http_field *http_field_find(const struct http_request *request, const char *name,
                                         const struct http_field *after);

/* The value of the first field of this name; {NULL, 0} when there is none. */
struct slice http_request_field(const struct http_request *request, const char *name);

/* How many fields have this name. */
size_t http_field_count(const struct http_request *request, const char *name);

/* Walks the items of a comma-separated list over all fields of a name (RFC 9110 5.3, 5.6.1). Empty
 * items are not left out. */
struct http_list {
    const struct http_request *request;
    const char *name;
    const struct http_field *field;
    struct slice rest;
};

void http_list_init(struct http_list *list, const struct http_request *request, const char *name);

/* The next item, trimmed; false at the end. */
bool http_list_next(struct http_list *list, struct slice *item);

/* Is `token` an item (case-insensitive) of that list? */
bool http_field_has_token(const struct http_request *request, const char *name, const char *token);

/* May the character stand in a token (RFC 9110 5.6.2)? */
bool http_is_tchar(unsigned char c);

/* Is it a token? The empty string is none. */
bool http_is_token(struct slice s);

/* May the character stand in the value of a field: visible ones, obs-text, space and tab (RFC 9110
 * 5.5)? */
bool http_is_value_char(unsigned char c);

/* Splits host[:port] (RFC 9110 7.2). `*host` keeps the brackets of an IPv6 address; `*port` is
 * -1 when there is none or it is empty. False when the syntax is wrong; an empty host is not. */
bool http_authority_split(struct slice authority, struct slice *host, int *port);

/* Fills path and query, and for absolute-form host, from `target` and `method` (RFC 9112 3.2).
 * NULL, or what is wrong with the target, static. The target must not be empty. */
const char *http_request_split_target(struct http_request *request);

#endif
