#include "net/topic.h"

#include "conn_people.h"

Suite *suite(void);

static struct topic topic;

static void setup_topic(void)
{
    setup();
    topic_init(&topic);
}

static void teardown_topic(void)
{
    topic_deinit(&topic);
    teardown();
}

static void subscribe_all(void)
{
    for (int i = 0; i < PEOPLE; i++)
        ck_assert_int_eq(topic_subscribe(&topic, people[i].conn, &people[i]), 0);
}

static void publish(char text, const void *except)
{
    topic_publish(&topic, slice_of(&text, 1), SEND_BOUNDED, except);
    settle();
}

static void assert_all_received(const char *of_a, const char *of_b, const char *of_c)
{
    assert_received(a, of_a);
    assert_received(b, of_b);
    assert_received(c, of_c);
}

START_TEST(topic_publish_reaches_all_subscribers)
{
    publish('0', NULL); /* nobody there */
    ck_assert_int_eq(topic_subscribe(&topic, a->conn, a), 0);
    publish('1', NULL);
    subscribe_all();
    publish('2', NULL);
    assert_all_received("12", "2", "2");
}
END_TEST

START_TEST(topic_publish_shares_one_frame)
{
    subscribe_all();
    topic_publish(&topic, SLICE("x"), SEND_BOUNDED, NULL);
    topic_flush_all(&loop);
    struct frame *frame = frame_ref(a->conn->out.inline_frames[0]);
    ck_assert_uint_eq(frame->refs, 1 + PEOPLE);
    settle();
    ck_assert_uint_eq(frame->refs, 1);
    frame_unref(frame);
}
END_TEST

START_TEST(topic_publish_except_an_owner)
{
    ck_assert_int_eq(topic_subscribe(&topic, a->conn, &loop), 0);
    ck_assert_int_eq(topic_subscribe(&topic, b->conn, &loop), 0); /* two of one owner */
    ck_assert_int_eq(topic_subscribe(&topic, c->conn, NULL), 0);
    publish('1', &loop);
    publish('2', &topic); /* nobody's */
    publish('3', NULL);   /* no exception, not even of those without owner */
    assert_all_received("23", "23", "123");
}
END_TEST

START_TEST(topic_subscribe_twice_is_once)
{
    subscribe_all();
    subscribe_all();
    ck_assert_uint_eq(topic.n, PEOPLE);
    publish('1', NULL);
    topic_unsubscribe(&topic, a->conn);
    publish('2', NULL);
    assert_all_received("1", "12", "12");
}
END_TEST

