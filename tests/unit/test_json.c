#include "base/json.h"

#include <check.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

Suite *suite(void);

#define N(table) ((int)(sizeof(table) / sizeof((table)[0])))

static struct json *json;

static void setup(void)
{
    json = NULL;
}

static void teardown(void)
{
    json_free(json);
}

/* Parses from memory that ends where the text ends, so that a checker sees a read beyond it. */
static struct json *parse_exact(struct slice text)
{
    char *copy = malloc(text.n > 0 ? text.n : 1);

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, text.p, text.n);
    struct json *parsed = json_parse(slice_of(copy, text.n));
    free(copy);
    return parsed;
}

static void assert_text(const struct json *value, const char *expected)
{
    char *text = json_text(value);

    ck_assert_str_eq(text, expected);
    json_text_free(text);
}

/* ---- Parsing ------------------------------------------------------------------------------ */

static const struct {
    struct slice text;
    const char *printed;
} good[] = {
    {SLICE_INIT("null"), "null"},
    {SLICE_INIT("true"), "true"},
    {SLICE_INIT("false"), "false"},
    {SLICE_INIT("0"), "0"},
    {SLICE_INIT("-1"), "-1"},
    {SLICE_INIT("1.5"), "1.5"},
    {SLICE_INIT("1e3"), "1000"},
    {SLICE_INIT("1E+2"), "100"},
    {SLICE_INIT("25e-1"), "2.5"},
    {SLICE_INIT("\"\""), "\"\""},
    {SLICE_INIT("\"a\""), "\"a\""},
    {SLICE_INIT("[]"), "[]"},
    {SLICE_INIT("{}"), "{}"},
    {SLICE_INIT(" \t\r\n{ \"a\" : [ 1 , 2 ] } \t\r\n"), "{\"a\":[1,2]}"},
    {SLICE_INIT("[[],{},[{}]]"), "[[],{},[{}]]"},
    {SLICE_INIT("{\"\":1}"), "{\"\":1}"},
    {SLICE_INIT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), "\"\\\"\\\\/\\b\\f\\n\\r\\t\""},
    {SLICE_INIT("\"\\u0041\\u00e9\\u20ac\""), "\"A\xc3\xa9\xe2\x82\xac\""},
    {SLICE_INIT("\"\\ud83d\\ude00\\uD83D\\uDE00\""), "\"\xf0\x9f\x98\x80\xf0\x9f\x98\x80\""},
    {SLICE_INIT("\"\\u0001\""), "\"\\u0001\""},
    {SLICE_INIT("\"\xf0\x9f\x98\x80\""), "\"\xf0\x9f\x98\x80\""},
    {SLICE_INIT("\"\\\\u0000\""), "\"\\\\u0000\""}, /* a backslash and letters, no NUL */
    {SLICE_INIT("\"\\\\\\\\u0000\""), "\"\\\\\\\\u0000\""},
    {SLICE_INIT("\"\\u00000\""), NULL}, /* a NUL and a zero */
    {SLICE_INIT("\"u0000\""), "\"u0000\""},
    {SLICE_INIT("\"\xef\xbb\xbf\""), "\"\xef\xbb\xbf\""}, /* the mark may be in a string */
};

START_TEST(json_parse_good_text_prints_without_spaces)
{
    json = parse_exact(good[_i].text);
    if (good[_i].printed == NULL) {
        ck_assert_ptr_null(json);
        return;
    }
    ck_assert_ptr_nonnull(json);
    assert_text(json, good[_i].printed);
}
END_TEST

/* Every beginning of a text that needs its last byte is none. */
START_TEST(json_parse_cut_off_text_is_refused)
{
    static const struct slice text =
        SLICE_INIT("{\"a\":[1,-2.5e3,\"\\u20ac\\n\",true,false,null,{}],\"b\":{\"c\":\"\"}}");

    json = parse_exact(text);
    ck_assert_ptr_nonnull(json);
    for (size_t n = 0; n < text.n; n++)
        ck_assert_ptr_null(parse_exact(slice_of(text.p, n)));
}
END_TEST

