#include "net/outbox.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

Suite *suite(void);

enum { MANY = 1000 };

static struct outbox out;
static int fd;
static int peer;
static char *received;
static size_t n_received;

static void setup(void)
{
    int fds[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    fd = fds[0];
    peer = fds[1];
    outbox_init(&out);
    received = NULL;
    n_received = 0;
}

static void teardown(void)
{
    outbox_deinit(&out);
    close(fd);
    close(peer);
    free(received);
}

static void make_narrow(void)
{
    const int least = 1; /* the system takes its minimum */

    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &least, sizeof(least)), 0);
}

/* At most `max` bytes of what has arrived. */
static void receive(size_t max)
{
    received = realloc(received, n_received + max);
    ck_assert_ptr_nonnull(received);
    ssize_t n = recv(peer, received + n_received, max, 0);
    if (n > 0)
        n_received += (size_t)n;
}

static bool received_is(struct slice expected)
{
    return slice_eq(slice_of(received, n_received), expected);
}

/* A frame of `n` bytes that differ from those of its neighbours. */
static struct frame *make_frame(size_t n, unsigned seed)
{
    struct frame *frame = frame_new(n);

    ck_assert_ptr_nonnull(frame);
    for (size_t i = 0; i < n; i++)
        frame->data[i] = (char)(seed * 31 + i * 7);
    return frame;
}

/* Pushes a frame that only the outbox holds then. */
static void push_new(size_t n, unsigned seed)
{
    struct frame *frame = make_frame(n, seed);

    ck_assert_int_eq(outbox_push(&out, frame), 0);
    frame_unref(frame);
}

static void push_text(const char *text)
{
    struct frame *frame = frame_join(slice_str(text), slice_of(NULL, 0));

    ck_assert_ptr_nonnull(frame);
    ck_assert_int_eq(outbox_push(&out, frame), 0);
    frame_unref(frame);
}

/* Are these the frames that push_new(sizes[i], i) made? */
static void assert_received_frames(const size_t *sizes, unsigned n)
{
    size_t at = 0;

    for (unsigned i = 0; i < n; i++) {
        struct frame *frame = make_frame(sizes[i], i);
        ck_assert_uint_ge(n_received - at, frame->n);
        ck_assert(slice_eq(slice_of(received + at, frame->n), slice_of(frame->data, frame->n)));
        at += frame->n;
        frame_unref(frame);
    }
    ck_assert_uint_eq(at, n_received);
}

START_TEST(outbox_write_of_nothing_is_done)
{
    ck_assert_int_eq(outbox_write(&out, fd, NULL), 0);
    ck_assert_int_eq(outbox_write(&out, -1, NULL), 0); /* and asks no socket */
    ck_assert_uint_eq(out.bytes, 0);
}
END_TEST

START_TEST(outbox_write_keeps_the_order)
{
    push_text("a");
    push_text("bc");
    ck_assert_uint_eq(out.n, 2);
    push_text("def");
    push_text("");
    push_text("g");
    ck_assert_uint_eq(out.n, 5);
    ck_assert_uint_eq(out.bytes, 7);
    receive(100);
    ck_assert_uint_eq(n_received, 0); /* nothing before the write */
    ck_assert_int_eq(outbox_write(&out, fd, NULL), 0);
    receive(100);
    ck_assert(received_is(SLICE("abcdefg")));
    ck_assert_uint_eq(out.n, 0);
    ck_assert_uint_eq(out.bytes, 0);
}
END_TEST

START_TEST(outbox_frame_of_no_bytes_does_not_stall)
{
    push_text("");
    ck_assert_int_eq(outbox_write(&out, fd, NULL), 0);
    ck_assert_uint_eq(out.n, 0);
    push_text("");
    push_text("");
    push_text("a");
    push_text("");
    ck_assert_int_eq(outbox_write(&out, fd, NULL), 0);
    ck_assert_uint_eq(out.n, 0);
    receive(100);
    ck_assert(received_is(SLICE("a")));
}
END_TEST

