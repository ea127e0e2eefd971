#include "base/conffile.h"

#include "base/buf.h"

#include <check.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *suite(void);

#define N(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* ---- A file to read, and what is logged about it ------------------------------------------ */

static const char *const names[] = {"a", "b", "list", "list_more", NULL};
static char dir[PATH_MAX];
static char path[PATH_MAX + 16];
static struct conf_file file;
static bool file_read;
static char logged[4096];

static void setup(void)
{
    char made[] = "/tmp/chatd-conf-XXXXXX";

    ck_assert_ptr_nonnull(mkdtemp(made));
    ck_assert_ptr_nonnull(realpath(made, dir));
    snprintf(path, sizeof(path), "%s/x.conf", dir);
    file_read = false;
}

static void teardown(void)
{
    if (file_read)
        conf_file_deinit(&file);
    unlink(path);
    rmdir(dir);
}

static void put_file(struct slice text)
{
    FILE *stream = fopen(path, "w");

    ck_assert_ptr_nonnull(stream);
    ck_assert_uint_eq(fwrite(text.p, 1, text.n, stream), text.n);
    ck_assert_int_eq(fclose(stream), 0);
}

enum reader { PLAIN, MODULES, MODULES_KNOWN, TITLES };

static int read_file(enum reader reader)
{
    FILE *log = tmpfile();
    int real_stderr = dup(STDERR_FILENO);
    int err = 0;

    ck_assert_ptr_nonnull(log);
    ck_assert_int_ge(dup2(fileno(log), STDERR_FILENO), 0);
    switch (reader) {
    case PLAIN:
        err = conf_read(path, names, &file);
        break;
    case MODULES:
        err = conf_read_modules(path, names, false, &file);
        break;
    case MODULES_KNOWN:
        err = conf_read_modules(path, names, true, &file);
        break;
    case TITLES:
        err = conf_read_modules(path, NULL, false, &file);
        break;
    }
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    ssize_t n = pread(fileno(log), logged, sizeof(logged) - 1, 0);
    ck_assert_int_ge(n, 0);
    logged[n] = '\0';
    fclose(log);
    file_read = err == 0;
    return err;
}

static int read_text(enum reader reader, const char *text)
{
    put_file(slice_str(text));
    return read_file(reader);
}

/* The line in "PATH:LINE". */
static int line_of(const char *where)
{
    size_t n = strlen(path);

    ck_assert_msg(strncmp(where, path, n) == 0 && where[n] == ':', "%s", where);
    return atoi(where + n + 1);
}

/* "NAME:LINE=WORD|WORD ", in the order of `names`. */
static void dump(struct buf *out, const char *section)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        const struct conf_entry *entry = conf_find(&file, section, names[i]);
        if (entry == NULL)
            continue;
        ck_assert_str_eq(entry->name, names[i]);
        (void)buf_printf(out, "%s:%d=", names[i], line_of(entry->where));
        for (size_t k = 0; k < entry->n_words; k++)
            (void)buf_printf(out, "%s%s", k > 0 ? "|" : "", entry->words[k]);
        (void)buf_append_char(out, ' ');
    }
}

static void assert_read(enum reader reader, const char *text, const char *expected)
{
    struct buf out;

    buf_init(&out, 4096);
    ck_assert_msg(read_text(reader, text) == 0, "%s", logged);
    ck_assert_str_eq(logged, "");
    dump(&out, NULL);
    for (size_t i = 0; i < file.n_sections; i++) {
        const struct conf_section *section = &file.sections[i];
        (void)buf_printf(&out, "%s:%d{ ", section->title, line_of(section->where));
        dump(&out, section->title);
        (void)buf_printf(&out, "} ");
    }
    ck_assert_str_eq(buf_cstr(&out), expected);
    buf_deinit(&out);
}

/* ---- Good files --------------------------------------------------------------------------- */

struct vector {
    const char *text;
    const char *expected;
};