static const char *const bad[] = {
    "",
    " ",
    "\xef\xbb\xbf{}",
    "\xef\xbb\xbf",
    "{}x",
    "{} {}",
    "{},",
    "1 2",
    "1-2",
    "1e",
    "nullx",
    "true\f",
    "\"\\u0000\"",
    "\"a\\u0000b\"",
    "\"\\\\\\u0000\"",
    "{\"\\u0000\":1}",
    "\"\\x41\"",
    "\"\\u123\"",
    "\"\\ud83d\"",
    "\"\\ud83dx\"",
    "\"\\ud83d\\u0041\"",
    "\"\\ude00\"",
    "'a'",
    "\"a",
    "a",
    "True",
    "+1",
    ".5",
    "-",
    "0x10",
    "NaN",
    "Infinity",
    "-Infinity",
    "[",
    "]",
    "[1,]",
    "[,1]",
    "[1 2]",
    "[1}",
    "{\"a\":1,}",
    "{\"a\"}",
    "{\"a\":}",
    "{a:1}",
    "{1:1}",
    "{} // no comments",
    "/**/{}",
};

/* cJSON alone takes them for JSON, and prints 1e400 as null. */
static const char *const lax[] = {"\"\\u12g4\"", "\"a\\uzzzzb\"", "01",       "-01",     "[00]",
                                  "1.",          "1.e2",          "-.5",      "1e400",   "\x01{}",
                                  "\v{}",        "{\f}",          "\"a\nb\"", "\"\x1f\""};

static const struct slice with_nul[] = {SLICE_INIT("{}\0"), SLICE_INIT("{}\0{}"), SLICE_INIT("\0"),
                                        SLICE_INIT("\"a\0b\"")};

static void assert_refused(struct slice text)
{
    struct json *parsed = parse_exact(text);

    json_free(parsed);
    ck_assert_ptr_null(parsed);
}

START_TEST(json_parse_of_what_is_not_one_value_is_refused)
{
    assert_refused(slice_str(bad[_i]));
}
END_TEST

START_TEST(json_parse_of_what_is_nearly_json_is_refused)
{
    assert_refused(slice_str(lax[_i]));
}
END_TEST

START_TEST(json_parse_of_nul_bytes_is_refused)
{
    assert_refused(with_nul[_i]);
}
END_TEST

START_TEST(json_parse_of_no_memory_at_all)
{
    ck_assert_ptr_null(json_parse(slice_of(NULL, 0)));
}
END_TEST

static struct slice nested(size_t depth)
{
    static char text[200000];

    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    return slice_of(text, 2 * depth);
}

START_TEST(json_parse_too_deep_is_refused_without_running_out_of_stack)
{
    json = json_parse(nested(100));
    ck_assert_ptr_nonnull(json);
    ck_assert_ptr_null(json_parse(nested(100000)));
    ck_assert_ptr_null(json_parse(slice_of(nested(100000).p, 100000)));
}
END_TEST

/* ---- Numbers ------------------------------------------------------------------------------ */

static const int64_t numbers[] = {0,
                                  1,
                                  -1,
                                  INT32_MAX,
                                  INT32_MIN,
                                  INT64_C(4294967296),
                                  INT64_C(999999999999999),
                                  INT64_C(1000000000000000),
                                  INT64_C(1000000000000001),
                                  INT64_C(-999999999999999),
                                  INT64_C(-1000000000000000),
                                  INT64_C(1234567890123457),
                                  INT64_C(4503599627370497),
                                  JSON_INT_MAX - 1,
                                  JSON_INT_MAX,
                                  -JSON_INT_MAX};

START_TEST(json_int_there_and_back_exactly)
{
    char text[64];
    int64_t value = 42;

    snprintf(text, sizeof(text), "%" PRId64, numbers[_i]);
    json = json_parse(slice_str(text));
    ck_assert(json_int(json, &value));
    ck_assert_int_eq(value, numbers[_i]);
    assert_text(json, text);
    json_free(json);

    snprintf(text, sizeof(text), "{\"a\":[%" PRId64 "]}", numbers[_i]);
    json = json_parse(slice_str(text));
    assert_text(json, text);
    ck_assert(json_int(json_item(json_get(json, "a"), 0), &value));
    ck_assert_int_eq(value, numbers[_i]);
    json_free(json);

    json = json_object();
    ck_assert_int_eq(json_set_int(json, "a", numbers[_i]), 0);
    ck_assert(json_int(json_get(json, "a"), &value));
    ck_assert_int_eq(value, numbers[_i]);
    snprintf(text, sizeof(text), "{\"a\":%" PRId64 "}", numbers[_i]);
    assert_text(json, text);
}
END_TEST

