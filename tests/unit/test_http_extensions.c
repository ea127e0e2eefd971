#include "http/extensions.h"

#include "base/buf.h"

#include <check.h>

Suite *suite(void);

/* "a; b=1; c, d" gives "a b=1 c d END". */
static const struct {
    const char *field;
    const char *expected;
} fields[] = {
    {"a", "a END"},
    {"permessage-deflate", "permessage-deflate END"},
    {"a,b", "a b END"},
    {" a ,\tb ", "a b END"},
    {"a;b", "a ;b END"},
    {"a; b=1; c", "a ;b=1 ;c END"},
    {"a ; b = 1 , c", "a ;b=1 c END"},
    {"a;b=1;b=1, a", "a ;b=1 ;b=1 a END"},
    {"a;b=\"1\"", "a ;b=1 END"},
    {"a;b=\"1\" ;c , d", "a ;b=1 ;c d END"},
    {"a;b=\"\\1\\2\"", "a ;b=12 END"},
    {"a;b=\"0123456789012345678901234567890123456789\"",
     "a ;b=01234567890123456789012345678901 END"},
    {"!#$%&'*+-.^_`|~;x=!#$%&'*+-.^_`|~", "!#$%&'*+-.^_`|~ ;x=!#$%&'*+-.^_`|~ END"},
    /* Empty elements of a list do not count (RFC 2616 2.1). */
    {"", "END"},
    {" ", "END"},
    {",", "END"},
    {", ,a,, ,b,", "a b END"},
    /* What is malformed. */
    {";", "BAD"},
    {"=", "BAD"},
    {";a", "BAD"},
    {"a b", "a BAD"},
    {"a=1", "a BAD"},
    {"a;", "a BAD"},
    {"a;;b", "a BAD"},
    {"a; ,b", "a BAD"},
    {"a;b=", "a BAD"},
    {"a;b=,c", "a BAD"},
    {"a;=1", "a BAD"},
    {"a;b=1 2", "a ;b=1 BAD"},
    {"a;b==1", "a BAD"},
    {"a;b=\"", "a BAD"},
    {"a;b=\"1", "a BAD"},
    {"a;b=\"1\\", "a BAD"},
    {"a;b=\"1\\\"", "a BAD"},
    {"a;b=\"\"", "a BAD"},
    {"a;b=\"1 2\"", "a BAD"},
    {"a;b=\"x,y\"", "a BAD"},
    {"a;b=\"\\\"\"", "a BAD"},
    {"a;b=\"1\"2", "a ;b=1 BAD"},
    {"a;\"b\"=1", "a BAD"},
    {"\"a\"", "BAD"},
    {"a/b", "a BAD"},
    {"a@", "a BAD"},
    {"\xc3\xa9", "BAD"},
};

START_TEST(extensions_next_reads_the_field)
{
    struct extensions extensions;
    struct buf seen;
    enum extension_item item;

    buf_init(&seen, 1000);
    extensions_init(&extensions, slice_str(fields[_i].field));
    do {
        item = extensions_next(&extensions);
        if (item == EXTENSION_PARAM)
            buf_append_char(&seen, ';');
        if (item == EXTENSION_NAME || item == EXTENSION_PARAM)
            buf_append_slice(&seen, extensions.name);
        if (item == EXTENSION_PARAM && extensions.value.p != NULL)
            buf_printf(&seen, "=%.*s", (int)extensions.value.n, extensions.value.p);
        if (item == EXTENSION_NAME || item == EXTENSION_PARAM)
            buf_append_char(&seen, ' ');
    } while (item == EXTENSION_NAME || item == EXTENSION_PARAM);
    buf_append_slice(&seen, item == EXTENSION_END ? SLICE("END") : SLICE("BAD"));
    ck_assert_str_eq(buf_cstr(&seen), fields[_i].expected);
    buf_deinit(&seen);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("http_extensions");
    TCase *tc = tcase_create("extensions");

    tcase_add_loop_test(tc, extensions_next_reads_the_field, 0, sizeof(fields) / sizeof(fields[0]));
    suite_add_tcase(s, tc);
    return s;
}
