/* How connections end, and their timeouts. */
#include "conn_people.h"

#include "base/clock.h"
#include "base/counters.h"
#include "net/timeout.h"

Suite *suite(void);

/* ---- conn_close() ------------------------------------------------------------------------- */

START_TEST(conn_close_writes_what_waits_and_then_shuts_down)
{
    fill_up(a);
    ck_assert_int_eq(send_char(a, '!'), 0);
    conn_close(a->conn);
    conn_close(a->conn);
    ck_assert_int_eq(send_char(a, '?'), -EPIPE);
    assert_events(""); /* not within the call */
    turn();
    assert_events("a.closed "); /* told at once, although it still writes */
    ck_assert_uint_eq(loop.n_conns, PEOPLE);
    say(a, "thrown away");
    while (!a->peer_eof) {
        receive(a);
        turn();
    }
    ck_assert_uint_eq(a->received.n, BIG + 1);
    ck_assert_int_eq(a->received.p[BIG], '!');
    settle();
    ck_assert_uint_eq(loop.n_conns, PEOPLE); /* it lingers */
    say(a, "thrown away, too");
    settle();
    ck_assert_int_eq(shutdown(a->peer, SHUT_WR), 0);
    UNTIL(loop.n_conns == PEOPLE - 1);
    assert_events("");
    ck_assert_uint_eq(counter_get(COUNT_CLOSE_TIMEOUTS), 0);
}
END_TEST

START_TEST(conn_close_lingers_until_the_peer_closes)
{
    conn_close(a->conn);
    settle();
    assert_events("a.closed ");
    assert_received(a, "");
    ck_assert(a->peer_eof);
    ck_assert_uint_eq(loop.n_conns, PEOPLE);
    close(a->peer);
    a->peer = -1;
    UNTIL(loop.n_conns == PEOPLE - 1);
    assert_events("");
}
END_TEST

START_TEST(conn_close_gives_up_on_a_peer_that_does_not_read)
{
    timeout_set(loop.close_timeout, SHORT_MS);
    fill_up(a);
    conn_close(a->conn);
    UNTIL(loop.n_conns == PEOPLE - 1);
    ck_assert_uint_eq(counter_get(COUNT_CLOSE_TIMEOUTS), 1);
    assert_events("a.closed "); /* no timeout of the user's */
}
END_TEST

START_TEST(conn_close_gives_up_on_a_peer_that_does_not_close)
{
    timeout_set(loop.close_timeout, SHORT_MS);
    conn_close(a->conn);
    UNTIL(loop.n_conns == PEOPLE - 1);
    ck_assert_uint_eq(counter_get(COUNT_CLOSE_TIMEOUTS), 1);
    assert_events("a.closed ");
}
END_TEST

START_TEST(conn_close_replaces_the_timeout_of_the_user)
{
    struct timeout *timeout = timeout_new(&loop, SHORT_MS);

    conn_set_timeout(a->conn, timeout);
    conn_set_timeout(b->conn, timeout);
    conn_close(a->conn);
    UNTIL(strstr(buf_cstr(&events), "b.timeout ") != NULL);
    assert_events("a.closed b.timeout ");
    ck_assert_uint_eq(loop.n_conns, PEOPLE);
}
END_TEST

START_TEST(conn_close_throws_away_the_rest_of_the_input)
{
    fill_up(a);
    a->use = 1;
    say(a, "ab");
    turn();
    turn();
    assert_events("a.input=ab ");
    conn_close(a->conn);
    while (!a->peer_eof) {
        receive(a);
        turn();
    }
    assert_events("a.closed ");
}
END_TEST

/* ---- conn_abort() ------------------------------------------------------------------------- */

START_TEST(conn_abort_ends_with_all_that_waits)
{
    fill_up(a);
    ck_assert_int_eq(send_char(a, '!'), 0);
    conn_abort(a->conn);
    conn_abort(a->conn);
    conn_close(a->conn);
    ck_assert_int_eq(send_char(a, '?'), -EPIPE);
    assert_events("");
    turn();
    assert_events("a.closed ");
    ck_assert_uint_eq(loop.n_conns, PEOPLE - 1);
    receive(a);
    ck_assert(a->peer_eof);
    ck_assert_uint_lt(a->received.n, BIG);
}
END_TEST

START_TEST(conn_abort_after_close_is_told_once)
{
    struct conn *conn = a->conn;

    fill_up(a);
    conn_close(conn);
    turn();
    assert_events("a.closed ");
    ck_assert_uint_eq(loop.n_conns, PEOPLE);
    conn_abort(conn);
    turn();
    assert_events("");
    ck_assert_uint_eq(loop.n_conns, PEOPLE - 1);
}
END_TEST

START_TEST(loop_end_conns_tells_everyone_once)
{
    fill_up(a);
    conn_close(b->conn);
    settle();
    assert_events("b.closed ");
    loop_end_conns(&loop);
    ck_assert_uint_eq(loop.n_conns, 0);
    ck_assert_ptr_null(a->conn);
    ck_assert_ptr_null(c->conn);
    ck_assert_uint_eq(events.n, strlen("a.closed c.closed "));
}
END_TEST

