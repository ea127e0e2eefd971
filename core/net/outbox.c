#include "net/outbox.h"

#include "net/tls.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
    INLINE_FRAMES = 2,
    FIRST_RING = 16,
    /* What is copied together for one send(): for small frames that is cheaper than an iovec for
     * each. */
    GATHER_BYTES = 16 * 1024,
};

static size_t memory_bytes;

size_t outbox_memory(void)
{
    return memory_bytes;
}

static struct frame *hold(struct frame *frame)
{
    if (frame->queued++ == 0)
        memory_bytes += frame->n;
    return frame_ref(frame);
}

static void release(struct frame *frame)
{
    if (--frame->queued == 0)
        memory_bytes -= frame->n;
    frame_unref(frame);
}

void outbox_init(struct outbox *out)
{
    *out = (struct outbox){.cap = INLINE_FRAMES};
}

static struct frame **ring(struct outbox *out)
{
    return out->frames != NULL ? out->frames : out->inline_frames;
}

static struct frame **slot(struct outbox *out, uint32_t i)
{
    return &ring(out)[(out->first + i) & (out->cap - 1)];
}

static size_t ring_bytes(const struct outbox *out)
{
    return out->frames != NULL ? out->cap * sizeof(struct frame *) : 0;
}

/* An empty outbox owns no memory. */
static void shrink(struct outbox *out)
{
    memory_bytes -= ring_bytes(out);
    free(out->frames);
    outbox_init(out);
}

void outbox_deinit(struct outbox *out)
{
    for (uint32_t i = 0; i < out->n; i++)
        release(*slot(out, i));
    shrink(out);
}

static int grow(struct outbox *out)
{
    uint32_t cap = out->frames != NULL ? out->cap * 2 : FIRST_RING;
    struct frame **frames = malloc((size_t)cap * sizeof(struct frame *));

    if (frames == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < out->n; i++)
        frames[i] = *slot(out, i);
    memory_bytes -= ring_bytes(out);
    free(out->frames);
    out->frames = frames;
    out->first = 0;
    out->cap = cap;
    memory_bytes += ring_bytes(out);
    return 0;
}

int outbox_push(struct outbox *out, struct frame *frame)
{
    if (out->n == out->cap && grow(out) != 0)
        return -ENOMEM;
    *slot(out, out->n++) = hold(frame);
    out->bytes += frame->n;
    return 0;
}

struct slice outbox_first(struct outbox *out)
{
    if (out->n == 0)
        return SLICE("");
    const struct frame *frame = *slot(out, 0);
    return slice_of(frame->data + out->written, frame->n - out->written);
}

/* What is to be written next: a frame that is alone or long as it is, others copied together. */
static struct slice next_part(struct outbox *out, char gathered[GATHER_BYTES])
{
    struct slice part = outbox_first(out);
    size_t n = 0;

    if (out->n == 1 || part.n >= GATHER_BYTES)
        return part;
    for (uint32_t i = 0; n < GATHER_BYTES && i < out->n; i++) {
        if (i > 0)
            part = slice_of((*slot(out, i))->data, (*slot(out, i))->n);
        if (part.n > GATHER_BYTES - n)
            part.n = GATHER_BYTES - n;
        memcpy(gathered + n, part.p, part.n);
        n += part.n;
    }
    return slice_of(gathered, n);
}

void outbox_consume(struct outbox *out, size_t n)
{
    out->bytes -= n;
    n += out->written;
    while (out->n > 0 && n >= (*slot(out, 0))->n) {
        n -= (*slot(out, 0))->n;
        release(*slot(out, 0));
        out->first = (out->first + 1) & (out->cap - 1);
        out->n--;
    }
    out->written = (uint32_t)n;
    if (out->n == 0)
        shrink(out);
}

static ssize_t send_part(int fd, struct tls *tls, struct slice part)
{
    if (tls != NULL)
        return tls_write(tls, part);
    ssize_t n = send(fd, part.p, part.n, MSG_NOSIGNAL);
    return n >= 0 ? n : -errno;
}

int outbox_write(struct outbox *out, int fd, struct tls *tls)
{
    char gathered[GATHER_BYTES];

    while (out->n > 0) {
        struct slice part = next_part(out, gathered);
        ssize_t n = send_part(fd, tls, part);
        if (n == -EINTR)
            continue;
        if (n < 0)
            return n == -EWOULDBLOCK ? -EAGAIN : (int)n;
        outbox_consume(out, (size_t)n);
    }
    return 0;
}

/* How many frames the first `n` bytes that are left concern; one in part is one. */
static uint32_t frames_of(struct outbox *out, size_t n)
{
    uint32_t frames = out->written > 0 ? 1 : 0;
    size_t bytes = frames > 0 ? (*slot(out, 0))->n - out->written : 0;

    while (bytes < n)
        bytes += (*slot(out, frames++))->n;
    return frames;
}

void outbox_discard(struct outbox *out, size_t committed)
{
    uint32_t keep = frames_of(out, committed);

    while (out->n > keep) {
        struct frame *last = *slot(out, --out->n);
        out->bytes -= last->n;
        release(last);
    }
}
