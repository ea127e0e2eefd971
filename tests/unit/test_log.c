#include "base/log.h"

#include <check.h>
#include <stdio.h>
#include <unistd.h>

Suite *suite(void);

#define N(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* ---- log_escape() ------------------------------------------------------------------------- */

static const struct {
    struct slice text;
    const char *escaped;
} escapes[] = {
    {SLICE_INIT(""), ""},
    {SLICE_INIT("plain text, 100% \"quoted\" ~!"), "plain text, 100% \"quoted\" ~!"},
    {SLICE_INIT("a\nb\r"), "a\\x0ab\\x0d"},
    {SLICE_INIT("\x1b[31m"), "\\x1b[31m"},
    {SLICE_INIT("a\0b"), "a\\x00b"},
    {SLICE_INIT("\x7f\x80\xff"), "\\x7f\\x80\\xff"},
    {SLICE_INIT("\xc3\xa9"), "\\xc3\\xa9"},
    {SLICE_INIT("\\x0a"), "\\x5cx0a"}, /* or one could be taken for the other */
};

START_TEST(log_escape_vector)
{
    ck_assert_str_eq(log_escape(escapes[_i].text), escapes[_i].escaped);
}
END_TEST

START_TEST(log_escape_of_nothing)
{
    ck_assert_str_eq(log_escape(slice_of(NULL, 0)), "");
}
END_TEST

START_TEST(log_escape_every_byte_gives_printable_ascii)
{
    for (int c = 0; c < 256; c++) {
        const char byte = (char)c;
        char expected[8];
        if (c >= ' ' && c <= '~' && c != '\\')
            snprintf(expected, sizeof(expected), "%c", c);
        else
            snprintf(expected, sizeof(expected), "\\x%02x", (unsigned)c);
        ck_assert_str_eq(log_escape(slice_of(&byte, 1)), expected);
    }
}
END_TEST

/* Whatever the length and the mixture: a beginning of the full escape, and "..." only when it is
 * not all of it. */
START_TEST(log_escape_long_text_ends_in_dots)
{
    char text[300];
    char full[4 * sizeof(text) + 1];

    for (size_t every = 1; every < 7; every++)
        for (size_t n = 0; n <= sizeof(text); n++) {
            size_t m = 0;
            full[0] = '\0';
            for (size_t i = 0; i < n; i++) {
                text[i] = i % every == every - 1 ? '\n' : 'a';
                m += (size_t)snprintf(full + m, sizeof(full) - m, text[i] == 'a' ? "a" : "\\x0a");
            }
            const char *escaped = log_escape(slice_of(text, n));
            size_t length = strlen(escaped);
            if (strcmp(escaped, full) == 0)
                continue;
            ck_assert_uint_gt(m, 100);
            ck_assert_uint_ge(length, 100);
            ck_assert_uint_lt(length, 128);
            ck_assert_str_eq(escaped + length - 3, "...");
            ck_assert_int_eq(strncmp(escaped, full, length - 3), 0);
        }
}
END_TEST

START_TEST(log_escape_of_a_text_as_long_as_a_nick_is_whole)
{
    char text[101] = {0};

    memset(text, 'a', 100);
    ck_assert_str_eq(log_escape(slice_of(text, 100)), text);
}
END_TEST

START_TEST(log_escape_has_four_buffers)
{
    const char *one = log_escape(SLICE("1"));
    const char *two = log_escape(SLICE("2"));
    const char *three = log_escape(SLICE("3"));
    const char *four = log_escape(SLICE("4"));

    ck_assert_str_eq(one, "1");
    ck_assert_str_eq(two, "2");
    ck_assert_str_eq(three, "3");
    ck_assert_str_eq(four, "4");
    ck_assert_ptr_eq(log_escape(SLICE("5")), one);
}
END_TEST

/* ---- Lines -------------------------------------------------------------------------------- */

static char written[8192];
static int log_fd;
static int real_stderr;

static void begin_capture(void)
{
    FILE *file = tmpfile();

    ck_assert_ptr_nonnull(file);
    real_stderr = dup(STDERR_FILENO);
    log_fd = dup(fileno(file));
    fclose(file);
    ck_assert_int_ge(dup2(log_fd, STDERR_FILENO), 0);
}

static void end_capture(void)
{
    ssize_t n = pread(log_fd, written, sizeof(written) - 1, 0);

    ck_assert_int_ge(n, 0);
    written[n] = '\0';
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    close(log_fd);
}

static void write_each_level(void)
{
    begin_capture();
    log_error("a", "%d", 1);
    log_warn("b", "%s", "two");
    log_info("c", "three");
    log_debug("d", "four");
    end_capture();
}