static const struct vector plain[] = {
    {"", ""},
    {"\n", ""},
    {" \t\n\n", ""},
    {"a = 1", "a:1=1 "},
    {"a = 1\n", "a:1=1 "},
    {"a=1\nb=2\n", "a:1=1 b:2=2 "},
    {"a = 1 b = 2\n", "a:1=1 b:1=2 "},
    {"\n\n\ta = 1\r\n\r\nb = 2\r\n", "a:3=1 b:5=2 "},
    {"a = {1}\nb = { 1 , 2,3 }\n", "a:1=1 b:2=1|2|3 "},
    {"a = \"\"\nb = ''\n", "a:1= b:2= "},
    {"b = 2\na = 1\n", "a:2=1 b:1=2 "},
    /* the line where the value ends */
    {"a\n=\n\n1\nb = 2", "a:4=1 b:5=2 "},
    {"list = {\n1,\n2\n}\nb = 2\n", "b:5=2 list:4=1|2 "},
    /* empty lists */
    {"a = {}\n", "a:1= "},
    {"\n\na = {}\nb = { }\n", "a:3= b:4= "},
    {"b = 1\na = {}\nlist = 3\n", "a:2= b:1=1 list:3=3 "},
    {"list = {}\nlist_more = 1\n", "list:1= list_more:2=1 "},
    {"list_more = {}\nlist = {}\n", "list:2= list_more:1= "},
    {"list = {}\nb = list\n", "b:2=list list:1= "},
    {"list = {}\nb = \"a list\"\n", "b:2=a list list:1= "},
    {"list = {}\n# the list\n", "list:1= "},
    {"b = {}\n\nlist = \"b\nb\"\n", "b:1= list:4=b\nb "},
    /* given twice: the last one holds */
    {"a = 1\na = 2\n", "a:2=2 "},
    {"a = {1, 2}\na = 3\n", "a:2=3 "},
    {"a = 1\na = {}\n", "a:2= "},
    {"a = {}\na = 1\n", "a:2=1 "},
    /* comments of all three kinds */
    {"# a = 1\n// a = 2\n/* a = 3 */\na = 4\n", "a:4=4 "},
    {"a = 1 # b = 2\n", "a:1=1 "},
    {"a = 1 // b = 2\n", "a:1=1 "},
    {"a = 1 /* b = 2 */ b = 3\n", "a:1=1 b:1=3 "},
    {"/* a\n b\n c */ a = 1\n/**/b = 2", "a:3=1 b:4=2 "},
    {"#\n#\n#\na = 1\n//\n//\nb = 2\n", "a:4=1 b:7=2 "},
    {"/*/ a = 1 /*/ a = 2", "a:1=2 "},
    {"/* a/*/ a = 1 /*/\n/\n*/ b = 2", "a:1=1 b:3=2 "},
    {"/***/ a = 1 /** b **/", "a:1=1 "},
    {"a = { 1, # one\n /* two */ 2, // three\n 3 }\n", "a:3=1|2|3 "},
    {"a/* */=/* */1/* */", "a:1=1 "},
    {"a = 1 # at the end", "a:1=1 "},
    /* quotes and comments in comments */
    {"# it's \"so\na = 1\n", "a:2=1 "},
    {"// it's \"so\na = 1\n", "a:2=1 "},
    {"/* it's \"so\n */a = 1\n", "a:2=1 "},
    {"# /*\na = 1 # */\n", "a:2=1 "},
    {"// /*\na = 1 // */\n", "a:2=1 "},
    {"/* # */ a = 1 /* // */ b = 2", "a:1=1 b:1=2 "},
    {"# {\na = 1\n", "a:2=1 "},
    /* comments in quotes */
    {"a = \"# x\" # y\nb = '# x' # y\n", "a:1=# x b:2=# x "},
    {"a = \"// x\"\nb = '// x'\n", "a:1=// x b:2=// x "},
    {"a = \"/* x\"\nb = '*/ x'\n", "a:1=/* x b:2=*/ x "},
    {"a = \"https://example.org/#x\"\n", "a:1=https://example.org/#x "},
    {"a = \"{\"\nb = '}'\n", "a:1={ b:2=} "},
    /* quotes in quotes, and escapes */
    {"a = \"it's # one\"\nb = 'a \"b\" // c'\n", "a:1=it's # one b:2=a \"b\" // c "},
    {"a = \"\\\" # \\\\\" # \"\nb = 1\n", "a:1=\" # \\ b:2=1 "},
    {"a = '\\' # \\\\' # '\nb = 1\n", "a:1=' # \\ b:2=1 "},
    {"a = \"x\\ty\\x41\\n\"\n", "a:1=x\tyA\n "},
    {"a = \"x\ny\"\nb = 1\n", "a:2=x\ny b:3=1 "},
    {"a = \"x\\\ny\"\nb = 1\n", "a:2=xy b:3=1 "},
    {"a = '\n\n'\nb = 1\n", "a:3=\n\n b:4=1 "},
    {"a = \"\xc3\xa9 \xf0\x9f\x98\x80\"\n", "a:1=\xc3\xa9 \xf0\x9f\x98\x80 "},
};

