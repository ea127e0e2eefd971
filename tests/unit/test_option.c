#include "base/option.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

Suite *suite(void);

/* ---- What is logged ----------------------------------------------------------------------- */

static char logged[4096];
static int log_fd = -1;
static int real_stderr = -1;

static void log_begin_capture(void)
{
    FILE *file = tmpfile();

    ck_assert_ptr_nonnull(file);
    real_stderr = dup(STDERR_FILENO);
    log_fd = dup(fileno(file));
    fclose(file);
    ck_assert_int_ge(dup2(log_fd, STDERR_FILENO), 0);
}

static void log_end_capture(void)
{
    ssize_t n = pread(log_fd, logged, sizeof(logged) - 1, 0);

    ck_assert_int_ge(n, 0);
    logged[n] = '\0';
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    close(log_fd);
}

/* ---- One value ---------------------------------------------------------------------------- */

static const char words[] = "error|warn|info";

/* Reads one word as if it stood in the file. */
static int read_word(const struct option_spec *spec, const char *word, struct option_value *value)
{
    const struct option_text text = {
        .words = &word, .n = 1, .where = "x.conf:7", .dir = "/etc/chatd"};

    log_begin_capture();
    int err = option_read(spec, &text, "/elsewhere", value);
    log_end_capture();
    return err;
}

#define ANY INT64_MIN, INT64_MAX
#define MAX_TEXT "9223372036854775807"
#define MIN_TEXT "-9223372036854775808"

static const struct {
    enum option_type type;
    const char *word;
    int64_t min;
    int64_t max;
    int64_t number;
} good[] = {
    {OPTION_BOOL, "false", 0, 0, 0},
    {OPTION_BOOL, "true", 0, 0, 1},
    {OPTION_BOOL, "no", 0, 0, 0},
    {OPTION_BOOL, "yes", 0, 0, 1},
    {OPTION_BOOL, "off", 0, 0, 0},
    {OPTION_BOOL, "on", 0, 0, 1},
    {OPTION_INT, "0", ANY, 0},
    {OPTION_INT, "007", ANY, 7}, /* not octal */
    {OPTION_INT, "-12", ANY, -12},
    {OPTION_INT, MAX_TEXT, ANY, INT64_MAX},
    {OPTION_INT, MIN_TEXT, ANY, INT64_MIN},
    {OPTION_INT, "3", 3, 5, 3},
    {OPTION_INT, "5", 3, 5, 5},
    {OPTION_INT, "-5", -5, -3, -5},
    {OPTION_SIZE, "0", ANY, 0},
    {OPTION_SIZE, "1", ANY, 1},
    {OPTION_SIZE, "1k", ANY, 1024},
    {OPTION_SIZE, "1K", ANY, 1024},
    {OPTION_SIZE, "3M", ANY, 3 << 20},
    {OPTION_SIZE, "2G", ANY, INT64_C(2) << 30},
    {OPTION_SIZE, MAX_TEXT, ANY, INT64_MAX},
    {OPTION_SIZE, "9007199254740991k", ANY, INT64_MAX - 1023},
    {OPTION_SIZE, "8796093022207M", ANY, INT64_MAX - (1 << 20) + 1},
    {OPTION_SIZE, "8589934591G", ANY, INT64_MAX - (1 << 30) + 1},
    {OPTION_SIZE, "1k", 1024, 1024, 1024}, /* the range is in bytes */
    {OPTION_DURATION, "0ms", ANY, 0},
    {OPTION_DURATION, "500ms", ANY, 500},
    {OPTION_DURATION, "10s", ANY, 10000},
    {OPTION_DURATION, "2m", ANY, 120000},
    {OPTION_DURATION, "3h", ANY, 10800000},
    {OPTION_DURATION, "1d", ANY, 86400000},
    {OPTION_DURATION, MAX_TEXT "ms", ANY, INT64_MAX},
    {OPTION_DURATION, "106751991167d", ANY, INT64_C(106751991167) * 86400000},
    {OPTION_DURATION, "1s", 1000, 1000, 1000}, /* the range is in milliseconds */
    {OPTION_ENUM, "error", 0, 0, 0},
    {OPTION_ENUM, "warn", 0, 0, 1},
    {OPTION_ENUM, "info", 0, 0, 2},
    {OPTION_STRING, "", 0, 0, 0},
    {OPTION_STRING, "12 k", 0, 0, 0},
};

