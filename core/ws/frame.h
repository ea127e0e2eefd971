/* WebSocket frames, the server's side (RFC 6455 5): a decoder for what clients send, masked, and an
 * encoder for the headers of what is sent to them, unmasked. Pure: bytes in, events out. */
#ifndef CHATD_WS_FRAME_H
#define CHATD_WS_FRAME_H

#include "base/buf.h"
#include "ws/inflate.h"
#include "ws/utf8.h"

enum ws_opcode { /* RFC 6455 5.2 */
                 WS_OP_CONTINUATION = 0x0,
                 WS_OP_TEXT = 0x1,
                 WS_OP_BINARY = 0x2,
                 WS_OP_CLOSE = 0x8,
                 WS_OP_PING = 0x9,
                 WS_OP_PONG = 0xa,
};

enum {
    WS_HEADER_MAX = 10,        /* the longest header that ws_frame_header() writes */
    WS_CLIENT_HEADER_MAX = 14, /* the longest one that comes in: it has the mask, too */
    WS_CONTROL_MAX = 125,      /* payload bytes of a control frame (RFC 6455 5.5) */
};

/* ---- Decoder ------------------------------------------------------------------------------ */

enum ws_status {
    WS_MORE,    /* all input is used, and nothing is complete */
    WS_MESSAGE, /* a whole message: opcode (text or binary) and payload; text is valid UTF-8 */
    WS_PING,    /* payload: to be sent back in a Pong */
    WS_PONG,    /* payload */
    WS_CLOSE,   /* close_code, 1005 when the peer gave none (RFC 6455 7.1.5); payload: its reason */
    WS_FAIL,    /* the connection must be failed: close_code to send, and reason */
};

struct ws_event {
    enum ws_opcode opcode;
    char *payload; /* borrowed: valid until the next call, and as long as the input is */
    size_t payload_bytes;
    unsigned close_code;
    const char *reason; /* static, never NULL: what the peer did wrong, "" but for WS_FAIL */
};

/* What a connection holds between two reads; to be embedded. The members are the decoder's. */
struct ws_decoder {
    struct buf buf;       /* the message as far as it came, behind it a control frame's payload */
    uint64_t left;        /* payload bytes of this frame that have not come */
    size_t message_bytes; /* of `buf`: those that belong to the message */
    struct ws_inflater *inflater; /* NULL without permessage-deflate */
    /* Of this frame. The mask in it is rotated: its first byte is for the payload's next one. */
    unsigned char header[WS_CLIENT_HEADER_MAX];
    struct utf8 text;
    uint8_t header_n;
    uint8_t message_opcode; /* 0 between messages */
    uint8_t failure;
    bool in_payload;
    bool compressed; /* the message */
};

/* A decoder at the start of a connection, for messages of at most `max_message_bytes` when they are
 * inflated, however many frames they come in. It takes over the inflater, NULL when compression was
 * not agreed on. Beside that it owns memory only while a message or a control frame is split over
 * several reads or frames, or was compressed. */
void ws_decoder_init(struct ws_decoder *d, size_t max_message_bytes, struct ws_inflater *inflater);
void ws_decoder_deinit(struct ws_decoder *d);

/* Takes bytes from the input up to the end of the next event, and says in `*used` how many. The
 * payload is unmasked in place: the used bytes are changed. A message or control frame that lies
 * whole, in one frame and not compressed in the input is returned without a copy, pointing into it;
 * others point into the decoder's memory. Either may be changed by the caller until the next call.
 *
 * To be called until WS_MORE, also when no input is left (with n == 0, which is always WS_MORE as
 * long as the stream is good): that call frees what the last event pointed to.
 *
 * WS_FAIL has close_code 1002 (protocol error), 1007 (invalid UTF-8, corrupt compression), 1009
 * (larger than the limit), 1011 (out of memory) or 1013 (the memory of all inflaters is used up).
 * It comes with the byte that is wrong, in the middle of a frame too: 1009 when the header says so
 * or inflating exceeds the limit, 1007 at the first impossible byte. Nothing is decoded after
 * WS_FAIL (every later call repeats it) and after WS_CLOSE (every later call is a WS_FAIL with
 * 1002); neither call uses input. */
enum ws_status ws_decoder_next(struct ws_decoder *d, char *p, size_t n, size_t *used,
                               struct ws_event *ev);

/* Has a frame or a message begun that is not whole yet? */
bool ws_decoder_has_begun(const struct ws_decoder *d);

/* Is the next byte, at `p`, part of a control frame? */
bool ws_decoder_at_control(const struct ws_decoder *d, const char *p);

/* ---- Encoder ------------------------------------------------------------------------------ */

/* Writes the header of a final, unmasked frame with its length in the shortest form, and returns
 * its size. The caller keeps control frames at WS_CONTROL_MAX bytes or less. */
size_t ws_frame_header(char out[WS_HEADER_MAX], enum ws_opcode opcode, size_t payload_bytes);

/* Reads the first one of frames that begin with such headers. Returns its size. */
size_t ws_frame_read(struct slice frames, enum ws_opcode *opcode, struct slice *payload);

/* Marks the frame with this header as a compressed message (RFC 7692 6). */
void ws_frame_set_compressed(char header[WS_HEADER_MAX]);

/* May this code stand in a Close frame? RFC 6455 7.4 with the codes that IANA has registered since
 * (1012 to 1014), and 3000 to 4999. */
bool ws_close_code_valid(unsigned code);

#endif