START_TEST(conf_read_good_file)
{
    assert_read(PLAIN, plain[_i].text, plain[_i].expected);
    ck_assert_uint_eq(file.n_sections, 0);
    ck_assert_str_eq(file.dir, dir);
}
END_TEST

static const struct vector modules[] = {
    {"", ""},
    {"module x {}", "x:1{ } "},
    {"module x {\n}\n\nmodule y {\n\n}\n", "x:2{ } y:6{ } "},
    {"module x { a = 1\n}\nmodule y {\na = {2, 3} }\n", "x:2{ a:1=1 } y:4{ a:4=2|3 } "},
    {"module\nx\n{\na\n=\n1\n}", "x:7{ a:6=1 } "},
    {"module \"a b\" { a = 1 } module 'c\"' {}", "a b:1{ a:1=1 } c\":1{ } "},
    {"# module x {\nmodule y { # }\n}\n/* } */", "y:3{ } "},
    {"module x { a = \"}\" b = '{' }\nmodule y {}\n", "x:1{ a:1=} b:1={ } y:2{ } "},
    {"module x { a = 1\na = 2 }\n", "x:2{ a:2=2 } "},
    /* empty lists */
    {"module x {\na = {}\n}\n", "x:3{ a:2= } "},
    {"module x {\nb = 1\na = {}\n\n}\nmodule y { a = 1\n}\n", "x:5{ a:3= b:2=1 } y:7{ a:6=1 } "},
    {"module x { a = 1 }\nmodule y {\na = {} }\n", "x:1{ a:1=1 } y:3{ a:3= } "},
    {"module x {\na = {} }\nmodule y {\na = {} }\n", "x:2{ a:2= } y:4{ a:4= } "},
};

START_TEST(conf_read_modules_good_file)
{
    assert_read(MODULES, modules[_i].text, modules[_i].expected);
}
END_TEST

static const struct vector known[] = {
    {"module x { c = 1\na = 2 }\n", "x:2{ a:2=2 } "},
    {"module x { c = {1,\n2}\nd = {}\na = 2 }\n", "x:4{ a:4=2 } "},
    {"module x { c = \"}\" a = 1 }\nmodule y {}\n", "x:1{ a:1=1 } y:2{ } "},
};

START_TEST(conf_read_modules_ignores_unknown_keys_when_told)
{
    assert_read(MODULES_KNOWN, known[_i].text, known[_i].expected);
    ck_assert_int_eq(read_text(MODULES, known[_i].text), -EINVAL);
}
END_TEST

START_TEST(conf_read_modules_without_names_reports_sections_only)
{
    assert_read(TITLES, "module x { a = 1 c = {1, 2}\n}\nmodule y {\nd = {} }\n", "x:2{ } y:4{ } ");
    ck_assert_uint_eq(file.n_entries, 0);
}
END_TEST

/* ---- Bad files ---------------------------------------------------------------------------- */