START_TEST(outbox_holds_one_reference_per_push)
{
    struct frame *frame = make_frame(3, 0);

    ck_assert_uint_eq(frame->refs, 1);
    for (unsigned i = 0; i < MANY; i++) {
        ck_assert_int_eq(outbox_push(&out, frame), 0);
        ck_assert_uint_eq(frame->refs, i + 2);
    }
    ck_assert_uint_eq(out.bytes, 3 * MANY);
    ck_assert_int_eq(outbox_write(&out, fd, NULL), 0);
    ck_assert_uint_eq(frame->refs, 1);
    receive(4 * MANY);
    ck_assert_uint_eq(n_received, 3 * MANY);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(outbox_push(&out, frame), 0);
    outbox_deinit(&out);
    ck_assert_uint_eq(frame->refs, 1);
    frame_unref(frame);
}
END_TEST

/* More frames than one system call takes, and the counts around the size of the ring. */
START_TEST(outbox_write_of_any_count)
{
    static const unsigned counts[] = {1, 2, 3, 4, 5, 63, 64, 65, 127, 128, 129, MANY};
    unsigned n = counts[_i];
    size_t sizes[MANY];

    for (unsigned i = 0; i < n; i++) {
        sizes[i] = 1 + i % 7;
        push_new(sizes[i], i);
    }
    ck_assert_uint_eq(out.n, n);
    ck_assert_int_eq(outbox_write(&out, fd, NULL), 0);
    receive(8 * MANY);
    assert_received_frames(sizes, n);
    ck_assert_uint_eq(out.n, 0);
    ck_assert_uint_eq(out.bytes, 0);
    ck_assert_ptr_null(out.frames); /* an empty one owns no memory */
}
END_TEST

START_TEST(outbox_write_in_parts_loses_nothing)
{
    size_t sizes[MANY];
    size_t total = 0;
    bool parts = false;

    make_narrow();
    for (unsigned i = 0; i < MANY; i++) {
        sizes[i] = i % 10 == 0 ? 9000 : i % 13;
        total += sizes[i];
        push_new(sizes[i], i);
    }
    ck_assert_uint_eq(out.bytes, total);
    int err;
    while ((err = outbox_write(&out, fd, NULL)) != 0) {
        ck_assert_int_eq(err, -EAGAIN);
        parts = parts || out.written > 0;
        size_t before = n_received;
        receive(5000);
        ck_assert_uint_gt(n_received, before);
    }
    ck_assert(parts);
    ck_assert_uint_eq(out.bytes, 0);
    while (n_received < total)
        receive(100000);
    assert_received_frames(sizes, MANY);
}
END_TEST

START_TEST(outbox_bytes_are_those_left_to_write)
{
    make_narrow();
    push_new(1000000, 0);
    push_new(10, 1);
    ck_assert_int_eq(outbox_write(&out, fd, NULL), -EAGAIN);
    size_t written = 1000010 - out.bytes;
    ck_assert_uint_gt(written, 0);
    ck_assert_uint_eq(out.written, written);
    ck_assert_uint_eq(out.n, 2);
    ck_assert_int_eq(outbox_write(&out, fd, NULL), -EAGAIN);
    ck_assert_uint_eq(1000010 - out.bytes, written); /* nothing moved */
    while (n_received < written)
        receive(written - n_received);
    receive(1);
    ck_assert_uint_eq(n_received, written);
}
END_TEST

/* The ring turns: what is written leaves room in front while more is pushed behind. */
START_TEST(outbox_push_while_some_is_written)
{
    size_t sizes[MANY];
    unsigned turned = 0;

    make_narrow();
    for (unsigned i = 0; i < MANY; i++) {
        sizes[i] = 1 + i * 37 % 900;
        push_new(sizes[i], i);
        turned += out.first > 0;
        int err = outbox_write(&out, fd, NULL);
        ck_assert(err == 0 || err == -EAGAIN);
        if (i % 3 != 0)
            receive(1 + i * 53 % 1500);
    }
    while (outbox_write(&out, fd, NULL) == -EAGAIN)
        receive(10000);
    for (size_t before = n_received + 1; before != n_received;) {
        before = n_received;
        receive(10000);
    }
    ck_assert_uint_gt(turned, 0);
    assert_received_frames(sizes, MANY);
}
END_TEST