/* Each order of leaving, for the last one takes the place of the one that goes. */
START_TEST(topic_unsubscribe_in_every_order)
{
    static const int orders[][PEOPLE] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                         {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    const int *order = orders[_i];
    bool in[PEOPLE] = {true, true, true};

    subscribe_all();
    for (int gone = 0; gone < PEOPLE; gone++) {
        topic_unsubscribe(&topic, people[order[gone]].conn);
        topic_unsubscribe(&topic, people[order[gone]].conn); /* it is no subscriber any more */
        in[order[gone]] = false;
        for (int i = 0; i < PEOPLE; i++)
            buf_clear(&people[i].received);
        publish('x', NULL);
        for (int i = 0; i < PEOPLE; i++)
            assert_received(&people[i], in[i] ? "x" : "");
    }
    ck_assert_uint_eq(topic.n, 0);
}
END_TEST

START_TEST(topic_of_one_connection_are_apart)
{
    struct topic topics[10];

    for (int i = 0; i < 10; i++) {
        topic_init(&topics[i]);
        ck_assert_int_eq(topic_subscribe(&topics[i], a->conn, a), 0);
    }
    topic_unsubscribe(&topics[3], a->conn);
    topic_deinit(&topics[5]);
    for (int i = 0; i < 10; i++) {
        char text = (char)('0' + i);
        topic_publish(&topics[i], slice_of(&text, 1), SEND_ALWAYS, NULL);
    }
    settle();
    assert_received(a, "01246789");
    for (int i = 0; i < 10; i++)
        topic_deinit(&topics[i]);
    ck_assert_ptr_null(a->conn->subscriptions);
}
END_TEST

START_TEST(topic_subscribe_of_a_closed_connection_is_refused)
{
    conn_close(a->conn);
    conn_abort(b->conn);
    ck_assert_int_eq(topic_subscribe(&topic, a->conn, a), -EPIPE);
    ck_assert_int_eq(topic_subscribe(&topic, b->conn, b), -EPIPE);
    ck_assert_uint_eq(topic.n, 0);
}
END_TEST

START_TEST(topic_loses_a_connection_that_ends)
{
    subscribe_all();
    conn_close(a->conn);
    ck_assert_uint_eq(topic.n, 2); /* at once */
    conn_abort(c->conn);
    ck_assert_uint_eq(topic.n, 1);
    publish('x', NULL);
    assert_all_received("", "x", "");
}
END_TEST

START_TEST(topic_deinit_ends_all_subscriptions)
{
    subscribe_all();
    topic_deinit(&topic);
    for (int i = 0; i < PEOPLE; i++)
        ck_assert_ptr_null(people[i].conn->subscriptions);
    publish('x', NULL); /* it is an empty topic */
    subscribe_all();
    publish('y', NULL);
    assert_all_received("y", "y", "y");
}
END_TEST

/* Sending finds out that a connection is broken, and ends its subscription in the middle of the
 * walk: everyone else gets the frame, once. */
START_TEST(topic_publish_while_a_subscriber_breaks)
{
    struct person *broken = &people[_i];

    subscribe_all();
    fill_up(broken);
    loop.outbox_limit = conn_pending(broken->conn);
    ck_assert_int_eq(shutdown(broken->peer, SHUT_RDWR), 0);
    topic_publish(&topic, SLICE("x"), SEND_BOUNDED, NULL);
    topic_flush_all(&loop);
    ck_assert_uint_eq(topic.n, PEOPLE - 1);
    settle();
    ck_assert_ptr_null(broken->conn);
    for (int i = 0; i < PEOPLE; i++)
        if (i != _i)
            assert_received(&people[i], "x");
}
END_TEST

START_TEST(topic_publish_while_all_subscribers_break)
{
    subscribe_all();
    for (int i = 0; i < PEOPLE; i++)
        fill_up(&people[i]);
    loop.outbox_limit = 0;
    for (int i = 0; i < PEOPLE; i++)
        ck_assert_int_eq(shutdown(people[i].peer, SHUT_RDWR), 0);
    topic_publish(&topic, SLICE("x"), SEND_BOUNDED, NULL);
    topic_flush_all(&loop);
    ck_assert_uint_eq(topic.n, 0);
    settle();
    ck_assert_uint_eq(loop.n_conns, 0);
}
END_TEST

START_TEST(topic_publish_to_a_slow_reader_tells_it_and_goes_on)
{
    subscribe_all();
    fill_up(b);
    loop.outbox_limit = conn_pending(b->conn);
    publish('x', NULL);
    assert_events("b.overflow ");
    assert_received(a, "x");
    assert_received(c, "x");
}
END_TEST

START_TEST(topic_overflow_ends_the_subscription)
{
    subscribe_all();
    fill_up(b);
    loop.outbox_limit = conn_pending(b->conn);
    publish('x', NULL);
    ck_assert_uint_eq(topic.n, 2);
    publish('y', NULL);
    assert_events("b.overflow ");
}
END_TEST

/* ---- Several frames in one turn ------------------------------------------------------------ */

static void publish_more(char text, enum send_class send_class, const void *except)
{
    topic_publish(&topic, slice_of(&text, 1), send_class, except);
}

START_TEST(topic_flush_joins_the_frames_of_a_turn)
{
    subscribe_all();
    publish_more('1', SEND_BOUNDED, NULL);
    publish_more('2', SEND_EPHEMERAL, NULL);
    publish_more('3', SEND_ALWAYS, NULL);
    topic_flush_all(&loop);
    for (int i = 0; i < PEOPLE; i++) {
        ck_assert_uint_eq(people[i].conn->out.n, 1);
        ck_assert_uint_eq(conn_pending(people[i].conn), 3);
    }
    settle();
    assert_all_received("123", "123", "123");
}
END_TEST

START_TEST(topic_and_conn_send_keep_their_order)
{
    subscribe_all();
    publish_more('1', SEND_BOUNDED, NULL);
    ck_assert_int_eq(send_char(b, 'b'), 0);
    publish_more('2', SEND_BOUNDED, NULL);
    publish_more('3', SEND_BOUNDED, NULL);
    ck_assert_int_eq(send_char(b, 'B'), 0);
    settle();
    assert_all_received("123", "1b23B", "123");
}
END_TEST

START_TEST(topic_exceptions_hold_for_each_frame)
{
    subscribe_all();
    publish_more('1', SEND_BOUNDED, a);
    publish_more('2', SEND_BOUNDED, NULL);
    publish_more('3', SEND_BOUNDED, b);
    settle();
    assert_all_received("23", "12", "123");
}
END_TEST

START_TEST(topic_subscription_has_what_was_published_in_its_time)
{
    ck_assert_int_eq(topic_subscribe(&topic, a->conn, a), 0);
    ck_assert_int_eq(topic_subscribe(&topic, b->conn, b), 0);
    publish_more('1', SEND_BOUNDED, NULL);
    ck_assert_int_eq(topic_subscribe(&topic, c->conn, c), 0);
    topic_unsubscribe(&topic, a->conn);
    publish_more('2', SEND_BOUNDED, NULL);
    conn_close(b->conn);
    publish_more('3', SEND_BOUNDED, NULL);
    settle();
    assert_all_received("1", "12", "23");
}
END_TEST

START_TEST(topic_deinit_delivers_what_was_published)
{
    subscribe_all();
    publish_more('1', SEND_BOUNDED, NULL);
    topic_deinit(&topic);
    ck_assert_ptr_null(loop.to_publish);
    subscribe_all();
    publish_more('2', SEND_BOUNDED, NULL);
    settle();
    assert_all_received("12", "12", "12");
}
END_TEST

START_TEST(topic_deinit_leaves_the_others_in_the_queue)
{
    struct topic topics[3];

    for (int i = 0; i < 3; i++) {
        char text = (char)('0' + i);
        topic_init(&topics[i]);
        ck_assert_int_eq(topic_subscribe(&topics[i], a->conn, a), 0);
        topic_publish(&topics[i], slice_of(&text, 1), SEND_BOUNDED, NULL);
    }
    topic_deinit(&topics[_i]);
    subscribe_all();
    publish_more('x', SEND_BOUNDED, NULL); /* behind the last one that is left */
    settle();
    static const char *const expected[] = {"012x", "102x", "201x"};
    assert_received(a, expected[_i]);
    for (int i = 0; i < 3; i++)
        topic_deinit(&topics[i]);
}
END_TEST

START_TEST(topic_flush_drops_the_ephemeral_for_a_slow_reader_only)
{
    subscribe_all();
    fill_up(b);
    loop.outbox_limit = 2 * conn_pending(b->conn);
    publish_more('1', SEND_BOUNDED, NULL);
    publish_more('2', SEND_EPHEMERAL, NULL);
    publish_more('3', SEND_BOUNDED, NULL);
    size_t before = conn_pending(b->conn);
    topic_flush_all(&loop);
    ck_assert_uint_eq(conn_pending(b->conn), before + 2);
    settle();
    assert_events("");
    assert_received(a, "123");
    assert_received(c, "123");
}
END_TEST

START_TEST(topic_publish_of_many_frames_does_not_wait_for_the_turn)
{
    struct buf expected;

    buf_init(&expected, BIG);
    subscribe_all();
    for (int i = 0; i < 1000; i++) {
        publish_more((char)('a' + i % 26), SEND_BOUNDED, NULL);
        ck_assert_int_eq(buf_append_char(&expected, (char)('a' + i % 26)), 0);
    }
    ck_assert_uint_gt(conn_pending(a->conn), 900);
    settle();
    assert_received(a, buf_cstr(&expected));
    buf_deinit(&expected);
}
END_TEST

START_TEST(topic_publish_of_long_frames_does_not_wait_for_the_turn)
{
    struct frame *frame = make_frame(BIG / 10, 'x');
    struct slice payload = slice_of(frame->data, frame->n);

    subscribe_all();
    topic_publish(&topic, payload, SEND_BOUNDED, NULL);
    topic_publish(&topic, payload, SEND_BOUNDED, NULL);
    ck_assert_uint_ge(conn_pending(a->conn), payload.n);
    frame_unref(frame);
    settle();
}
END_TEST

/* ---- Several encodings --------------------------------------------------------------------- */

/* Counts its frames, and puts its name in front of each message. */
struct named_encoding {
    struct encoding encoding;
    char name;
    int made;
    bool out_of_memory;
};

static struct frame *make_named(const struct encoding *encoding, struct slice payload)
{
    struct named_encoding *named = (struct named_encoding *)(uintptr_t)encoding;

    named->made++;
    return named->out_of_memory ? NULL : frame_join(slice_of(&named->name, 1), payload);
}

static struct named_encoding upper = {{make_named}, 'U', 0, false};
static struct named_encoding lower = {{make_named}, 'l', 0, false};

static void subscribe_in_encodings(void)
{
    upper.made = lower.made = 0;
    upper.out_of_memory = lower.out_of_memory = false;
    a->conn->encoding = &upper.encoding;
    b->conn->encoding = &lower.encoding;
    c->conn->encoding = &upper.encoding;
    subscribe_all();
}

START_TEST(topic_publish_makes_one_frame_for_each_encoding)
{
    subscribe_in_encodings();
    publish('1', NULL);
    ck_assert_int_eq(upper.made, 1);
    ck_assert_int_eq(lower.made, 1);
    publish('2', a);
    ck_assert_int_eq(upper.made, 2);
    assert_all_received("U1", "l1l2", "U1U2");
}
END_TEST

START_TEST(topic_publish_makes_no_frame_for_nobody)
{
    subscribe_in_encodings();
    topic_unsubscribe(&topic, a->conn);
    conn_close(c->conn);
    publish('1', NULL);
    ck_assert_int_eq(upper.made, 0);
    topic_unsubscribe(&topic, b->conn);
    publish('2', NULL);
    ck_assert_int_eq(lower.made, 1);
    assert_all_received("", "l1", "");
}
END_TEST

START_TEST(topic_publish_without_memory_for_an_encoding_serves_the_others)
{
    subscribe_in_encodings();
    upper.out_of_memory = true;
    publish('1', NULL);
    upper.out_of_memory = false;
    publish('2', NULL);
    assert_all_received("U2", "l1l2", "U2");
}
END_TEST

START_TEST(topic_deinit_ends_the_subscriptions_of_all_encodings)
{
    subscribe_in_encodings();
    topic_deinit(&topic);
    for (int i = 0; i < PEOPLE; i++)
        ck_assert_ptr_null(people[i].conn->subscriptions);
    publish('1', NULL);
    subscribe_all();
    publish('2', NULL);
    assert_all_received("U2", "l2", "U2");
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("topic");
    TCase *tc = tcase_create("topic");

    tcase_set_timeout(tc, TIMEOUT_S);
    tcase_add_checked_fixture(tc, setup_topic, teardown_topic);
    tcase_add_test(tc, topic_publish_reaches_all_subscribers);
    tcase_add_test(tc, topic_publish_shares_one_frame);
    tcase_add_test(tc, topic_publish_except_an_owner);
    tcase_add_test(tc, topic_subscribe_twice_is_once);
    tcase_add_loop_test(tc, topic_unsubscribe_in_every_order, 0, 6);
    tcase_add_test(tc, topic_of_one_connection_are_apart);
    tcase_add_test(tc, topic_subscribe_of_a_closed_connection_is_refused);
    tcase_add_test(tc, topic_loses_a_connection_that_ends);
    tcase_add_test(tc, topic_deinit_ends_all_subscriptions);
    tcase_add_loop_test(tc, topic_publish_while_a_subscriber_breaks, 0, PEOPLE);
    tcase_add_test(tc, topic_publish_while_all_subscribers_break);
    tcase_add_test(tc, topic_publish_to_a_slow_reader_tells_it_and_goes_on);
    tcase_add_test(tc, topic_overflow_ends_the_subscription);
    tcase_add_test(tc, topic_flush_joins_the_frames_of_a_turn);
    tcase_add_test(tc, topic_and_conn_send_keep_their_order);
    tcase_add_test(tc, topic_exceptions_hold_for_each_frame);
    tcase_add_test(tc, topic_subscription_has_what_was_published_in_its_time);
    tcase_add_test(tc, topic_deinit_delivers_what_was_published);
    tcase_add_loop_test(tc, topic_deinit_leaves_the_others_in_the_queue, 0, 3);
    tcase_add_test(tc, topic_flush_drops_the_ephemeral_for_a_slow_reader_only);
    tcase_add_test(tc, topic_publish_of_many_frames_does_not_wait_for_the_turn);
    tcase_add_test(tc, topic_publish_of_long_frames_does_not_wait_for_the_turn);
    tcase_add_test(tc, topic_publish_makes_one_frame_for_each_encoding);
    tcase_add_test(tc, topic_publish_makes_no_frame_for_nobody);
    tcase_add_test(tc, topic_publish_without_memory_for_an_encoding_serves_the_others);
    tcase_add_test(tc, topic_deinit_ends_the_subscriptions_of_all_encodings);
    suite_add_tcase(s, tc);
    return s;
}