START_TEST(log_write_is_context_and_text)
{
    write_each_level();
    ck_assert_str_eq(written, "a: 1\nb: two\nc: three\n");
}
END_TEST

static const char *const at_level[] = {
    [LOG_LEVEL_ERROR] = "a: 1\n",
    [LOG_LEVEL_WARN] = "a: 1\nb: two\n",
    [LOG_LEVEL_INFO] = "a: 1\nb: two\nc: three\n",
    [LOG_LEVEL_DEBUG] = "a: 1\nb: two\nc: three\nd: four\n",
};

START_TEST(log_set_level_drops_what_is_above)
{
    log_set_level((enum log_level)_i);
    write_each_level();
    ck_assert_str_eq(written, at_level[_i]);
    for (int level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++)
        ck_assert(log_enabled((enum log_level)level) == (level <= _i));
}
END_TEST

static bool evaluated;

static int evaluate(void)
{
    evaluated = true;
    return 1;
}

START_TEST(log_debug_does_not_evaluate_what_it_drops)
{
    log_debug("x", "%d", evaluate());
    ck_assert(!evaluated);
    log_set_level(LOG_LEVEL_DEBUG);
    begin_capture();
    log_debug("x", "%d", evaluate());
    end_capture();
    ck_assert(evaluated);
    ck_assert_str_eq(written, "x: 1\n");
}
END_TEST

START_TEST(log_begin_server_puts_time_and_level_before)
{
    static const char *const rest[] = {" error a: 1", " warn  b: two", " info  c: three",
                                       " debug d: four"};
    char *line = written;

    log_set_level(LOG_LEVEL_DEBUG);
    log_begin_server();
    write_each_level();
    for (int i = 0; i < N(rest); i++) {
        char *end = strchr(line, '\n');
        ck_assert_ptr_nonnull(end);
        *end = '\0';
        int used = 0;
        int year;
        ck_assert_int_eq(sscanf(line, "%4d-%*2d-%*2dT%*2d:%*2d:%*2d.%*3dZ%n", &year, &used), 1);
        ck_assert_int_eq(used, 24);
        ck_assert_int_ge(year, 2024);
        ck_assert_str_eq(line + used, rest[i]);
        line = end + 1;
    }
    ck_assert_str_eq(line, "");
}
END_TEST

/* Longer than any line may be, in the text and in the context: one line comes out. */
START_TEST(log_write_too_long_is_cut_to_one_line)
{
    char longer[5000];

    memset(longer, 'a', sizeof(longer));
    longer[sizeof(longer) - 1] = '\0';
    for (int server = 0; server < 2; server++) {
        begin_capture();
        log_error("x", "%s", longer);
        end_capture();
        ck_assert_uint_gt(strlen(written), 1000);
        ck_assert_ptr_eq(strchr(written, '\n'), written + strlen(written) - 1);
        begin_capture();
        log_error(longer, "text");
        end_capture();
        ck_assert_uint_gt(strlen(written), 1000);
        ck_assert_ptr_eq(strchr(written, '\n'), written + strlen(written) - 1);
        log_begin_server();
    }
}
END_TEST

START_TEST(log_may_repeat_once_a_second)
{
    int64_t next_ms = 0;

    ck_assert(log_may_repeat(&next_ms, 5000));
    ck_assert(!log_may_repeat(&next_ms, 5000));
    ck_assert(!log_may_repeat(&next_ms, 5999));
    ck_assert(log_may_repeat(&next_ms, 6000));
    ck_assert(!log_may_repeat(&next_ms, 6999));
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("log");
    TCase *tc = tcase_create("log");

    tcase_add_loop_test(tc, log_escape_vector, 0, N(escapes));
    tcase_add_test(tc, log_escape_of_nothing);
    tcase_add_test(tc, log_escape_every_byte_gives_printable_ascii);
    tcase_add_test(tc, log_escape_long_text_ends_in_dots);
    tcase_add_test(tc, log_escape_of_a_text_as_long_as_a_nick_is_whole);
    tcase_add_test(tc, log_escape_has_four_buffers);
    tcase_add_test(tc, log_write_is_context_and_text);
    tcase_add_loop_test(tc, log_set_level_drops_what_is_above, 0, N(at_level));
    tcase_add_test(tc, log_debug_does_not_evaluate_what_it_drops);
    tcase_add_test(tc, log_begin_server_puts_time_and_level_before);
    tcase_add_test(tc, log_write_too_long_is_cut_to_one_line);
    tcase_add_test(tc, log_may_repeat_once_a_second);
    suite_add_tcase(s, tc);
    return s;
}