START_TEST(outbox_discard_before_the_first_write_drops_all)
{
    struct frame *frame = make_frame(5, 0);

    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(outbox_push(&out, frame), 0);
    outbox_discard(&out, 0);
    ck_assert_uint_eq(out.n, 0);
    ck_assert_uint_eq(out.bytes, 0);
    ck_assert_uint_eq(frame->refs, 1);
    frame_unref(frame);
    outbox_discard(&out, 0);
    push_text("after");
    ck_assert_uint_eq(out.bytes, 5);
    ck_assert_int_eq(outbox_write(&out, fd, NULL), 0);
    receive(100);
    ck_assert(received_is(SLICE("after")));
}
END_TEST

START_TEST(outbox_discard_keeps_the_frame_that_is_half_written)
{
    const size_t sizes[] = {100, 1000000, 7};
    struct frame *dropped = make_frame(500, 9);

    make_narrow();
    push_new(sizes[0], 0);
    push_new(sizes[1], 1);
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(outbox_push(&out, dropped), 0);
    ck_assert_int_eq(outbox_write(&out, fd, NULL), -EAGAIN);
    ck_assert_uint_eq(out.n, 101);
    ck_assert_uint_gt(out.written, 0);
    size_t left = out.bytes - 100 * 500;
    outbox_discard(&out, 0);
    ck_assert_uint_eq(out.n, 1);
    ck_assert_uint_eq(out.bytes, left);
    ck_assert_uint_eq(dropped->refs, 1);
    frame_unref(dropped);
    push_new(sizes[2], 2);
    while (outbox_write(&out, fd, NULL) == -EAGAIN)
        receive(100000);
    receive(1000000);
    receive(1000000);
    assert_received_frames(sizes, 3);
}
END_TEST

/* TLS has encrypted the first bytes, and none of them is written: they have to come again. */
START_TEST(outbox_discard_keeps_the_frames_that_are_committed)
{
    static const struct {
        size_t committed;
        unsigned kept;
    } cases[] = {{0, 0}, {1, 1}, {10, 1}, {11, 2}, {30, 2}, {31, 3}, {60, 3}};
    const size_t sizes[] = {10, 20, 30};

    for (unsigned i = 0; i < 3; i++)
        push_new(sizes[i], i);
    outbox_discard(&out, cases[_i].committed);
    ck_assert_uint_eq(out.n, cases[_i].kept);
    ck_assert_int_eq(outbox_write(&out, fd, NULL), 0);
    receive(100);
    assert_received_frames(sizes, cases[_i].kept);
}
END_TEST

START_TEST(outbox_write_to_a_closed_peer_is_an_error_without_signal)
{
    struct frame *frame = make_frame(5, 0);

    ck_assert_int_eq(outbox_push(&out, frame), 0);
    ck_assert_int_eq(shutdown(peer, SHUT_RDWR), 0);
    ck_assert_int_eq(outbox_write(&out, fd, NULL), -EPIPE);
    ck_assert_uint_eq(out.n, 1); /* the outbox is as it was */
    ck_assert_uint_eq(out.bytes, 5);
    ck_assert_uint_eq(frame->refs, 2);
    ck_assert_int_eq(outbox_write(&out, -1, NULL), -EBADF);
    outbox_deinit(&out);
    ck_assert_uint_eq(frame->refs, 1);
    frame_unref(frame);
}
END_TEST

/* ---- Frames ------------------------------------------------------------------------------- */

