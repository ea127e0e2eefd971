/* Input and output of a connection; its end is in test_conn_end.c. */
#include "base/clock.h"

#include "conn_people.h"

#include "base/counters.h"
#include "net/outbox.h"

Suite *suite(void);

/* ---- Input -------------------------------------------------------------------------------- */

START_TEST(conn_input_comes_in_pieces_as_it_arrives)
{
    say(a, "ab");
    UNTIL(events.n > 0);
    say(a, "c");
    say(b, "x");
    settle();
    UNTIL(events.n >= strlen("a.input=ab a.input=c b.input=x "));
    ck_assert_ptr_nonnull(strstr(buf_cstr(&events), "a.input=ab "));
    ck_assert_ptr_nonnull(strstr(buf_cstr(&events), "a.input=c "));
    ck_assert_ptr_nonnull(strstr(buf_cstr(&events), "b.input=x "));
    ck_assert_ptr_null(a->conn->rest);
}
END_TEST

START_TEST(conn_input_not_used_is_offered_again)
{
    a->use = 2;
    say(a, "abcde");
    settle();
    assert_events("a.input=abcde a.input=cde a.input=e ");
    say(a, "f");
    settle();
    assert_events("a.input=f ");
}
END_TEST

static void send_big(struct person *person, char event)
{
    person->on_event = NULL;
    if (event == 'i')
        ck_assert_int_eq(send_fill(person, BIG, '.', SEND_ALWAYS), 0);
}

START_TEST(conn_input_not_used_waits_until_the_outbox_is_written)
{
    a->use = 1;
    a->on_event = send_big;
    say(a, "abc");
    settle();
    say(a, "d"); /* it stays in the kernel */
    settle();
    assert_events("a.input=abc ");
    ck_assert_uint_gt(conn_pending(a->conn), 0);
    a->use = SIZE_MAX;
    while (conn_pending(a->conn) > 0) {
        assert_events("");
        receive(a);
        turn();
    }
    settle();
    const char *got = buf_cstr(&events);
    /* In one piece or in two, and in order. */
    ck_assert(strcmp(got, "a.input=bc a.input=d ") == 0 || strcmp(got, "a.input=bcd ") == 0);
}
END_TEST

START_TEST(conn_input_goes_on_without_output_when_the_peer_does_not_read)
{
    fill_up(a);
    say(a, "ab");
    settle();
    assert_events("a.input=ab ");
}
END_TEST

static size_t other_input(struct conn *conn, char *p, size_t n)
{
    on_event(conn, "other=", slice_of(p, n));
    return n;
}

static const struct conn_ops other_ops = {
    .on_input = other_input,
    .on_eof = on_eof,
    .on_timeout = on_timeout,
    .on_overflow = on_overflow,
    .on_closed = on_closed,
};

static void become_other(struct person *person, char event)
{
    if (event == 'i')
        conn_set_ops(person->conn, &other_ops, person);
}

START_TEST(conn_input_not_used_lets_others_have_their_turn)
{
    a->use = b->use = 1;
    say(a, "12");
    say(b, "34");
    UNTIL(a->conn->rest == NULL && b->conn->rest == NULL && events.n > 0);
    const char *text = buf_cstr(&events);
    const char *a1 = strstr(text, "a.input=12 ");
    const char *a2 = strstr(text, "a.input=2 ");
    const char *b1 = strstr(text, "b.input=34 ");
    const char *b2 = strstr(text, "b.input=4 ");
    ck_assert(a1 != NULL && a2 != NULL && b1 != NULL && b2 != NULL);
    ck_assert(a1 < b2 && b1 < a2);
}
END_TEST

START_TEST(conn_abort_while_input_waits)
{
    a->use = b->use = 1;
    say(a, "12");
    say(b, "34");
    UNTIL(loop.to_resume != NULL);
    conn_abort(a->conn);
    UNTIL(a->conn == NULL);
    UNTIL(b->conn->rest == NULL);
}
END_TEST

START_TEST(conn_set_ops_gives_the_rest_to_the_new_user)
{
    a->use = 2;
    a->on_event = become_other;
    say(a, "abcd");
    settle();
    assert_events("a.input=abcd a.other=cd ");
}
END_TEST

START_TEST(conn_eof_closes_nothing)
{
    say(a, "a");
    ck_assert_int_eq(shutdown(a->peer, SHUT_WR), 0);
    settle();
    settle(); /* and is told once */
    assert_events("a.input=a a.eof ");
    ck_assert_int_eq(send_char(a, 'z'), 0);
    settle();
    assert_received(a, "z");
    conn_close(a->conn); /* with nothing to linger for */
    settle();
    assert_events("a.closed ");
    ck_assert_uint_eq(loop.n_conns, PEOPLE - 1);
}
END_TEST

