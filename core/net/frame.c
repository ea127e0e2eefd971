#include "net/frame.h"

#include <stdlib.h>

struct frame *frame_new(size_t n)
{
    if (n > UINT32_MAX)
        return NULL;
    struct frame *frame = malloc(sizeof(*frame) + n);
    if (frame == NULL)
        return NULL;
    frame->refs = 1;
    frame->n = (uint32_t)n;
    frame->queued = 0;
    return frame;
}

struct frame *frame_join(struct slice head, struct slice body)
{
    struct frame *frame = frame_new(head.n + body.n);

    if (frame == NULL)
        return NULL;
    if (head.n > 0)
        memcpy(frame->data, head.p, head.n);
    if (body.n > 0)
        memcpy(frame->data + head.n, body.p, body.n);
    return frame;
}

struct frame *frame_ref(struct frame *frame)
{
    frame->refs++;
    return frame;
}

void frame_unref(struct frame *frame)
{
    if (frame != NULL && --frame->refs == 0)
        free(frame);
}