/* `line` of the message; 0: it only has to be there. */
static const struct bad {
    const char *text;
    enum reader reader;
    int line;
    const char *says;
} bad[] = {
    {"c = 1\n", PLAIN, 1, "'c'"},
    {"a = 1\n/*\n*/\n#\nc = 1\n", PLAIN, 5, "'c'"},
    {"A = 1\n", PLAIN, 1, "'A'"},
    {"lis = 1\n", PLAIN, 1, "'lis'"},
    {"module x {}\n", PLAIN, 1, "'module'"},
    {"\xef\xbb\xbf"
     "a = 1\n",
     PLAIN, 1, ""},
    {"a\n", PLAIN, 0, ""},
    {"a =\n", PLAIN, 0, ""},
    {"a 1\n", PLAIN, 1, ""},
    {"a = = 1\n", PLAIN, 1, ""},
    {"a = 1, 2\n", PLAIN, 1, ""},
    {"a = {1 2}\n", PLAIN, 1, ""},
    {"a = {,}\n", PLAIN, 1, ""},
    {"a = {{1}}\n", PLAIN, 1, ""},
    {"a = }\n", PLAIN, 1, ""},
    {"\n}\n", PLAIN, 2, ""},
    {"a = {1}}\n", PLAIN, 1, ""},
    /* what is open at the end */
    {"\na = {\n1\n", PLAIN, 2, "{ is not closed"},
    {"\na = { # }\n1\n", PLAIN, 2, "{ is not closed"},
    {"a = \"}\"\nb = { '}'\n", PLAIN, 2, "{ is not closed"},
    {"a = \"x\ny\\\n\"\nb = {\n", PLAIN, 4, "{ is not closed"},
    {"a = \"1\n", PLAIN, 0, ""},
    {"a = '1\n", PLAIN, 0, ""},
    {"a = \"1\\\"", PLAIN, 0, ""},
    {"a = {\"1}\n", PLAIN, 0, ""},
    {"a = 1\n\"\n", PLAIN, 0, ""},
    {"a = 1 \"\nb = 2\n", PLAIN, 0, ""},
    {"a = 1 '\nb = 2\n", PLAIN, 0, ""},
    {"a = 1 /* \nb = 2\n", PLAIN, 0, ""},
    {"a = 1 /* b /", PLAIN, 0, ""},
    {"/* /\n */ a = {\n", PLAIN, 2, "{ is not closed"},
    /* sections */
    {"module x {}\n\nmodule x {\n}\n", MODULES, 3, "'x'"},
    {"module x {}\n\nmodule x {\n}\n", MODULES_KNOWN, 3, "'x'"},
    {"module x {}\n\nmodule x {\n}\n", TITLES, 3, "'x'"},
    {"module x {\na = 1\nc = 1\n}\n", MODULES, 3, "module x: "},
    {"a = 1\n", MODULES, 1, "'a'"},
    {"modul x {\n}\n", MODULES, 1, "'modul'"},
    {"modul x {\n}\n", TITLES, 0, ""},
    {"module {\n}\n", MODULES, 1, ""},
    {"module x\na = 1\n", MODULES, 0, ""},
    {"module x {\na = 1\n", MODULES, 1, "{ is not closed"},
    {"module x {\n}\nmodule y {\n", TITLES, 3, "{ is not closed"},
    {"module x {}}\n", MODULES, 1, ""},
    {"module x { module y {} }\n", MODULES, 1, ""},
    {"module x { a = \"1 }\n", MODULES, 0, ""},
    {"module x { a = 1 }\n\"", MODULES, 0, ""},
    {"module x { a = 1 } /*\nmodule y {}\n", TITLES, 0, ""},
};

START_TEST(conf_read_bad_file_is_logged_and_out_untouched)
{
    const struct bad *b = &bad[_i];
    struct conf_file before;

    memset(&file, 0x5a, sizeof(file));
    memcpy(&before, &file, sizeof(before));
    ck_assert_int_eq(read_text(b->reader, b->text), -EINVAL);
    ck_assert_mem_eq(&file, &before, sizeof(file));
    ck_assert_msg(strlen(logged) > strlen(path), "%s", logged);
    int line = line_of(logged);
    ck_assert_int_ge(line, 1);
    if (b->line != 0)
        ck_assert_msg(line == b->line, "%s", logged);
    ck_assert_msg(strstr(logged, b->says) != NULL, "%s", logged);
}
END_TEST

static const struct slice binary[] = {
    SLICE_INIT("\0"),
    SLICE_INIT("a = 1\n\0"),
    SLICE_INIT("a = \"x\0y\"\n"),
    SLICE_INIT("# \0\na = 1\n"),
    SLICE_INIT("\x7f"
               "ELF\2\1\1\0\0\0"),
};

START_TEST(conf_read_binary_file_is_refused)
{
    put_file(binary[_i]);
    ck_assert_int_eq(read_file(PLAIN), -EINVAL);
    ck_assert_int_eq(strncmp(logged, path, strlen(path)), 0);
    ck_assert_int_eq(read_file(TITLES), -EINVAL);
}
END_TEST

START_TEST(conf_read_bytes_that_are_no_text_are_refused)
{
    ck_assert_int_eq(read_text(PLAIN, "\xff\xfe\x01\x02\n"), -EINVAL);
    ck_assert_int_eq(line_of(logged), 1);
}
END_TEST

START_TEST(conf_read_missing_file_answers_the_error_and_out_untouched)
{
    struct conf_file before;

    memset(&file, 0x5a, sizeof(file));
    memcpy(&before, &file, sizeof(before));
    ck_assert_int_eq(read_file(PLAIN), -ENOENT);
    ck_assert_int_eq(strncmp(logged, path, strlen(path)), 0);
    ck_assert_int_eq(read_file(TITLES), -ENOENT);
    ck_assert_mem_eq(&file, &before, sizeof(file));
}
END_TEST