START_TEST(conn_eof_comes_after_the_rest_of_the_input)
{
    a->use = 1;
    a->on_event = send_big;
    say(a, "abc");
    settle();
    ck_assert_int_eq(shutdown(a->peer, SHUT_WR), 0);
    settle();
    assert_events("a.input=abc ");
    while (conn_pending(a->conn) > 0) {
        receive(a);
        turn();
    }
    settle();
    assert_events("a.input=bc a.input=c a.eof ");
}
END_TEST

START_TEST(conn_broken_socket_is_closed)
{
    ck_assert_int_eq(send_char(a, 'x'), 0);
    settle();
    close(a->peer); /* with bytes that nobody read: a reset */
    a->peer = -1;
    UNTIL(a->conn == NULL);
    assert_events("a.closed ");
    ck_assert_uint_eq(loop.n_conns, PEOPLE - 1);
}
END_TEST

/* ---- Output ------------------------------------------------------------------------------- */

START_TEST(conn_send_is_written_at_the_end_of_the_turn)
{
    struct frame *frame = make_frame(2, 'x');

    ck_assert_int_eq(conn_send(a->conn, frame, SEND_ALWAYS), 0);
    ck_assert_int_eq(conn_send(a->conn, frame, SEND_BOUNDED), 0);
    ck_assert_int_eq(conn_send(b->conn, frame, SEND_EPHEMERAL), 0);
    ck_assert_uint_eq(frame->refs, 4);
    ck_assert_uint_eq(conn_pending(a->conn), 4);
    assert_received(a, "");
    turn();
    assert_received(a, "xxxx");
    assert_received(b, "xx");
    ck_assert_uint_eq(conn_pending(a->conn), 0);
    ck_assert_uint_eq(frame->refs, 1);
    frame_unref(frame);
}
END_TEST

START_TEST(conn_send_of_each_class_at_its_limit_and_above)
{
    fill_up(a);
    loop.outbox_limit = 2 * (conn_pending(a->conn) + 100);
    ck_assert_int_eq(send_fill(a, 101, 'e', SEND_EPHEMERAL), -ENOBUFS);
    ck_assert_uint_eq(counter_get(COUNT_EPHEMERAL_DROPPED), 1);
    ck_assert_int_eq(send_fill(a, 100, 'e', SEND_EPHEMERAL), 0);
    ck_assert_int_eq(send_fill(a, 1, 'e', SEND_EPHEMERAL), -ENOBUFS);
    ck_assert_uint_eq(counter_get(COUNT_EPHEMERAL_DROPPED), 2);
    settle();
    assert_events("");
    loop.outbox_limit = conn_pending(a->conn) + 100;
    ck_assert_int_eq(send_fill(a, 99, 'x', SEND_BOUNDED), 0);
    ck_assert_int_eq(send_fill(a, 1, 'x', SEND_BOUNDED), 0);
    ck_assert_int_eq(send_fill(a, 1000, 'x', SEND_ALWAYS), 0);
    settle();
    assert_events("");
    ck_assert_int_eq(send_fill(a, 1, 'x', SEND_BOUNDED), -ENOBUFS);
    ck_assert_int_ne(send_fill(a, 1, 'x', SEND_BOUNDED), 0); /* a hole in the stream */
    assert_events("");
    settle();
    assert_events("a.overflow ");
    ck_assert_uint_eq(counter_get(COUNT_EPHEMERAL_DROPPED), 2);
}
END_TEST

START_TEST(conn_send_one_bounded_frame_fits_whatever_its_size)
{
    loop.outbox_limit = 10;
    ck_assert_int_eq(send_fill(a, 6, 'e', SEND_EPHEMERAL), -ENOBUFS);
    ck_assert_int_eq(send_fill(a, 5, 'e', SEND_EPHEMERAL), 0);
    ck_assert_int_eq(send_fill(b, BIG, 'x', SEND_BOUNDED), 0);
    ck_assert_int_eq(send_fill(b, 1, 'x', SEND_BOUNDED), -ENOBUFS);
    settle();
    assert_events("b.overflow ");
}
END_TEST

START_TEST(conn_send_burst_within_one_turn_is_no_slow_reader)
{
    loop.outbox_limit = 1000;
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(send_fill(a, 400, 'x', SEND_BOUNDED), 0);
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(send_fill(a, 100, 'x', SEND_EPHEMERAL), 0);
    settle();
    assert_events("");
    receive(a);
    ck_assert_uint_eq(a->received.n, 50000);
}
END_TEST

static void say_goodbye(struct person *person, char event)
{
    if (event != 'o')
        return;
    conn_discard_output(person->conn);
    ck_assert_int_eq(send_char(person, '!'), 0);
    conn_close(person->conn);
}

