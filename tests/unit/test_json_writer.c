/* The half of json.h that writes text piece by piece. */
#include "base/json.h"

#include <check.h>
#include <errno.h>

Suite *suite(void);

static struct json *json;
static struct buf out;

static void setup(void)
{
    json = NULL;
    buf_init(&out, 4096);
}

static void teardown(void)
{
    json_free(json);
    buf_deinit(&out);
}

static void assert_text(const struct json *value, const char *expected)
{
    char *text = json_text(value);

    ck_assert_str_eq(text, expected);
    json_text_free(text);
}

static void assert_written(const char *expected)
{
    ck_assert_msg(slice_eq(buf_slice(&out), slice_str(expected)), "%s", buf_cstr(&out));
}

START_TEST(json_writer_begins_with_the_type)
{
    struct json_writer w = json_begin(&out, "pong");

    ck_assert_int_eq(json_end(&w), 0);
    assert_written("{\"type\":\"pong\"}");
}
END_TEST

START_TEST(json_writer_sets_commas_everywhere)
{
    struct json_writer w = json_begin(&out, "t");

    json_put_str(&w, "s", SLICE("{["));
    json_put_int(&w, "i", INT64_MIN);
    json_put_bool(&w, "b", true);
    json_put_array(&w, "empty");
    json_end_array(&w);
    json_put_object(&w, "o");
    json_put_bool(&w, "b", false);
    json_put_object(&w, "empty");
    json_end_object(&w);
    json_put_str(&w, "", slice_of(NULL, 0));
    json_end_object(&w);
    json_put_array(&w, "a");
    json_item_str(&w, SLICE("["));
    json_item_object(&w);
    json_put_int(&w, "n", 1);
    json_end_object(&w);
    json_item_object(&w);
    json_end_object(&w);
    json_item_str(&w, SLICE(""));
    json_end_array(&w);
    json_put_raw(&w, "r", SLICE("[1,{}]"));
    json_put_raw(&w, "q", SLICE("null"));
    ck_assert_int_eq(json_end(&w), 0);
    assert_written("{\"type\":\"t\",\"s\":\"{[\",\"i\":-9223372036854775808,\"b\":true,"
                   "\"empty\":[],\"o\":{\"b\":false,\"empty\":{},\"\":\"\"},"
                   "\"a\":[\"[\",{\"n\":1},{},\"\"],\"r\":[1,{}],\"q\":null}");
}
END_TEST

START_TEST(json_writer_every_byte_comes_back_from_the_parser)
{
    char text[] = "<?>";

    text[1] = (char)_i;
    struct json *members = json_object();
    json_set_str(members, text, slice_of(text, 3));
    struct json_writer w = json_begin(&out, text);
    json_put_members(&w, members, NULL);
    json_free(members);
    json_put_array(&w, "array");
    json_item_str(&w, slice_of(text + 1, 1));
    json_end_array(&w);
    ck_assert_int_eq(json_end(&w), 0);
    for (size_t i = 0; i < out.n; i++)
        ck_assert_uint_ge((unsigned char)out.p[i], 0x20); /* RFC 8259 7 */
    json = json_parse(buf_slice(&out));
    ck_assert_ptr_nonnull(json);
    ck_assert_str_eq(json_str(json_get(json, "type")), text);
    ck_assert_str_eq(json_str(json_get(json, text)), text);
    ck_assert_int_eq(json_str(json_item(json_get(json, "array"), 0))[0], text[1]);
}
END_TEST

START_TEST(json_writer_escapes_a_nul_although_the_parser_refuses_it)
{
    struct json_writer w = json_begin(&out, "t");

    json_put_str(&w, "s", SLICE("a\0b"));
    ck_assert_int_eq(json_end(&w), 0);
    assert_written("{\"type\":\"t\",\"s\":\"a\\u0000b\"}");
    ck_assert_ptr_null(json_parse(buf_slice(&out)));
}
END_TEST

