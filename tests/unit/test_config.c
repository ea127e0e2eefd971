#include "base/config.h"

#include <check.h>
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

Suite *suite(void);

#define N(table) ((int)(sizeof(table) / sizeof((table)[0])))

static const struct config_paths paths = {"/share/web", "/var/data", "/lib/modules"};
static char dir[PATH_MAX];
static char path[PATH_MAX + 16];
static struct config config;
static char logged[4096];

static void setup(void)
{
    char made[] = "/tmp/chatd-config-XXXXXX";

    ck_assert_ptr_nonnull(mkdtemp(made));
    ck_assert_ptr_nonnull(realpath(made, dir));
    snprintf(path, sizeof(path), "%s/x.conf", dir);
    memset(&config, 0, sizeof(config));
}

static void teardown(void)
{
    config_deinit(&config);
    unlink(path);
    rmdir(dir);
}

static int read_file(void)
{
    FILE *log = tmpfile();
    int real_stderr = dup(STDERR_FILENO);

    ck_assert_ptr_nonnull(log);
    ck_assert_int_ge(dup2(fileno(log), STDERR_FILENO), 0);
    int err = config_read(path, &paths, &config);
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    ssize_t n = pread(fileno(log), logged, sizeof(logged) - 1, 0);
    ck_assert_int_ge(n, 0);
    logged[n] = '\0';
    fclose(log);
    return err;
}

static int read_text(const char *text)
{
    FILE *stream = fopen(path, "w");

    ck_assert_ptr_nonnull(stream);
    fputs(text, stream);
    ck_assert_int_eq(fclose(stream), 0);
    return read_file();
}

/* ---- The keys with a number --------------------------------------------------------------- */

#define NUMBER(name, unit, fallback, min, max)                                                     \
    {                                                                                              \
#name, offsetof(struct config, name), unit, fallback, min, max                             \
    }

/* The defaults are those that etc/chatd.conf and doc/ promise. */
static const struct {
    const char *name;
    size_t offset;
    const char *unit;
    int64_t fallback;
    int64_t min;
    int64_t max;
} numbers[] = {
    NUMBER(max_connections, "", 0, 0, 10000000),
    NUMBER(max_connection_rate, "", 0, 0, 10000000),
    NUMBER(max_connections_per_address, "", 500, 0, 10000000),
    NUMBER(max_connection_rate_per_address, "", 100, 0, 10000000),
    NUMBER(max_http_line, "", 8192, 64, 1 << 20),
    NUMBER(max_http_head, "", 16384, 256, 1 << 20),
    NUMBER(max_http_fields, "", 100, 1, 1000),
    NUMBER(max_http_body, "", 1 << 20, 0, 1 << 30),
    NUMBER(request_memory, "", 64 << 20, 65536, INT64_C(1) << 40),
    NUMBER(max_web_file, "", 16 << 20, 0, 1 << 30),
    NUMBER(max_message_bytes, "", 65536, 1024, 64 << 20),
    NUMBER(max_text_bytes, "", 8192, 1, 16 << 20),
    NUMBER(max_nick_bytes, "", 32, 1, 255),
    NUMBER(max_room_bytes, "", 64, 1, 255),
    NUMBER(max_rooms, "", 10000, 1, 10000000),
    NUMBER(max_rooms_per_user, "", 100, 1, 10000),
    NUMBER(max_bad_requests, "", 10, 1, 1000000),
    NUMBER(max_joins, "", 300, 0, 1000000),
    NUMBER(max_room_lists, "", 20, 0, 1000000),
    NUMBER(max_messages, "", 0, 0, 1000000),
    NUMBER(cid_window, "", 1024, 0, 1000000),
    NUMBER(outbox_bytes, "", 1 << 20, 4096, 1 << 30),
    NUMBER(outbox_memory, "", 1 << 28, 65536, INT64_C(1) << 40),
    NUMBER(deflate_threshold, "", 1024, 1, 1 << 30),
    NUMBER(deflate_window_bits, "", 12, 9, 15),
    NUMBER(deflate_memory, "", 64 << 20, 0, 1 << 30),
    NUMBER(http_timeout, "ms", 10000, 10, 86400000),
    NUMBER(keepalive_timeout, "ms", 30000, 10, 86400000),
    NUMBER(login_timeout, "ms", 30000, 10, 86400000),
    NUMBER(ping_interval, "ms", 25000, 10, 86400000),
    NUMBER(ping_timeout, "ms", 20000, 10, 86400000),
    NUMBER(close_timeout, "ms", 5000, 10, 60000),
    NUMBER(shutdown_timeout, "ms", 5000, 10, 600000),
    NUMBER(worker_threads, "", 2, 1, 64),
    NUMBER(max_jobs, "", 1000, 1, 1000000),
    NUMBER(slow_hook, "ms", 100, 1, 60000),
};