static const char *const no_ints[] = {"9007199254740992",
                                      "-9007199254740992",
                                      "9007199254740993",
                                      "1e16",
                                      "1e300",
                                      "1.5",
                                      "-0.5",
                                      "1e-5",
                                      "\"1\"",
                                      "true",
                                      "null",
                                      "[1]",
                                      "{}"};

START_TEST(json_int_of_anything_else_is_refused_and_out_untouched)
{
    int64_t value = 42;

    json = json_parse(slice_str(no_ints[_i]));
    ck_assert_ptr_nonnull(json);
    ck_assert(!json_int(json, &value));
    ck_assert_int_eq(value, 42);
}
END_TEST

START_TEST(json_int_beyond_the_maximum_is_none_although_it_was_set)
{
    static const int64_t beyond[] = {JSON_INT_MAX + 1, -JSON_INT_MAX - 1, INT64_MAX, INT64_MIN};
    int64_t value = 42;

    json = json_object();
    for (size_t i = 0; i < 4; i++) {
        if (json_set_int(json, "a", beyond[i]) != 0)
            continue;
        ck_assert(!json_int(json_get(json, "a"), &value));
        ck_assert_int_eq(value, 42);
    }
}
END_TEST

START_TEST(json_int_whole_number_in_another_spelling)
{
    int64_t value;

    json = json_parse(SLICE("[1e3,2.0,-0,12e-1e]"));
    ck_assert_ptr_null(json);
    json = json_parse(SLICE("[1e3,2.0,-0]"));
    ck_assert(json_int(json_item(json, 0), &value));
    ck_assert_int_eq(value, 1000);
    ck_assert(json_int(json_item(json, 1), &value));
    ck_assert_int_eq(value, 2);
    ck_assert(json_int(json_item(json, 2), &value));
    ck_assert_int_eq(value, 0);
}
END_TEST

/* ---- Looking into values ------------------------------------------------------------------ */

START_TEST(json_get_and_item_find_what_is_there)
{
    bool flag = false;

    json = json_parse(SLICE("{\"a\":\"x\",\"A\":[true,\"y\"],\"n\":null}"));
    ck_assert(json_is_object(json));
    ck_assert_str_eq(json_str(json_get(json, "a")), "x");
    const struct json *array = json_get(json, "A");
    ck_assert(!json_is_object(array));
    ck_assert_uint_eq(json_count(array), 2);
    ck_assert(json_bool(json_item(array, 0), &flag) && flag);
    ck_assert_str_eq(json_str(json_item(array, 1)), "y");
    ck_assert_ptr_null(json_item(array, 2));
    ck_assert_ptr_null(json_item(array, SIZE_MAX));
    ck_assert_ptr_null(json_get(json, "b"));
    ck_assert_ptr_null(json_get(json, ""));
    ck_assert_ptr_nonnull(json_get(json, "n"));
    ck_assert_ptr_null(json_str(json_get(json, "n")));
}
END_TEST

START_TEST(json_readers_of_null_and_of_wrong_types_answer_nothing)
{
    static const char *const texts[] = {"null",  "1",   "9007199254740991",
                                        "\"s\"", "[1]", "{\"a\":1}"};
    int64_t number = 42;
    bool flag = true;

    ck_assert(!json_is_object(NULL));
    ck_assert_ptr_null(json_get(NULL, "a"));
    ck_assert_uint_eq(json_count(NULL), 0);
    ck_assert_ptr_null(json_item(NULL, 0));
    ck_assert_ptr_null(json_str(NULL));
    ck_assert(!json_int(NULL, &number));
    ck_assert(!json_bool(NULL, &flag));
    for (int i = 0; i < N(texts); i++) {
        struct json *value = json_parse(slice_str(texts[i]));
        char kind = texts[i][0];
        ck_assert(json_is_object(value) == (kind == '{'));
        ck_assert((json_get(value, "a") != NULL) == (kind == '{'));
        ck_assert_uint_eq(json_count(value), kind == '[');
        ck_assert((json_item(value, 0) != NULL) == (kind == '['));
        ck_assert((json_str(value) != NULL) == (kind == '"'));
        ck_assert(!json_bool(value, &flag));
        json_free(value);
    }
    ck_assert_int_eq(number, 42);
    ck_assert(flag);
}
END_TEST