START_TEST(json_writer_appends_to_what_the_buffer_holds)
{
    ck_assert_int_eq(buf_append_slice(&out, SLICE("42")), 0);
    struct json_writer w = json_begin(&out, "t");
    ck_assert_int_eq(json_end(&w), 0);
    assert_written("42{\"type\":\"t\"}");
}
END_TEST

START_TEST(json_put_members_copies_all_but_the_type)
{
    json = json_parse(SLICE("{\"a\":\"\\u0001\\\"\",\"type\":\"other\",\"n\":9007199254740991,"
                            "\"o\":{\"type\":1},\"\\n\":[1,2.5]}"));
    struct json_writer w = json_begin(&out, "t");
    json_put_members(&w, json, NULL);
    ck_assert_int_eq(json_end(&w), 0);
    struct json *back = json_parse(buf_slice(&out));
    ck_assert_ptr_nonnull(back);
    assert_text(back, "{\"type\":\"t\",\"a\":\"\\u0001\\\"\",\"n\":9007199254740991,"
                      "\"o\":{\"type\":1},\"\\n\":[1,2.5]}");
    json_free(back);
}
END_TEST

START_TEST(json_put_members_without_some)
{
    static const char *const without[] = {"a", "ccc", NULL};

    json = json_parse(SLICE("{\"a\":1,\"b\":2,\"ccc\":3,\"c\":4}"));
    struct json_writer w = json_begin(&out, "t");
    json_put_members(&w, json, without);
    ck_assert_int_eq(json_end(&w), 0);
    assert_written("{\"type\":\"t\",\"b\":2,\"c\":4}");
}
END_TEST

START_TEST(json_writer_goes_on_with_an_object)
{
    struct json_writer w = json_begin(&out, "t");
    ck_assert_int_eq(json_end(&w), 0);
    w = json_reopen(&out);
    json_put_int(&w, "n", 1);
    ck_assert_int_eq(json_end(&w), 0);
    assert_written("{\"type\":\"t\",\"n\":1}");
}
END_TEST

START_TEST(json_put_members_of_no_object_puts_nothing)
{
    json = json_parse(SLICE("[1]"));
    struct json_writer w = json_begin(&out, "t");
    json_put_members(&w, NULL, NULL);
    json_put_members(&w, json, NULL);
    ck_assert_int_eq(json_end(&w), 0);
    assert_written("{\"type\":\"t\"}");
}
END_TEST

static int write_some(struct buf *to)
{
    struct json_writer w = json_begin(to, "type");

    json_put_str(&w, "key", SLICE("a\x01z"));
    json_put_int(&w, "n", 5);
    return json_end(&w);
}

START_TEST(json_end_answers_the_first_error_wherever_the_buffer_was_full)
{
    ck_assert_int_eq(write_some(&out), 0);
    for (size_t max = 0; max < out.n; max++) {
        struct buf small;
        buf_init(&small, max);
        ck_assert_int_eq(write_some(&small), -EMSGSIZE);
        ck_assert_uint_le(small.n, max);
        buf_deinit(&small);
    }
    struct buf exact;
    buf_init(&exact, out.n);
    ck_assert_int_eq(write_some(&exact), 0);
    buf_deinit(&exact);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("json_writer");
    TCase *tc = tcase_create("json_writer");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, json_writer_begins_with_the_type);
    tcase_add_test(tc, json_writer_sets_commas_everywhere);
    tcase_add_loop_test(tc, json_writer_every_byte_comes_back_from_the_parser, 1, 0x80);
    tcase_add_test(tc, json_writer_escapes_a_nul_although_the_parser_refuses_it);
    tcase_add_test(tc, json_writer_appends_to_what_the_buffer_holds);
    tcase_add_test(tc, json_put_members_copies_all_but_the_type);
    tcase_add_test(tc, json_put_members_without_some);
    tcase_add_test(tc, json_writer_goes_on_with_an_object);
    tcase_add_test(tc, json_put_members_of_no_object_puts_nothing);
    tcase_add_test(tc, json_end_answers_the_first_error_wherever_the_buffer_was_full);
    suite_add_tcase(s, tc);
    return s;
}