START_TEST(option_read_good_word_has_number_and_text)
{
    const struct option_spec spec = {"key", good[_i].type, "no", good[_i].min, good[_i].max, words};
    struct option_value value;

    ck_assert_int_eq(read_word(&spec, good[_i].word, &value), 0);
    ck_assert_int_eq(value.number, good[_i].number);
    ck_assert_str_eq(value.text, good[_i].word);
    ck_assert_str_eq(value.where, "x.conf:7");
    ck_assert_ptr_null(value.items);
    ck_assert_uint_eq(value.n_items, 0);
    ck_assert_str_eq(logged, "");
    option_value_deinit(&value);
}
END_TEST

static const struct {
    enum option_type type;
    const char *word;
    int64_t min;
    int64_t max;
} bad[] = {
    {OPTION_BOOL, "", 0, 0},
    {OPTION_BOOL, "True", 0, 0},
    {OPTION_BOOL, "1", 0, 0},
    {OPTION_BOOL, "0", 0, 0},
    {OPTION_BOOL, "yess", 0, 0},
    {OPTION_BOOL, "o", 0, 0},
    {OPTION_INT, "", ANY},
    {OPTION_INT, "-", ANY},
    {OPTION_INT, "x", ANY},
    {OPTION_INT, "1x", ANY},
    {OPTION_INT, "1 ", ANY},
    {OPTION_INT, "1.0", ANY},
    {OPTION_INT, "1k", ANY},
    {OPTION_INT, "0x10", ANY},
    {OPTION_INT, "1e3", ANY},
    {OPTION_INT, "9223372036854775808", ANY},
    {OPTION_INT, "-9223372036854775809", ANY},
    {OPTION_INT, "2", 3, 5},
    {OPTION_INT, "6", 3, 5},
    {OPTION_INT, "-6", -5, -3},
    {OPTION_INT, "-2", -5, -3},
    {OPTION_SIZE, "", ANY},
    {OPTION_SIZE, "k", ANY},
    {OPTION_SIZE, "1m", ANY},
    {OPTION_SIZE, "1g", ANY},
    {OPTION_SIZE, "1kB", ANY},
    {OPTION_SIZE, "1 k", ANY},
    {OPTION_SIZE, "1.5k", ANY},
    {OPTION_SIZE, "1s", ANY},
    {OPTION_SIZE, "1T", ANY},
    {OPTION_SIZE, "9223372036854775808", ANY},
    {OPTION_SIZE, "9007199254740992k", ANY},
    {OPTION_SIZE, "8796093022208M", ANY},
    {OPTION_SIZE, "8589934592G", ANY},
    {OPTION_SIZE, "-9007199254740993k", ANY},
    {OPTION_SIZE, "-1", 0, INT64_MAX},
    {OPTION_SIZE, "1023", 1024, 2048},
    {OPTION_SIZE, "3k", 1024, 2048},
    {OPTION_DURATION, "", ANY},
    {OPTION_DURATION, "0", ANY},
    {OPTION_DURATION, "10", ANY}, /* ten what? */
    {OPTION_DURATION, "s", ANY},
    {OPTION_DURATION, "1S", ANY},
    {OPTION_DURATION, "1M", ANY},
    {OPTION_DURATION, "1 s", ANY},
    {OPTION_DURATION, "1sec", ANY},
    {OPTION_DURATION, "1h30m", ANY},
    {OPTION_DURATION, "1w", ANY},
    {OPTION_DURATION, "106751991168d", ANY},
    {OPTION_DURATION, "9223372036854776s", ANY},
    {OPTION_DURATION, "999ms", 1000, 1000},
    {OPTION_DURATION, "1001ms", 1000, 1000},
    {OPTION_ENUM, "", 0, 0},
    {OPTION_ENUM, "debug", 0, 0},
    {OPTION_ENUM, "Warn", 0, 0},
    {OPTION_ENUM, "war", 0, 0},
    {OPTION_ENUM, "warn ", 0, 0},
    {OPTION_ENUM, "|", 0, 0},
    {OPTION_ENUM, "error|warn", 0, 0},
};

