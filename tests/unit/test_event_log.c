#include "chat/event_log.h"

#include <check.h>
#include <stdio.h>

Suite *suite(void);

static const struct event_log_limits plenty = {100, 1 << 20, 1 << 20};

static struct event_log logs[2];

static void teardown(void)
{
    event_log_clear(&logs[0]);
    event_log_clear(&logs[1]);
}

static void add(struct event_log *log, int64_t seq, const struct event_log_limits *limits)
{
    char json[32];

    snprintf(json, sizeof(json), "{\"seq\":%d}", (int)seq);
    event_log_add(log, limits, &(struct logged_event){.seq = seq, .json = slice_str(json)});
}

static void add_up_to(struct event_log *log, int64_t last, const struct event_log_limits *limits)
{
    for (int64_t seq = 1; seq <= last; seq++)
        add(log, seq, limits);
}

START_TEST(event_log_has_what_was_added)
{
    struct event_log *log = &logs[0];
    const uint64_t hidden[] = {3, 7};
    const struct logged_event event = {
        .seq = 1, .json = SLICE("{}"), .cid = SLICE("c"), .from = 9, .hidden_from = hidden, 2};

    event_log_add(log, &plenty, &event);
    add(log, 2, &plenty);
    ck_assert_uint_eq(log->n, 2);
    const struct logged_event *first = event_log_get(log, 0);
    ck_assert_int_eq(first->seq, 1);
    ck_assert(slice_eq(first->json, SLICE("{}")));
    ck_assert(slice_eq(first->cid, SLICE("c")));
    ck_assert_uint_eq(first->from, 9);
    ck_assert_uint_eq(first->n_hidden_from, 2);
    ck_assert_uint_eq(first->hidden_from[1], 7);
    ck_assert(slice_eq(event_log_get(log, 1)->json, SLICE("{\"seq\":2}")));
    ck_assert_uint_eq(event_log_get(log, 1)->n_hidden_from, 0);
}
END_TEST

START_TEST(event_log_add_behind_a_gap_forgets_what_was_before)
{
    struct event_log *log = &logs[0];

    add_up_to(log, 3, &plenty);
    add(log, 7, &plenty);
    add(log, 8, &plenty);
    ck_assert_uint_eq(log->n, 2);
    ck_assert_int_eq(event_log_last(log), 8);
    ck_assert_int_eq(event_log_find(log, 6, 8), 0);
    ck_assert_int_eq(event_log_find(log, 2, 8), -1);
}
END_TEST

START_TEST(event_log_find_in_a_log_that_ends_too_early)
{
    struct event_log *log = &logs[0];

    ck_assert_int_eq(event_log_last(log), 0);
    add_up_to(log, 3, &plenty);
    ck_assert_int_eq(event_log_find(log, 2, 9), -1);
    ck_assert_int_eq(event_log_find(log, 8, 9), -1);
    ck_assert_int_eq(event_log_find(log, 9, 9), 3);
}
END_TEST

static void add_text(struct event_log *log, int64_t seq, int64_t target, const char *json)
{
    event_log_add(log, &plenty,
                  &(struct logged_event){.seq = seq, .target = target, .json = slice_str(json)});
}

START_TEST(event_log_redact_takes_the_texts_of_a_message)
{
    struct event_log *log = &logs[0];

    add_text(log, 1, 0, "{\"type\":\"message\",\"seq\":1,\"text\":\"secret\"}");
    add_text(log, 2, 0, "{\"type\":\"message\",\"seq\":2,\"text\":\"open\"}");
    add_text(log, 3, 1, "{\"type\":\"edit\",\"seq\":3,\"target\":1,\"text\":\"secret, too\"}");
    add_text(log, 4, 2, "{\"type\":\"edit\",\"seq\":4,\"target\":2,\"text\":\"open, too\"}");
    event_log_redact(log, 1);
    ck_assert_str_eq(event_log_get(log, 0)->json.p,
                     "{\"type\":\"message\",\"seq\":1,\"deleted\":true}");
    ck_assert_str_eq(event_log_get(log, 2)->json.p, "{\"type\":\"edit\",\"seq\":3,\"target\":1}");
    ck_assert_ptr_nonnull(strstr(event_log_get(log, 1)->json.p, "open"));
    ck_assert_ptr_nonnull(strstr(event_log_get(log, 3)->json.p, "open, too"));
    size_t bytes = log->bytes;
    event_log_redact(log, 0); /* about nothing */
    event_log_redact(log, 99);
    ck_assert_uint_eq(log->bytes, bytes);
}
END_TEST

