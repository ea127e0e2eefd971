/* A strict, incremental decoder for the body of an HTTP/1.1 request (RFC 9112 6, 7.1): the bytes
 * that Content-Length counts, or chunks. Pure: bytes in, pieces of content or an error out.
 *
 * Chunk extensions and trailer fields are checked, bounded and thrown away: nothing here has a use
 * for them, and a field that comes too late to be checked may not decide anything. */
#ifndef CHATD_HTTP_BODY_H
#define CHATD_HTTP_BODY_H

#include "http/request.h"

struct http_body_limits {
    uint64_t max_content_bytes;
    size_t max_extra_bytes; /* of all chunk extensions and trailer fields together */
};

enum http_body_result {
    BODY_MORE, /* all input is used, the body is not complete */
    BODY_PART, /* the next piece of the content */
    BODY_END,  /* the body is complete; what follows it is not used */
    BODY_FAIL, /* `status` and `reason` say why; the connection is to be closed after the answer */
};

/* To be embedded. `status` and `reason` are to be read after BODY_FAIL; the rest is the decoder's.
 * It owns no memory. */
struct http_body {
    int status;         /* 400, 413, 431 */
    const char *reason; /* static, for a person */
    uint64_t left;      /* bytes that this chunk lacks, or the body that is none of chunks */
    uint64_t room;      /* content bytes that may still be announced */
    size_t extra_room;  /* bytes of extensions and trailers that may still come */
    uint8_t state;
    uint8_t size_digits;
};

/* A decoder for what follows the head of this request. */
void http_body_init(struct http_body *body, const struct http_request *request,
                    const struct http_body_limits *limits);

/* Takes input, cut anywhere, up to the end of the next piece of content, and says in `*used` how
 * many bytes. `*content` is filled after BODY_PART; it points into the input. To be called until
 * another result than BODY_PART, for the first time before there is input (n == 0): that call knows
 * a body that is empty or, from its Content-Length, too long. Nothing is used after BODY_END and
 * BODY_FAIL, and the same result returned. */
enum http_body_result http_body_next(struct http_body *body, const char *p, size_t n, size_t *used,
                                     struct slice *content);

#endif