static const struct option_value *number_at(int i)
{
    return (const struct option_value *)((const char *)&config + numbers[i].offset);
}

static int read_number(int i, int64_t value)
{
    char text[128];

    snprintf(text, sizeof(text), "\n%s = %lld%s\n", numbers[i].name, (long long)value,
             numbers[i].unit);
    return read_text(text);
}

START_TEST(config_read_number_default)
{
    ck_assert_int_eq(read_text(""), 0);
    ck_assert_int_eq(number_at(_i)->number, numbers[_i].fallback);
    ck_assert_ptr_null(number_at(_i)->where);
}
END_TEST

START_TEST(config_read_number_at_its_limits)
{
    char where[PATH_MAX + 32];

    snprintf(where, sizeof(where), "%s:2", path);
    ck_assert_int_eq(read_number(_i, numbers[_i].min), 0);
    ck_assert_int_eq(number_at(_i)->number, numbers[_i].min);
    ck_assert_str_eq(number_at(_i)->where, where);
    config_deinit(&config);
    ck_assert_int_eq(read_number(_i, numbers[_i].max), 0);
    ck_assert_int_eq(number_at(_i)->number, numbers[_i].max);
    /* And no other. */
    for (int i = 0; i < N(numbers); i++)
        if (i != _i)
            ck_assert_int_eq(number_at(i)->number, numbers[i].fallback);
}
END_TEST

START_TEST(config_read_number_beyond_its_limits_is_refused)
{
    struct config before = config;
    char where[PATH_MAX + 128];

    snprintf(where, sizeof(where), "%s:2: %s: ", path, numbers[_i].name);
    ck_assert_int_eq(read_number(_i, numbers[_i].min - 1), -EINVAL);
    ck_assert_int_eq(strncmp(logged, where, strlen(where)), 0);
    ck_assert_int_eq(read_number(_i, numbers[_i].max + 1), -EINVAL);
    ck_assert_int_eq(strncmp(logged, where, strlen(where)), 0);
    ck_assert_mem_eq(&config, &before, sizeof(config));
}
END_TEST

/* ---- The keys with text ------------------------------------------------------------------- */

START_TEST(config_read_text_defaults)
{
    char modules_file[2 * PATH_MAX];

    snprintf(modules_file, sizeof(modules_file), "%s/chatd.modules", dir);
    ck_assert_int_eq(read_text("# nothing\n"), 0);
    ck_assert_str_eq(logged, "");
    ck_assert_uint_eq(config.listen.n_items, 1);
    ck_assert_str_eq(config.listen.items[0], "localhost:8080");
    ck_assert_str_eq(config.web_root.text, "/share/web");
    ck_assert_str_eq(config.data_dir.text, "/var/data");
    ck_assert_str_eq(config.module_dir.text, "/lib/modules");
    ck_assert_str_eq(config.modules_file.text, modules_file);
    ck_assert_str_eq(config.log_level.text, "info");
    ck_assert_uint_eq(config.allowed_origins.n_items, 1);
    ck_assert_str_eq(config.allowed_origins.items[0], "same");
    ck_assert_ptr_null(config.listen.where);
    ck_assert_ptr_null(config.web_root.where);
}
END_TEST

START_TEST(config_read_places_are_relative_to_the_file)
{
    char expected[2 * PATH_MAX];

    ck_assert_int_eq(read_text("web_root = web\ndata_dir = /data\nmodule_dir = \"\"\n"
                               "modules_file = \"../m\"\n"),
                     0);
    snprintf(expected, sizeof(expected), "%s/web", dir);
    ck_assert_str_eq(config.web_root.text, expected);
    ck_assert_str_eq(config.data_dir.text, "/data");
    ck_assert_str_eq(config.module_dir.text, "/lib/modules"); /* as if it were not given */
    snprintf(expected, sizeof(expected), "%s/../m", dir);
    ck_assert_str_eq(config.modules_file.text, expected);
}
END_TEST