/* ---- Making values ------------------------------------------------------------------------ */

START_TEST(json_set_adds_and_replaces)
{
    bool flag = true;

    json = json_object();
    ck_assert_int_eq(json_set_str(json, "s", SLICE("a\"b")), 0);
    ck_assert_int_eq(json_set_int(json, "i", -5), 0);
    ck_assert_int_eq(json_set_bool(json, "t", false), 0);
    ck_assert_int_eq(json_set(json, "o", json_object()), 0);
    assert_text(json, "{\"s\":\"a\\\"b\",\"i\":-5,\"t\":false,\"o\":{}}");
    ck_assert(json_bool(json_get(json, "t"), &flag) && !flag);
    ck_assert_int_eq(json_set_str(json, "i", slice_of(NULL, 0)), 0);
    ck_assert_str_eq(json_str(json_get(json, "i")), "");
    ck_assert_int_eq(json_set_int(json, "I", 1), 0); /* another key */
    ck_assert_str_eq(json_str(json_get(json, "i")), "");
    ck_assert_int_eq(json_set(json, "s", json_array()), 0);
    ck_assert_int_eq(json_set_bool(json, "o", true), 0);
    ck_assert_ptr_null(json_str(json_get(json, "s")));
}
END_TEST

START_TEST(json_add_goes_to_the_end)
{
    json = json_array();
    ck_assert_int_eq(json_add(json, json_parse(SLICE("1"))), 0);
    ck_assert_int_eq(json_add(json, json_object()), 0);
    ck_assert_int_eq(json_add(json, json_parse(SLICE("\"x\""))), 0);
    ck_assert_uint_eq(json_count(json), 3);
    assert_text(json, "[1,{},\"x\"]");
}
END_TEST

/* That the value is freed is for a leak checker to see. */
START_TEST(json_set_and_add_of_the_wrong_type_fail_and_take_the_value)
{
    json = json_array();
    ck_assert_int_eq(json_set(json, "a", json_object()), -EINVAL);
    ck_assert_int_eq(json_set_str(json, "a", SLICE("x")), -EINVAL);
    ck_assert_int_eq(json_set_int(json, "a", 1), -EINVAL);
    ck_assert_int_eq(json_set_bool(json, "a", true), -EINVAL);
    ck_assert_int_eq(json_set(NULL, "a", json_object()), -EINVAL);
    ck_assert_int_eq(json_set(json, "a", NULL), -ENOMEM);
    assert_text(json, "[]");
    json_free(json);
    json = json_object();
    ck_assert_int_eq(json_add(json, json_array()), -EINVAL);
    ck_assert_int_eq(json_add(NULL, json_array()), -EINVAL);
    ck_assert_int_eq(json_add(json, NULL), -ENOMEM);
    assert_text(json, "{}");
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("json");
    TCase *tc = tcase_create("json");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, json_parse_good_text_prints_without_spaces, 0, N(good));
    tcase_add_test(tc, json_parse_cut_off_text_is_refused);
    tcase_add_loop_test(tc, json_parse_of_what_is_not_one_value_is_refused, 0, N(bad));
    tcase_add_loop_test(tc, json_parse_of_what_is_nearly_json_is_refused, 0, N(lax));
    tcase_add_loop_test(tc, json_parse_of_nul_bytes_is_refused, 0, N(with_nul));
    tcase_add_test(tc, json_parse_of_no_memory_at_all);
    tcase_add_test(tc, json_parse_too_deep_is_refused_without_running_out_of_stack);
    tcase_add_loop_test(tc, json_int_there_and_back_exactly, 0, N(numbers));
    tcase_add_loop_test(tc, json_int_of_anything_else_is_refused_and_out_untouched, 0, N(no_ints));
    tcase_add_test(tc, json_int_beyond_the_maximum_is_none_although_it_was_set);
    tcase_add_test(tc, json_int_whole_number_in_another_spelling);
    tcase_add_test(tc, json_get_and_item_find_what_is_there);
    tcase_add_test(tc, json_readers_of_null_and_of_wrong_types_answer_nothing);
    tcase_add_test(tc, json_set_adds_and_replaces);
    tcase_add_test(tc, json_add_goes_to_the_end);
    tcase_add_test(tc, json_set_and_add_of_the_wrong_type_fail_and_take_the_value);
    suite_add_tcase(s, tc);
    return s;
}
