/* A strict, incremental parser for the head of an HTTP/1.1 request (RFC 9112). Pure: bytes in, a
 * request or an error out.
 *
 * What other servers tolerate and what request smuggling lives on is refused: line ends other than
 * CRLF, folded fields, a space before the colon, lengths that contradict each other. */
#ifndef CHATD_HTTP_PARSER_H
#define CHATD_HTTP_PARSER_H

#include "base/buf.h"
#include "http/request.h"

struct http_limits {
    size_t max_line_bytes; /* of the request line and of each field line, without CRLF */
    size_t max_head_bytes; /* from the request line to the empty line, both with CRLF */
    size_t max_fields;
};

enum http_result {
    HTTP_MORE, /* all input is used, the head is not complete */
    HTTP_HEAD, /* `request` is filled; what follows the head is not used */
    HTTP_FAIL, /* `status` and `reason` say why; the connection is to be closed after the answer */
};

/* To be embedded or on the heap. `request` is to be read after HTTP_HEAD, `status` and `reason`
 * after HTTP_FAIL; the rest is the parser's. */
struct http_parser {
    struct http_request request;
    int status;         /* 400, 414, 431, 501, 505; 503 when memory is short */
    const char *reason; /* static, for a person */
    struct http_limits limits;
    struct buf head;
    struct http_field *fields;
    size_t at;      /* of `head`: what is parsed */
    size_t line_at; /* where the current line begins */
    size_t mark;    /* where the current part of it begins: target, version, or value */
    size_t method_n;
    size_t target_at;
    size_t target_n;
    size_t n_fields;
    uint8_t state;
    uint8_t empty_lines;
    bool has_host;
    bool has_transfer_encoding;
    bool unknown_coding;
};

/* A parser at the start of a request. It owns no memory until it is fed. */
void http_parser_init(struct http_parser *ps, const struct http_limits *limits);

void http_parser_deinit(struct http_parser *ps);

/* Takes the next bytes, cut anywhere, and says in `*used` how many. Fails with the byte that makes
 * the request invalid, not only at the end of the head, and uses nothing behind it, however the
 * input is cut. After HTTP_HEAD and HTTP_FAIL nothing is used and the same result returned. */
enum http_result http_parser_feed(struct http_parser *ps, const char *p, size_t n, size_t *used);

#endif