START_TEST(option_read_bad_word_is_logged_and_value_untouched)
{
    const struct option_spec spec = {"key", bad[_i].type, "no", bad[_i].min, bad[_i].max, words};
    struct option_value value;
    struct option_value before;

    memset(&before, 0x5a, sizeof(before));
    memcpy(&value, &before, sizeof(value));
    ck_assert_int_eq(read_word(&spec, bad[_i].word, &value), -EINVAL);
    ck_assert_mem_eq(&value, &before, sizeof(value));
    ck_assert_msg(strncmp(logged, "x.conf:7: key: ", 15) == 0, "%s", logged);
    ck_assert_msg(strstr(logged, bad[_i].word) != NULL, "%s", logged);
}
END_TEST

START_TEST(option_read_message_escapes_the_word)
{
    const struct option_spec spec = {"key", OPTION_INT, "0", ANY, NULL};
    struct option_value value;

    ck_assert_int_eq(read_word(&spec, "a\nb\x1b", &value), -EINVAL);
    ck_assert_ptr_nonnull(strstr(logged, "a\\x0ab\\x1b"));
}
END_TEST

/* ---- How many words ----------------------------------------------------------------------- */

START_TEST(option_read_one_value_of_another_count_is_refused)
{
    static const char *const two[] = {"1", "2"};
    static const enum option_type types[] = {OPTION_BOOL,     OPTION_INT,    OPTION_SIZE,
                                             OPTION_DURATION, OPTION_STRING, OPTION_PATH,
                                             OPTION_ENUM};

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        for (size_t n = 0; n <= 2; n += 2) {
            const struct option_spec spec = {"key", types[i], "1", ANY, "1|2"};
            const struct option_text text = {two, n, "x.conf:8", "/"};
            struct option_value value = {.number = 42};
            log_begin_capture();
            int err = option_read(&spec, &text, "/", &value);
            log_end_capture();
            ck_assert_int_eq(err, -EINVAL);
            ck_assert_int_eq(value.number, 42);
            ck_assert_msg(strncmp(logged, "x.conf:8: key", 13) == 0, "%s", logged);
        }
}
END_TEST

START_TEST(option_read_list_of_any_length)
{
    static const char *const items[] = {"one", "", "a b", "one"};
    const struct option_spec spec = {"key", OPTION_LIST, "x", 0, 0, NULL};

    for (size_t n = 0; n <= 4; n++) {
        const struct option_text text = {items, n, "x.conf:9", "/"};
        struct option_value value;
        ck_assert_int_eq(option_read(&spec, &text, "/", &value), 0);
        ck_assert_uint_eq(value.n_items, n);
        for (size_t i = 0; i < n; i++) {
            ck_assert_str_eq(value.items[i], items[i]);
            ck_assert_ptr_ne(value.items[i], items[i]);
        }
        ck_assert_ptr_null(value.text);
        ck_assert_int_eq(value.number, 0);
        ck_assert_str_eq(value.where, "x.conf:9");
        option_value_deinit(&value);
    }
}
END_TEST

/* ---- Paths -------------------------------------------------------------------------------- */

static const struct {
    const char *word;
    const char *path;
} paths[] = {
    {"web", "/etc/chatd/web"},
    {"a/b", "/etc/chatd/a/b"},
    {"./a", "/etc/chatd/./a"},
    {"../a", "/etc/chatd/../a"},
    {"/a", "/a"},
    {"/", "/"},
    {"", ""},
};

START_TEST(option_read_path_is_relative_to_the_folder_of_its_file)
{
    const struct option_spec spec = {"key", OPTION_PATH, "x", 0, 0, NULL};
    struct option_value value;

    ck_assert_int_eq(read_word(&spec, paths[_i].word, &value), 0);
    ck_assert_str_eq(value.text, paths[_i].path);
    option_value_deinit(&value);
}
END_TEST

START_TEST(option_read_default_path_is_relative_to_the_given_folder)
{
    struct option_spec spec = {"key", OPTION_PATH, "x", 0, 0, NULL};
    struct option_value value;

    ck_assert_int_eq(option_read(&spec, NULL, "/dir", &value), 0);
    ck_assert_str_eq(value.text, "/dir/x");
    ck_assert_ptr_null(value.where);
    option_value_deinit(&value);
    spec.fallback = "/x";
    ck_assert_int_eq(option_read(&spec, NULL, "/dir", &value), 0);
    ck_assert_str_eq(value.text, "/x");
    option_value_deinit(&value);
}
END_TEST