START_TEST(frame_join_has_the_bytes_of_both)
{
    static const struct {
        struct slice head;
        struct slice body;
        struct slice all;
    } joins[] = {
        {SLICE_INIT("ab"), SLICE_INIT("c\0d"), SLICE_INIT("abc\0d")},
        {SLICE_INIT(""), SLICE_INIT("x"), SLICE_INIT("x")},
        {SLICE_INIT("x"), {NULL, 0}, SLICE_INIT("x")},
        {{NULL, 0}, {NULL, 0}, SLICE_INIT("")},
    };

    for (size_t i = 0; i < sizeof(joins) / sizeof(joins[0]); i++) {
        struct frame *frame = frame_join(joins[i].head, joins[i].body);
        ck_assert_ptr_nonnull(frame);
        ck_assert_uint_eq(frame->refs, 1);
        ck_assert(slice_eq(slice_of(frame->data, frame->n), joins[i].all));
        frame_unref(frame);
    }
}
END_TEST

START_TEST(frame_new_larger_than_32_bits_is_refused)
{
    ck_assert_ptr_null(frame_new((size_t)UINT32_MAX + 1));
    ck_assert_ptr_null(frame_new(SIZE_MAX));
}
END_TEST

START_TEST(frame_unref_of_the_last_reference_frees)
{
    struct frame *frame = make_frame(1, 0);

    ck_assert_ptr_eq(frame_ref(frame), frame);
    ck_assert_uint_eq(frame->refs, 2);
    frame_unref(frame);
    ck_assert_uint_eq(frame->refs, 1);
    frame_unref(frame); /* a leak checker sees the rest */
    frame_unref(NULL);
}
END_TEST

START_TEST(outbox_memory_counts_a_frame_once)
{
    struct frame *frame = make_frame(1000, 1);
    struct outbox other;

    outbox_init(&other);
    ck_assert_uint_eq(outbox_memory(), 0);
    ck_assert_int_eq(outbox_push(&out, frame), 0);
    ck_assert_int_eq(outbox_push(&out, frame), 0);
    ck_assert_int_eq(outbox_push(&other, frame), 0);
    ck_assert_uint_eq(outbox_memory(), 1000);
    outbox_deinit(&other);
    ck_assert_uint_eq(outbox_memory(), 1000);
    ck_assert_int_eq(outbox_write(&out, fd, NULL), 0);
    ck_assert_uint_eq(outbox_memory(), 0);
    frame_unref(frame);
}
END_TEST

START_TEST(outbox_memory_counts_the_queue)
{
    struct frame *frame = make_frame(1, 1);

    for (int i = 0; i < MANY; i++)
        ck_assert_int_eq(outbox_push(&out, frame), 0);
    ck_assert_uint_ge(outbox_memory(), 1 + MANY * sizeof(frame));
    outbox_discard(&out, 0);
    ck_assert_int_eq(outbox_write(&out, fd, NULL), 0);
    outbox_deinit(&out);
    ck_assert_uint_eq(outbox_memory(), 0);
    frame_unref(frame);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("outbox");
    TCase *tc = tcase_create("outbox");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, outbox_write_of_nothing_is_done);
    tcase_add_test(tc, outbox_write_keeps_the_order);
    tcase_add_test(tc, outbox_frame_of_no_bytes_does_not_stall);
    tcase_add_test(tc, outbox_holds_one_reference_per_push);
    tcase_add_loop_test(tc, outbox_write_of_any_count, 0, 12);
    tcase_add_test(tc, outbox_write_in_parts_loses_nothing);
    tcase_add_test(tc, outbox_bytes_are_those_left_to_write);
    tcase_add_test(tc, outbox_push_while_some_is_written);
    tcase_add_test(tc, outbox_discard_before_the_first_write_drops_all);
    tcase_add_test(tc, outbox_discard_keeps_the_frame_that_is_half_written);
    tcase_add_loop_test(tc, outbox_discard_keeps_the_frames_that_are_committed, 0, 7);
    tcase_add_test(tc, outbox_write_to_a_closed_peer_is_an_error_without_signal);
    tcase_add_test(tc, frame_join_has_the_bytes_of_both);
    tcase_add_test(tc, frame_new_larger_than_32_bits_is_refused);
    tcase_add_test(tc, frame_unref_of_the_last_reference_frees);
    tcase_add_test(tc, outbox_memory_counts_a_frame_once);
    tcase_add_test(tc, outbox_memory_counts_the_queue);
    suite_add_tcase(s, tc);
    return s;
}