START_TEST(conf_read_folder_is_refused)
{
    ck_assert_int_eq(mkdir(path, 0700), 0);
    ck_assert_int_eq(read_file(PLAIN), -EISDIR);
    ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

START_TEST(conf_read_large_file_has_exact_lines_too)
{
    FILE *stream = fopen(path, "w");
    static const char *const lines[] = {"# it's\n", "a = {\"#\"}\n", "/* \"\n", "*/\n"};

    ck_assert_ptr_nonnull(stream);
    for (int i = 0; i < 20000; i++)
        fputs(lines[i % 4], stream);
    fputs("b = 2\nlist = {}\n", stream);
    ck_assert_int_eq(fclose(stream), 0);
    ck_assert_int_eq(read_file(PLAIN), 0);
    ck_assert_int_eq(line_of(conf_find(&file, NULL, "a")->where), 19998);
    ck_assert_int_eq(line_of(conf_find(&file, NULL, "b")->where), 20001);
    ck_assert_int_eq(line_of(conf_find(&file, NULL, "list")->where), 20002);
}
END_TEST

/* ---- The rest ----------------------------------------------------------------------------- */

START_TEST(conf_find_looks_in_one_section_only)
{
    ck_assert_int_eq(read_text(MODULES, "module x { a = 1 }\nmodule y { b = 2 }\n"), 0);
    ck_assert_ptr_nonnull(conf_find(&file, "x", "a"));
    ck_assert_str_eq(conf_find(&file, "x", "a")->section, "x");
    ck_assert_ptr_null(conf_find(&file, "y", "a"));
    ck_assert_ptr_null(conf_find(&file, NULL, "a"));
    ck_assert_ptr_null(conf_find(&file, "z", "a"));
    conf_file_deinit(&file);
    ck_assert_int_eq(read_text(PLAIN, "a = 1\n"), 0);
    ck_assert_ptr_null(conf_find(&file, NULL, "a")->section);
    ck_assert_ptr_null(conf_find(&file, "x", "a"));
    ck_assert_ptr_null(conf_find(&file, "", "a"));
    ck_assert_ptr_null(conf_find(&file, NULL, "b"));
}
END_TEST

START_TEST(conf_option_text_is_what_option_read_wants)
{
    const struct option_spec spec = {"a", OPTION_PATH, "", 0, 0, NULL};
    struct option_value value;
    char expected[2 * PATH_MAX];

    ck_assert_int_eq(read_text(PLAIN, "\na = web\n"), 0);
    const struct option_text text = conf_option_text(&file, conf_find(&file, NULL, "a"));
    ck_assert_uint_eq(text.n, 1);
    ck_assert_int_eq(option_read(&spec, &text, "/elsewhere", &value), 0);
    snprintf(expected, sizeof(expected), "%s/web", dir);
    ck_assert_str_eq(value.text, expected);
    ck_assert_int_eq(line_of(value.where), 2);
    option_value_deinit(&value);
}
END_TEST

START_TEST(conf_file_deinit_leaves_an_empty_file)
{
    ck_assert_int_eq(read_text(PLAIN, "a = 1\n"), 0);
    conf_file_deinit(&file);
    conf_file_deinit(&file);
    ck_assert_uint_eq(file.n_entries, 0);
    ck_assert_ptr_null(conf_find(&file, NULL, "a"));
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("conffile");
    TCase *tc = tcase_create("conffile");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, conf_read_good_file, 0, N(plain));
    tcase_add_loop_test(tc, conf_read_modules_good_file, 0, N(modules));
    tcase_add_loop_test(tc, conf_read_modules_ignores_unknown_keys_when_told, 0, N(known));
    tcase_add_test(tc, conf_read_modules_without_names_reports_sections_only);
    tcase_add_loop_test(tc, conf_read_bad_file_is_logged_and_out_untouched, 0, N(bad));
    tcase_add_loop_test(tc, conf_read_binary_file_is_refused, 0, N(binary));
    tcase_add_test(tc, conf_read_bytes_that_are_no_text_are_refused);
    tcase_add_test(tc, conf_read_missing_file_answers_the_error_and_out_untouched);
    tcase_add_test(tc, conf_read_folder_is_refused);
    tcase_add_test(tc, conf_read_large_file_has_exact_lines_too);
    tcase_add_test(tc, conf_find_looks_in_one_section_only);
    tcase_add_test(tc, conf_option_text_is_what_option_read_wants);
    tcase_add_test(tc, conf_file_deinit_leaves_an_empty_file);
    suite_add_tcase(s, tc);
    return s;
}
