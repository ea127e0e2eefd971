/* Decompression of the messages that a client sends with permessage-deflate (RFC 7692 7.2.2), in
 * bounded memory. Pure: no I/O. */
#ifndef CHATD_WS_INFLATE_H
#define CHATD_WS_INFLATE_H

#include "base/buf.h"
#include "ws/deflate.h"

/* What all inflaters together may take; shared by them. */
struct ws_inflate_memory {
    size_t limit_bytes;
    size_t used_bytes;
};

struct ws_inflater;

/* An inflater for these terms. One that is to keep the client's context needs its memory from now
 * on: when there is none left, `terms` are changed to client_no_context_takeover, which a server
 * may always ask for (7.1.1.2). One that keeps no context owns memory only inside a message.
 * `memory` must outlive it. NULL without memory of the process. */
struct ws_inflater *ws_inflater_new(struct ws_inflate_memory *memory,
                                    struct ws_deflate_terms *terms);
void ws_inflater_free(struct ws_inflater *inflater);

enum ws_inflate_status {
    WS_INFLATE_OK,
    WS_INFLATE_TOO_LARGE, /* the message is larger than its limit; it was not inflated further */
    WS_INFLATE_CORRUPT,
    WS_INFLATE_NO_ROOM, /* the limit of the memory that is shared */
    WS_INFLATE_NO_MEMORY,
};

/* Inflates the next part of a message; the first one begins it. Appends to `out`, which is to get
 * at most `limit_bytes` in all and has a maximum above that. After a failure only
 * ws_inflater_free() is of use. */
enum ws_inflate_status ws_inflate(struct ws_inflater *inflater, struct slice in, struct buf *out,
                                  size_t limit_bytes);

/* The message is complete; appends what was held back. */
enum ws_inflate_status ws_inflate_end(struct ws_inflater *inflater, struct buf *out,
                                      size_t limit_bytes);

#endif