/* ---- Callbacks that close ----------------------------------------------------------------- */

static void (*const ends[])(struct conn *) = {conn_close, conn_abort};
static void (*end)(struct conn *);
static char end_at; /* the event */

static void end_itself(struct person *person, char event)
{
    if (event == end_at)
        end(person->conn);
}

static void end_all(struct person *person, char event)
{
    (void)person;
    if (event != end_at)
        return;
    for (int i = 0; i < PEOPLE; i++)
        if (people[i].conn != NULL)
            end(people[i].conn);
}

static void assert_told_once(const struct person *person)
{
    const char text[] = {(char)('a' + (person - people)), '.', 'c', 'l', '\0'};
    const char *found = strstr(buf_cstr(&events), text);

    ck_assert_ptr_nonnull(found);
    ck_assert_ptr_null(strstr(found + 1, text));
    ck_assert_ptr_null(person->conn);
}

/* Makes each event happen to `a`. */
static void provoke(char event)
{
    switch (event) {
    case 'i':
        say(a, "abc");
        break;
    case 'e':
        ck_assert_int_eq(shutdown(a->peer, SHUT_WR), 0);
        break;
    case 't':
        conn_set_timeout(a->conn, timeout_new(&loop, 1));
        break;
    case 'o':
        fill_up(a);
        loop.outbox_limit = 1;
        ck_assert_int_eq(send_fill(a, 1, 'x', SEND_BOUNDED), -ENOBUFS);
        break;
    case 'c':
        conn_close(a->conn);
        break;
    }
}

static const char provoked[] = "ietoc";

START_TEST(conn_callback_may_end_its_own_connection)
{
    end = ends[_i % 2];
    end_at = provoked[_i / 2];
    a->use = 1;
    a->on_event = end_itself;
    provoke(end_at);
    UNTIL(a->conn == NULL);
    settle();
    assert_told_once(a);
    ck_assert_ptr_nonnull(b->conn);
    ck_assert_ptr_nonnull(c->conn);
    close(a->peer);
    a->peer = -1;
    UNTIL(loop.n_conns == PEOPLE - 1);
    assert_told_once(a);
}
END_TEST

START_TEST(conn_callback_may_end_all_connections)
{
    end = ends[_i % 2];
    end_at = provoked[_i / 2];
    for (int i = 0; i < PEOPLE; i++)
        people[i].on_event = end_all;
    say(b, "x"); /* perhaps in the same turn */
    say(c, "x");
    provoke(end_at);
    UNTIL(a->conn == NULL && b->conn == NULL && c->conn == NULL);
    settle();
    for (int i = 0; i < PEOPLE; i++) {
        assert_told_once(&people[i]);
        close(people[i].peer);
        people[i].peer = -1;
    }
    UNTIL(loop.n_conns == 0);
}
END_TEST

static void send_to_others(struct person *person, char event)
{
    if (event != 'c')
        return;
    for (int i = 0; i < PEOPLE; i++)
        if (&people[i] != person && people[i].conn != NULL)
            ck_assert_int_eq(send_char(&people[i], '!'), 0);
    ck_assert_int_eq(send_char(person, '?'), -EPIPE);
}

START_TEST(conn_closed_may_send_to_others_in_the_same_turn)
{
    a->on_event = send_to_others;
    conn_abort(a->conn);
    turn();
    assert_received(b, "!");
    assert_received(c, "!");
    assert_received(a, "");
}
END_TEST

/* ---- Timeouts ----------------------------------------------------------------------------- */

START_TEST(conn_timeout_comes_once_and_not_too_early)
{
    int64_t begin = clock_monotonic_ms();

    conn_set_timeout(a->conn, timeout_new(&loop, SHORT_MS));
    conn_set_timeout(b->conn, timeout_new(&loop, LONG_MS));
    UNTIL(events.n > 0);
    /* The loop reads the clock once a turn, and this was set before the first. */
    ck_assert_int_ge(clock_monotonic_ms() - begin, 1);
    int64_t later = loop_now_ms(&loop) + 3 * SHORT_MS;
    UNTIL(loop_now_ms(&loop) > later);
    assert_events("a.timeout ");
    ck_assert_ptr_null(a->conn->timeout);
}
END_TEST

START_TEST(conn_timeouts_of_a_class_come_in_the_order_of_their_start)
{
    struct timeout *timeout = timeout_new(&loop, SHORT_MS);

    conn_set_timeout(b->conn, timeout);
    conn_set_timeout(a->conn, timeout);
    conn_set_timeout(c->conn, timeout);
    conn_set_timeout(a->conn, timeout); /* anew */
    UNTIL(events.n >= strlen("b.timeout c.timeout a.timeout "));
    assert_events("b.timeout c.timeout a.timeout ");
    ck_assert_ptr_null(timeout->first);
    ck_assert_ptr_null(timeout->last);
}
END_TEST