/* As a store restores it: with its last text. */
START_TEST(event_log_redact_takes_what_is_said_of_edits)
{
    add_text(&logs[0], 1, 0,
             "{\"type\":\"message\",\"seq\":1,\"text\":\"x\",\"edited\":{\"seq\":2,\"ts\":3}}");
    event_log_redact(&logs[0], 1);
    ck_assert_str_eq(event_log_get(&logs[0], 0)->json.p,
                     "{\"type\":\"message\",\"seq\":1,\"deleted\":true}");
}
END_TEST

START_TEST(event_log_find_what_follows)
{
    struct event_log *log = &logs[0];

    ck_assert_int_eq(event_log_find(log, 0, 0), 0);
    ck_assert_int_eq(event_log_find(log, 41, 41), 0); /* nothing is kept, and nothing was missed */
    ck_assert_int_eq(event_log_find(log, 40, 41), -1);
    add_up_to(log, 5, &plenty);
    ck_assert_int_eq(event_log_find(log, 0, 5), 0);
    ck_assert_int_eq(event_log_find(log, 3, 5), 3);
    ck_assert_int_eq(event_log_find(log, 5, 5), 5);
    ck_assert_int_eq(event_log_find(log, 6, 5), -1);
    ck_assert_int_eq(event_log_find(log, -1, 5), -1);
    ck_assert_int_eq(event_log_find(log, INT64_MIN + 6, 5), -1);
    ck_assert_int_eq(event_log_find(log, INT64_MAX, 5), -1);
}
END_TEST

START_TEST(event_log_keeps_the_last_ones)
{
    struct event_log *log = &logs[0];
    const struct event_log_limits few = {3, 1 << 20, 1 << 20};

    for (int64_t last = 1; last <= 50; last++) {
        add(log, last, &few);
        int64_t first = last > 3 ? last - 2 : 1;
        ck_assert_uint_eq(log->n, last - first + 1);
        for (uint32_t i = 0; i < log->n; i++)
            ck_assert_int_eq(event_log_get(log, i)->seq, first + i);
        ck_assert_int_eq(event_log_find(log, first - 1, last), 0);
        ck_assert_int_eq(event_log_find(log, first - 2, last), -1);
    }
}
END_TEST

START_TEST(event_log_grows_around_its_end)
{
    struct event_log *log = &logs[0];
    const struct event_log_limits few = {5, 1 << 20, 1 << 20};

    add_up_to(log, 7, &few); /* the ring begins in its middle */
    for (int64_t seq = 8; seq <= 40; seq++)
        add(log, seq, &plenty);
    for (uint32_t i = 0; i < log->n; i++)
        ck_assert_int_eq(event_log_get(log, i)->seq, 40 - (int64_t)log->n + 1 + i);
}
END_TEST

START_TEST(event_log_limits_on_bytes)
{
    const struct event_log_limits small = {100, 200, 1 << 20};
    const struct event_log_limits none = {0, 1 << 20, 1 << 20};

    add_up_to(&logs[0], 20, &small);
    ck_assert_uint_gt(logs[0].n, 0);
    ck_assert_uint_lt(logs[0].n, 4);
    ck_assert_uint_le(logs[0].bytes, 200);
    add(&logs[0], 21, &none);
    ck_assert_uint_eq(logs[0].n, 0);
}
END_TEST

START_TEST(event_log_limit_on_all_of_them)
{
    const struct event_log_limits together = {100, 1 << 20, 1000};

    add_up_to(&logs[0], 20, &together);
    uint32_t n = logs[0].n;
    ck_assert_uint_gt(n, 4);
    /* Who adds, forgets. */
    add_up_to(&logs[1], 20, &together);
    ck_assert_uint_eq(logs[0].n, n);
    ck_assert_uint_lt(logs[1].n, 2);
    event_log_clear(&logs[0]);
    add_up_to(&logs[1], 20, &together);
    ck_assert_uint_ge(logs[1].n, n);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("event_log");
    TCase *tc = tcase_create("event_log");

    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_test(tc, event_log_has_what_was_added);
    tcase_add_test(tc, event_log_add_behind_a_gap_forgets_what_was_before);
    tcase_add_test(tc, event_log_find_in_a_log_that_ends_too_early);
    tcase_add_test(tc, event_log_redact_takes_the_texts_of_a_message);
    tcase_add_test(tc, event_log_redact_takes_what_is_said_of_edits);
    tcase_add_test(tc, event_log_find_what_follows);
    tcase_add_test(tc, event_log_keeps_the_last_ones);
    tcase_add_test(tc, event_log_grows_around_its_end);
    tcase_add_test(tc, event_log_limits_on_bytes);
    tcase_add_test(tc, event_log_limit_on_all_of_them);
    suite_add_tcase(s, tc);
    return s;
}