START_TEST(conn_send_when_all_outboxes_hold_too_much)
{
    fill_up(a);
    loop.outbox_memory_limit = outbox_memory() - 1;
    ck_assert_int_eq(send_fill(b, 1, 'x', SEND_BOUNDED), 0); /* who reads feels nothing of it */
    ck_assert_int_eq(send_fill(b, 1, 'y', SEND_EPHEMERAL), 0);
    ck_assert_int_eq(send_fill(a, 1, 'x', SEND_EPHEMERAL), -ENOBUFS);
    settle();
    assert_received(b, "xy");
    assert_events("");
    loop.outbox_memory_limit++;
    ck_assert_int_eq(send_fill(a, 1, 'x', SEND_BOUNDED), 0); /* not more, but as much */
    ck_assert_int_eq(send_fill(a, 1, 'x', SEND_BOUNDED), -ENOBUFS);
    ck_assert_uint_eq(counter_get(COUNT_OUTBOX_MEMORY), 2);
    settle();
    assert_events("a.overflow ");
}
END_TEST

START_TEST(conn_overflow_may_discard_say_goodbye_and_close)
{
    fill_up(a);
    a->on_event = say_goodbye;
    loop.outbox_limit = conn_pending(a->conn) + 10;
    ck_assert_int_eq(send_fill(a, 10, 'x', SEND_BOUNDED), 0);
    ck_assert_int_eq(send_fill(a, 10, 'y', SEND_BOUNDED), -ENOBUFS);
    settle();
    assert_events("a.overflow a.closed ");
    while (!a->peer_eof) {
        receive(a);
        turn();
    }
    /* The frame that was half written is whole, and nothing stands between. */
    ck_assert_uint_eq(a->received.n, BIG + 1);
    ck_assert_int_eq(a->received.p[BIG - 1], '.');
    ck_assert_int_eq(a->received.p[BIG], '!');
}
END_TEST

START_TEST(conn_name_has_four_buffers)
{
    const char *names[5];

    for (int i = 0; i < 5; i++)
        names[i] = conn_name(a->conn);
    ck_assert_str_eq(names[0], "192.0.2.1:5000");
    for (int i = 1; i < 4; i++)
        ck_assert_ptr_ne(names[i], names[0]);
    ck_assert_ptr_eq(names[4], names[0]);
}
END_TEST

/* ---- Lingering ---------------------------------------------------------------------------- */

enum { WRITING_US = 2000 };

static void take_long(struct person *person, char event)
{
    (void)person;
    (void)event;
    usleep(WRITING_US);
}

/* A turn that began in the state of `ready_us`, and whose end takes long. Answers when it began. */
static int64_t long_turn(int64_t ready_us)
{
    loop.ready_us = ready_us;
    turn();
    a->on_event = take_long;
    conn_abort(a->conn);
    int64_t began_us = clock_monotonic_us();
    turn();
    return began_us;
}

START_TEST(loop_that_is_saturated_leaves_input_alone_for_a_millisecond)
{
    int64_t began_us = long_turn(INT64_MAX); /* no wait was shorter */

    ck_assert_int_ge(loop.writing_us, WRITING_US);
    ck_assert_int_ge(loop.ready_us, began_us + WRITING_US + 1000);
}
END_TEST

START_TEST(loop_that_waited_for_input_does_not_linger)
{
    int64_t began_us = long_turn(0);

    ck_assert_int_ge(loop.writing_us, WRITING_US);
    ck_assert_int_ge(loop.ready_us, began_us + WRITING_US);
    ck_assert_int_le(loop.ready_us, clock_monotonic_us());
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("conn");
    TCase *tc = tcase_create("conn");

    tcase_set_timeout(tc, TIMEOUT_S);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, conn_input_comes_in_pieces_as_it_arrives);
    tcase_add_test(tc, conn_input_not_used_is_offered_again);
    tcase_add_test(tc, conn_input_not_used_waits_until_the_outbox_is_written);
    tcase_add_test(tc, conn_input_goes_on_without_output_when_the_peer_does_not_read);
    tcase_add_test(tc, conn_input_not_used_lets_others_have_their_turn);
    tcase_add_test(tc, conn_abort_while_input_waits);
    tcase_add_test(tc, conn_set_ops_gives_the_rest_to_the_new_user);
    tcase_add_test(tc, conn_eof_closes_nothing);
    tcase_add_test(tc, conn_eof_comes_after_the_rest_of_the_input);
    tcase_add_test(tc, conn_broken_socket_is_closed);
    tcase_add_test(tc, conn_send_is_written_at_the_end_of_the_turn);
    tcase_add_test(tc, conn_send_of_each_class_at_its_limit_and_above);
    tcase_add_test(tc, conn_send_one_bounded_frame_fits_whatever_its_size);
    tcase_add_test(tc, conn_send_burst_within_one_turn_is_no_slow_reader);
    tcase_add_test(tc, conn_send_when_all_outboxes_hold_too_much);
    tcase_add_test(tc, conn_overflow_may_discard_say_goodbye_and_close);
    tcase_add_test(tc, conn_name_has_four_buffers);
    tcase_add_test(tc, loop_that_is_saturated_leaves_input_alone_for_a_millisecond);
    tcase_add_test(tc, loop_that_waited_for_input_does_not_linger);
    suite_add_tcase(s, tc);
    return s;
}