START_TEST(conn_set_timeout_moves_between_classes_and_out)
{
    struct timeout *brief = timeout_new(&loop, SHORT_MS);
    struct timeout *longer = timeout_new(&loop, LONG_MS);

    conn_set_timeout(a->conn, brief);
    conn_set_timeout(a->conn, longer);
    conn_set_timeout(b->conn, longer);
    conn_set_timeout(b->conn, brief);
    conn_set_timeout(c->conn, brief);
    conn_set_timeout(c->conn, NULL);
    conn_set_timeout(c->conn, NULL);
    UNTIL(events.n > 0);
    int64_t later = loop_now_ms(&loop) + 3 * SHORT_MS;
    UNTIL(loop_now_ms(&loop) > later);
    assert_events("b.timeout ");
    ck_assert_ptr_eq(longer->first, a->conn);
    ck_assert_ptr_eq(longer->last, a->conn);
}
END_TEST

static void wait_again(struct person *person, char event)
{
    if (event == 't')
        conn_set_timeout(person->conn, loop.timeouts);
}

START_TEST(conn_timeout_may_enter_its_class_again)
{
    a->on_event = wait_again;
    conn_set_timeout(a->conn, timeout_new(&loop, 1));
    UNTIL(events.n >= 3 * strlen("a.timeout "));
    assert_events("a.timeout a.timeout a.timeout ");
}
END_TEST

START_TEST(timeout_set_longer_keeps_the_end_of_those_in_it)
{
    struct timeout *timeout = timeout_new(&loop, SHORT_MS);

    conn_set_timeout(a->conn, timeout);
    timeout_set(timeout, LONG_MS);
    conn_set_timeout(b->conn, timeout);
    UNTIL(events.n > 0);
    assert_events("a.timeout ");
    ck_assert_ptr_eq(timeout->first, b->conn);
}
END_TEST

/* Those who enter from now on do not wait for those who were there before. */
START_TEST(timeout_set_shorter_holds_for_all)
{
    struct timeout *timeout = timeout_new(&loop, LONG_MS);

    conn_set_timeout(a->conn, timeout);
    timeout_set(timeout, SHORT_MS);
    conn_set_timeout(b->conn, timeout);
    int64_t later = loop_now_ms(&loop) + 5000;
    UNTIL(events.n > 0 || loop_now_ms(&loop) > later);
    assert_events("a.timeout b.timeout ");
}
END_TEST

START_TEST(conn_end_leaves_its_timeout)
{
    struct timeout *timeout = timeout_new(&loop, LONG_MS);

    for (int i = 0; i < PEOPLE; i++)
        conn_set_timeout(people[i].conn, timeout);
    conn_abort(b->conn);
    settle();
    ck_assert_ptr_eq(timeout->first, a->conn);
    ck_assert_ptr_eq(timeout->last, c->conn);
    conn_abort(c->conn);
    conn_abort(a->conn);
    settle();
    ck_assert_ptr_null(timeout->first);
    ck_assert_ptr_null(timeout->last);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("conn_end");
    TCase *tc = tcase_create("conn_end");

    tcase_set_timeout(tc, TIMEOUT_S);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, conn_close_writes_what_waits_and_then_shuts_down);
    tcase_add_test(tc, conn_close_lingers_until_the_peer_closes);
    tcase_add_test(tc, conn_close_gives_up_on_a_peer_that_does_not_read);
    tcase_add_test(tc, conn_close_gives_up_on_a_peer_that_does_not_close);
    tcase_add_test(tc, conn_close_replaces_the_timeout_of_the_user);
    tcase_add_test(tc, conn_close_throws_away_the_rest_of_the_input);
    tcase_add_test(tc, conn_abort_ends_with_all_that_waits);
    tcase_add_test(tc, conn_abort_after_close_is_told_once);
    tcase_add_test(tc, loop_end_conns_tells_everyone_once);
    tcase_add_loop_test(tc, conn_callback_may_end_its_own_connection, 0,
                        2 * (sizeof(provoked) - 1));
    tcase_add_loop_test(tc, conn_callback_may_end_all_connections, 0, 2 * (sizeof(provoked) - 1));
    tcase_add_test(tc, conn_closed_may_send_to_others_in_the_same_turn);
    tcase_add_test(tc, conn_timeout_comes_once_and_not_too_early);
    tcase_add_test(tc, conn_timeouts_of_a_class_come_in_the_order_of_their_start);
    tcase_add_test(tc, conn_set_timeout_moves_between_classes_and_out);
    tcase_add_test(tc, conn_timeout_may_enter_its_class_again);
    tcase_add_test(tc, timeout_set_longer_keeps_the_end_of_those_in_it);
    tcase_add_test(tc, timeout_set_shorter_holds_for_all);
    tcase_add_test(tc, conn_end_leaves_its_timeout);
    suite_add_tcase(s, tc);
    return s;
}