START_TEST(config_read_lists)
{
    ck_assert_int_eq(read_text("listen = { \":80\", \"[::1]:81\" }\n"
                               "allowed_origins = \"https://example.org\"\n"),
                     0);
    ck_assert_uint_eq(config.listen.n_items, 2);
    ck_assert_str_eq(config.listen.items[0], ":80");
    ck_assert_str_eq(config.listen.items[1], "[::1]:81");
    ck_assert_uint_eq(config.allowed_origins.n_items, 1);
    ck_assert_str_eq(config.allowed_origins.items[0], "https://example.org");
    config_deinit(&config);
    ck_assert_int_eq(read_text("listen = {}\nallowed_origins = {}\n"), 0);
    ck_assert_uint_eq(config.listen.n_items, 0);
    ck_assert_uint_eq(config.allowed_origins.n_items, 0);
}
END_TEST

START_TEST(config_read_log_level_is_numbered_as_the_log_has_it)
{
    static const char *const levels[] = {"error", "warn", "info", "debug"};
    char text[64];

    snprintf(text, sizeof(text), "log_level = %s\n", levels[_i]);
    ck_assert_int_eq(read_text(text), 0);
    ck_assert_int_eq(config.log_level.number, _i);
    ck_assert_str_eq(config.log_level.text, levels[_i]);
}
END_TEST

/* ---- Mistakes ----------------------------------------------------------------------------- */

static const struct {
    const char *text;
    const char *says; /* behind the path */
} bad[] = {
    {"no_such_key = 1\n", ":1: "},
    {"\nlog_level = loud\n", ":2: log_level: "},
    {"max_http_line = {1k, 2k}\n", ":1: max_http_line"},
    {"max_http_line = {}\n", ":1: max_http_line"},
    {"web_root = {a, b}\n", ":1: web_root"},
    {"http_timeout = 10\n", ":1: http_timeout: "},
    {"max_connections = 1k\n", ":1: max_connections: "},
    {"listen = {\n", ":1: "},
};

START_TEST(config_read_mistake_is_logged_and_config_untouched)
{
    struct config before;
    char expected[2 * PATH_MAX];

    memset(&config, 0x5a, sizeof(config));
    memcpy(&before, &config, sizeof(before));
    ck_assert_int_eq(read_text(bad[_i].text), -EINVAL);
    ck_assert_mem_eq(&config, &before, sizeof(config));
    snprintf(expected, sizeof(expected), "%s%s", path, bad[_i].says);
    ck_assert_msg(strncmp(logged, expected, strlen(expected)) == 0, "%s", logged);
    memset(&config, 0, sizeof(config));
}
END_TEST

START_TEST(config_read_reports_every_bad_value_at_once)
{
    ck_assert_int_eq(read_text("max_rooms = 0\nlisten = {}\nlog_level = x\ncid_window = -1\n"),
                     -EINVAL);
    ck_assert_ptr_nonnull(strstr(logged, "x.conf:1: max_rooms"));
    ck_assert_ptr_nonnull(strstr(logged, "x.conf:3: log_level"));
    ck_assert_ptr_nonnull(strstr(logged, "x.conf:4: cid_window"));
}
END_TEST

START_TEST(config_read_missing_file_answers_the_error)
{
    struct config before;

    memset(&config, 0x5a, sizeof(config));
    memcpy(&before, &config, sizeof(before));
    ck_assert_int_eq(read_file(), -ENOENT);
    ck_assert_mem_eq(&config, &before, sizeof(config));
    ck_assert_int_eq(strncmp(logged, path, strlen(path)), 0);
    memset(&config, 0, sizeof(config));
}
END_TEST

START_TEST(config_deinit_leaves_an_empty_config)
{
    static const struct config empty;

    ck_assert_int_eq(read_text(""), 0);
    config_deinit(&config);
    ck_assert_mem_eq(&config, &empty, sizeof(config));
    config_deinit(&config);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("config");
    TCase *tc = tcase_create("config");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, config_read_number_default, 0, N(numbers));
    tcase_add_loop_test(tc, config_read_number_at_its_limits, 0, N(numbers));
    tcase_add_loop_test(tc, config_read_number_beyond_its_limits_is_refused, 0, N(numbers));
    tcase_add_test(tc, config_read_text_defaults);
    tcase_add_test(tc, config_read_places_are_relative_to_the_file);
    tcase_add_test(tc, config_read_lists);
    tcase_add_loop_test(tc, config_read_log_level_is_numbered_as_the_log_has_it, 0, 4);
    tcase_add_loop_test(tc, config_read_mistake_is_logged_and_config_untouched, 0, N(bad));
    tcase_add_test(tc, config_read_reports_every_bad_value_at_once);
    tcase_add_test(tc, config_read_missing_file_answers_the_error);
    tcase_add_test(tc, config_deinit_leaves_an_empty_config);
    suite_add_tcase(s, tc);
    return s;
}