/* ---- Defaults ----------------------------------------------------------------------------- */

static const struct {
    enum option_type type;
    const char *fallback;
    int64_t number;
} defaults[] = {
    {OPTION_BOOL, "yes", 1},       {OPTION_INT, "-3", -3},     {OPTION_SIZE, "2k", 2048},
    {OPTION_DURATION, "3s", 3000}, {OPTION_STRING, "text", 0}, {OPTION_STRING, "", 0},
    {OPTION_ENUM, "info", 2},
};

START_TEST(option_read_default_is_read_as_in_the_file)
{
    const struct option_spec spec = {"key", defaults[_i].type, defaults[_i].fallback, ANY, words};
    struct option_value value;

    ck_assert_int_eq(option_read(&spec, NULL, "/dir", &value), 0);
    ck_assert_int_eq(value.number, defaults[_i].number);
    ck_assert_str_eq(value.text, defaults[_i].fallback);
    ck_assert_ptr_null(value.where);
    option_value_deinit(&value);
}
END_TEST

START_TEST(option_read_default_out_of_range_is_refused)
{
    const struct option_spec spec = {"key", OPTION_INT, "6", 3, 5, NULL};
    struct option_value value = {.number = 42};

    log_begin_capture();
    int err = option_read(&spec, NULL, "/", &value);
    log_end_capture();
    ck_assert_int_eq(err, -EINVAL);
    ck_assert_int_eq(value.number, 42);
    ck_assert_ptr_nonnull(strstr(logged, "key"));
}
END_TEST

START_TEST(option_read_default_list_has_one_word_or_none)
{
    struct option_spec spec = {"key", OPTION_LIST, "a b", 0, 0, NULL};
    struct option_value value;

    ck_assert_int_eq(option_read(&spec, NULL, "/", &value), 0);
    ck_assert_uint_eq(value.n_items, 1);
    ck_assert_str_eq(value.items[0], "a b");
    ck_assert_ptr_null(value.where);
    option_value_deinit(&value);
    spec.fallback = "";
    ck_assert_int_eq(option_read(&spec, NULL, "/", &value), 0);
    ck_assert_uint_eq(value.n_items, 0);
    option_value_deinit(&value);
}
END_TEST

START_TEST(option_value_deinit_leaves_an_empty_value)
{
    static const struct option_value empty;
    const struct option_spec spec = {"key", OPTION_STRING, "a", 0, 0, NULL};
    struct option_value value;

    ck_assert_int_eq(read_word(&spec, "text", &value), 0);
    option_value_deinit(&value);
    option_value_deinit(&value);
    ck_assert_ptr_null(value.text);
    ck_assert_ptr_null(value.where);
    ck_assert_uint_eq(value.n_items, empty.n_items);
}
END_TEST

#define N(table) ((int)(sizeof(table) / sizeof((table)[0])))

Suite *suite(void)
{
    Suite *s = suite_create("option");
    TCase *tc = tcase_create("option");

    tcase_add_loop_test(tc, option_read_good_word_has_number_and_text, 0, N(good));
    tcase_add_loop_test(tc, option_read_bad_word_is_logged_and_value_untouched, 0, N(bad));
    tcase_add_test(tc, option_read_message_escapes_the_word);
    tcase_add_test(tc, option_read_one_value_of_another_count_is_refused);
    tcase_add_test(tc, option_read_list_of_any_length);
    tcase_add_loop_test(tc, option_read_path_is_relative_to_the_folder_of_its_file, 0, N(paths));
    tcase_add_test(tc, option_read_default_path_is_relative_to_the_given_folder);
    tcase_add_loop_test(tc, option_read_default_is_read_as_in_the_file, 0, N(defaults));
    tcase_add_test(tc, option_read_default_out_of_range_is_refused);
    tcase_add_test(tc, option_read_default_list_has_one_word_or_none);
    tcase_add_test(tc, option_value_deinit_leaves_an_empty_value);
    suite_add_tcase(s, tc);
    return s;
}
