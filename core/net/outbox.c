#include "net/outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { INLINE_FRAMES = 2, MAX_IOV = 64 };

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

/* An empty outbox owns no memory. */
static void shrink(struct outbox *out)
{
    free(out->frames);
    outbox_init(out);
}

void outbox_deinit(struct outbox *out)
{
    for (uint32_t i = 0; i < out->n; i++)
        frame_unref(*slot(out, i));
    shrink(out);
}

static int grow(struct outbox *out)
{
    struct frame **frames = malloc((size_t)out->cap * 2 * sizeof(struct frame *));

    if (frames == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < out->n; i++)
        frames[i] = *slot(out, i);
    free(out->frames);
    out->frames = frames;
    out->first = 0;
    out->cap *= 2;
    return 0;
}

int outbox_push(struct outbox *out, struct frame *frame)
{
    if (out->n == out->cap && grow(out) != 0)
        return -ENOMEM;
    *slot(out, out->n++) = frame_ref(frame);
    out->bytes += frame->n;
    return 0;
}

static int fill_iov(struct outbox *out, struct iovec *iov)
{
    int n = 0;

    for (uint32_t i = 0; i < out->n && n < MAX_IOV; i++, n++) {
        struct frame *frame = *slot(out, i);
        uint32_t from = i == 0 ? out->written : 0;
        iov[n] = (struct iovec){frame->data + from, frame->n - from};
    }
    return n;
}

static void consume(struct outbox *out, size_t n)
{
    out->bytes -= n;
    n += out->written;
    while (out->n > 0 && n >= (*slot(out, 0))->n) {
        n -= (*slot(out, 0))->n;
        frame_unref(*slot(out, 0));
        out->first = (out->first + 1) & (out->cap - 1);
        out->n--;
    }
    out->written = (uint32_t)n;
    if (out->n == 0)
        shrink(out);
}

int outbox_write(struct outbox *out, int fd)
{
    struct iovec iov[MAX_IOV];

    while (out->n > 0) {
        struct msghdr message = {.msg_iov = iov, .msg_iovlen = (size_t)fill_iov(out, iov)};
        ssize_t n = sendmsg(fd, &message, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EWOULDBLOCK ? -EAGAIN : -errno;
        consume(out, (size_t)n);
    }
    return 0;
}

void outbox_discard(struct outbox *out)
{
    uint32_t keep = out->written > 0 ? 1 : 0;

    while (out->n > keep) {
        struct frame *last = *slot(out, --out->n);
        out->bytes -= last->n;
        frame_unref(last);
    }
}
