#include "base/path.h"

#include <check.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *suite(void);

#define N(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* ---- A folder of our own, which the tests stand in ---------------------------------------- */

static char root[PATH_MAX];

static void setup(void)
{
    char made[] = "/tmp/chatd-path-XXXXXX";

    ck_assert_ptr_nonnull(mkdtemp(made));
    ck_assert_ptr_nonnull(realpath(made, root));
    ck_assert_int_eq(chdir(root), 0);
}

static void teardown(void)
{
    char command[PATH_MAX + 16];

    ck_assert_int_eq(chdir("/"), 0);
    snprintf(command, sizeof(command), "rm -rf '%s'", root);
    ck_assert_int_eq(system(command), 0);
}

static void make_file(const char *name)
{
    FILE *file = fopen(name, "w");

    ck_assert_ptr_nonnull(file);
    fclose(file);
}

static bool is_dir(const char *name)
{
    struct stat st;

    return stat(name, &st) == 0 && S_ISDIR(st.st_mode);
}

/* ---- path_join() -------------------------------------------------------------------------- */

static const struct {
    const char *dir;
    const char *name;
    const char *joined;
} joins[] = {
    {"/etc", "a", "/etc/a"},
    {"/etc", "a/b", "/etc/a/b"},
    {"/etc", "/a", "/a"},
    {"/etc", "/", "/"},
    {"d", "a", "d/a"},
    {".", "a", "./a"},
    {"/etc", "../a", "/etc/../a"},
    {"/etc", "", "/etc/"},
};

START_TEST(path_join_vector)
{
    char *joined = path_join(joins[_i].dir, joins[_i].name);

    ck_assert_str_eq(joined, joins[_i].joined);
    ck_assert_ptr_ne(joined, joins[_i].name);
    free(joined);
}
END_TEST

/* ---- path_dir() --------------------------------------------------------------------------- */

static void assert_dir(const char *file, const char *below_root)
{
    char expected[2 * PATH_MAX];
    char *dir = path_dir(file);

    snprintf(expected, sizeof(expected), "%s%s", root, below_root);
    ck_assert_str_eq(dir, expected);
    free(dir);
}

START_TEST(path_dir_of_a_file_is_absolute)
{
    char absolute[2 * PATH_MAX];

    ck_assert_int_eq(mkdir("d", 0700), 0);
    make_file("d/f");
    make_file("f");
    assert_dir("f", "");
    assert_dir("./f", "");
    assert_dir("d/f", "/d");
    assert_dir("d/../f", "");
    assert_dir("d//f", "/d");
    snprintf(absolute, sizeof(absolute), "%s/d/f", root);
    assert_dir(absolute, "/d");
}
END_TEST

START_TEST(path_dir_follows_a_linked_folder_but_not_the_file)
{
    ck_assert_int_eq(mkdir("d", 0700), 0);
    ck_assert_int_eq(mkdir("e", 0700), 0);
    make_file("d/f");
    ck_assert_int_eq(symlink("d", "to_d"), 0);
    ck_assert_int_eq(symlink("../d/f", "e/to_f"), 0);
    assert_dir("to_d/f", "/d");
    assert_dir("e/to_f", "/e");
}
END_TEST

START_TEST(path_dir_that_cannot_be_resolved_is_as_written)
{
    char *dir = path_dir("no/such/file");

    ck_assert_str_eq(dir, "no/such");
    free(dir);
    dir = path_dir("/file-that-does-not-exist");
    ck_assert_str_eq(dir, "/");
    free(dir);
}
END_TEST

/* ---- path_make_dirs() --------------------------------------------------------------------- */

static const char *const chains[] = {"a", "a/b", "a/b/c", "a/", "a//b", "./a/./b", "a/b/"};

START_TEST(path_make_dirs_makes_all_of_them)
{
    ck_assert_int_eq(path_make_dirs(chains[_i]), 0);
    ck_assert(is_dir(chains[_i]));
    ck_assert_int_eq(path_make_dirs(chains[_i]), 0);
}
END_TEST

START_TEST(path_make_dirs_absolute_below_one_that_is_there)
{
    char dir[2 * PATH_MAX];

    snprintf(dir, sizeof(dir), "%s/x/y", root);
    ck_assert_int_eq(path_make_dirs(dir), 0);
    ck_assert(is_dir("x/y"));
    ck_assert_int_eq(path_make_dirs("/"), 0);
}
END_TEST

START_TEST(path_make_dirs_mode_is_0750)
{
    struct stat st;

    umask(0);
    ck_assert_int_eq(path_make_dirs("a/b"), 0);
    ck_assert_int_eq(stat("a", &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0750);
    ck_assert_int_eq(stat("a/b", &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0750);
}
END_TEST

START_TEST(path_make_dirs_keeps_the_mode_of_one_that_is_there)
{
    struct stat st;

    ck_assert_int_eq(mkdir("a", 0700), 0);
    ck_assert_int_eq(path_make_dirs("a"), 0);
    ck_assert_int_eq(stat("a", &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0700);
}
END_TEST

START_TEST(path_make_dirs_through_a_link)
{
    ck_assert_int_eq(mkdir("a", 0700), 0);
    ck_assert_int_eq(symlink("a", "to_a"), 0);
    ck_assert_int_eq(path_make_dirs("to_a"), 0);
    ck_assert_int_eq(path_make_dirs("to_a/b"), 0);
    ck_assert(is_dir("a/b"));
}
END_TEST

START_TEST(path_make_dirs_below_a_file_fails)
{
    make_file("f");
    ck_assert_int_eq(path_make_dirs("f/a"), -ENOTDIR);
    ck_assert_int_eq(path_make_dirs("f/a/b"), -ENOTDIR);
}
END_TEST

START_TEST(path_make_dirs_in_the_place_of_a_file_fails)
{
    make_file("f");
    ck_assert_int_lt(path_make_dirs("f"), 0);
}
END_TEST

START_TEST(path_make_dirs_of_no_name_fails)
{
    ck_assert_int_eq(path_make_dirs(""), -ENOENT);
}
END_TEST

START_TEST(path_make_dirs_name_too_long_fails)
{
    char name[NAME_MAX + 2];

    memset(name, 'a', sizeof(name));
    name[NAME_MAX + 1] = '\0';
    ck_assert_int_eq(path_make_dirs(name), -ENAMETOOLONG);
    name[NAME_MAX] = '\0';
    ck_assert_int_eq(path_make_dirs(name), 0);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("path");
    TCase *tc = tcase_create("path");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, path_join_vector, 0, N(joins));
    tcase_add_test(tc, path_dir_of_a_file_is_absolute);
    tcase_add_test(tc, path_dir_follows_a_linked_folder_but_not_the_file);
    tcase_add_test(tc, path_dir_that_cannot_be_resolved_is_as_written);
    tcase_add_loop_test(tc, path_make_dirs_makes_all_of_them, 0, N(chains));
    tcase_add_test(tc, path_make_dirs_absolute_below_one_that_is_there);
    tcase_add_test(tc, path_make_dirs_mode_is_0750);
    tcase_add_test(tc, path_make_dirs_keeps_the_mode_of_one_that_is_there);
    tcase_add_test(tc, path_make_dirs_through_a_link);
    tcase_add_test(tc, path_make_dirs_below_a_file_fails);
    tcase_add_test(tc, path_make_dirs_in_the_place_of_a_file_fails);
    tcase_add_test(tc, path_make_dirs_of_no_name_fails);
    tcase_add_test(tc, path_make_dirs_name_too_long_fails);
    suite_add_tcase(s, tc);
    return s;
}
