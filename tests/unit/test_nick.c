#include "chat/nick.h"

#include <check.h>
#include <stdlib.h>

Suite *suite(void);

#define N(table) ((int)(sizeof(table) / sizeof((table)[0])))

enum { MAX = 32 };

/* ---- Nicks -------------------------------------------------------------------------------- */

static const struct {
    const char *nick;
    const char *key;
} good[] = {
    {"alice", "alice"},
    {"ALICE", "alice"},
    {"a", "a"},
    {"a b", "a b"},
    {"a b c", "a b c"},
    {"<b>&\"'", "<b>&\"'"},
    {"1", "1"},
    {"\xef\xbc\xa1lice", "alice"},      /* full-width A */
    {"\xef\xbd\x81\xef\xbd\x8c", "al"}, /* full-width letters */
    {"\xc3\x89mile", "\xc3\xa9mile"},   /* E acute */
    {"E\xcc\x81mile", "\xc3\xa9mile"},  /* the same in two characters */
    {"stra\xc3\x9f"
     "e",
     "strasse"}, /* sharp s */
    {"STRASSE", "strasse"},
    {"\xce\xa3", "\xcf\x83"}, /* the three sigmas are one */
    {"\xcf\x82", "\xcf\x83"},
    {"\xef\xac\x81", "fi"},       /* a ligature */
    {"\xc2\xb2", "2"},            /* superscript two */
    {"\xe2\x84\xab", "\xc3\xa5"}, /* the Angstrom sign */
    {"\xe6\x97\xa5\xe6\x9c\xac", "\xe6\x97\xa5\xe6\x9c\xac"},
    {"\xef\xbd\xb6", "\xe3\x82\xab"},                         /* half-width katakana */
    {"\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", "\xed\x95\x9c"}, /* Hangul, composed */
    {"\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd", "\xd0\xb8\xd0\xb2\xd0\xb0\xd0\xbd"},
    {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
    {"\xe2\x9d\xa4\xef\xb8\x8f", "\xe2\x9d\xa4"}, /* without its variation selector */
    {"a\xcd\x8f"
     "b",
     "ab"},                 /* a grapheme joiner */
    {"a\xe3\x85\xa4", "a"}, /* a Hangul filler */
};

START_TEST(nick_check_good_nick_has_key)
{
    char *key = NULL;
    const char *why = nick_check(slice_str(good[_i].nick), MAX, &key);

    ck_assert_ptr_null(why);
    ck_assert_str_eq(key, good[_i].key);
    free(key);
}
END_TEST

START_TEST(nick_check_key_of_a_key_is_the_same)
{
    char *key = NULL;

    ck_assert_ptr_null(nick_check(slice_str(good[_i].key), MAX, &key));
    ck_assert_str_eq(key, good[_i].key);
    free(key);
}
END_TEST

START_TEST(nick_check_all_case_variants_clash)
{
    for (char c = 'a'; c <= 'z'; c++) {
        const char upper = (char)(c - 'a' + 'A');
        char *one = NULL;
        char *two = NULL;
        ck_assert_ptr_null(nick_check(slice_of(&c, 1), MAX, &one));
        ck_assert_ptr_null(nick_check(slice_of(&upper, 1), MAX, &two));
        ck_assert_str_eq(one, two);
        free(one);
        free(two);
    }
}
END_TEST

/* What neither a nick nor a room may have. */
static const struct slice bad[] = {
    SLICE_INIT(""),
    SLICE_INIT(" "),
    SLICE_INIT(" a"),
    SLICE_INIT("a "),
    SLICE_INIT("a  b"),
    SLICE_INIT("a\0b"),
    SLICE_INIT("\0"),
    SLICE_INIT("a\tb"),
    SLICE_INIT("a\nb"),
    SLICE_INIT("a\x1b[31m"),
    SLICE_INIT("a\x7f"),
    SLICE_INIT("a\xc2\x85"), /* U+0085, next line */
    SLICE_INIT("a\xc2\xa0"
               "b"), /* U+00A0, no-break space */
    SLICE_INIT("a\xc2\xad"
               "b"),         /* U+00AD, soft hyphen */
    SLICE_INIT("a\xd8\x9c"), /* U+061C, Arabic letter mark */
    SLICE_INIT("a\xe1\x9a\x80"
               "b"),             /* U+1680, Ogham space */
    SLICE_INIT("a\xe1\xa0\x8e"), /* U+180E */
    SLICE_INIT("a\xe2\x80\x83"
               "b"), /* U+2003, em space */
    SLICE_INIT("a\xe2\x80\x8b"
               "b"), /* U+200B, zero width space */
    SLICE_INIT("a\xe2\x80\x8d"
               "b"), /* U+200D, zero width joiner */
    SLICE_INIT("\xe2\x80\x8e"
               "a"), /* U+200E, left-to-right mark */
    SLICE_INIT("a\xe2\x80\xa8"
               "b"), /* U+2028, line separator */
    SLICE_INIT("a\xe2\x80\xa9"
               "b"), /* U+2029, paragraph separator */
    SLICE_INIT("\xe2\x80\xae"
               "ecila"), /* U+202E, right-to-left override */
    SLICE_INIT("\xe2\x81\xa0"
               "a"), /* U+2060, word joiner */
    SLICE_INIT("\xe2\x81\xa6"
               "a"), /* U+2066, left-to-right isolate */
    SLICE_INIT("a\xe3\x80\x80"
               "b"),            /* U+3000, ideographic space */
    SLICE_INIT("\xee\x80\x80"), /* U+E000, private */
    SLICE_INIT("\xef\xbb\xbf"
               "a"),                /* U+FEFF, byte order mark */
    SLICE_INIT("a\xef\xbf\xbe"),    /* U+FFFE, no character */
    SLICE_INIT("\xcd\xb8"),         /* U+0378, not assigned */
    SLICE_INIT("\xf3\xa0\x81\xa1"), /* U+E0061, a tag */
    SLICE_INIT("\xf4\x8f\xbf\xbd"), /* U+10FFFD, private */
    SLICE_INIT("\xe3\x85\xa4"),     /* U+3164: it shows nothing, and nothing else is there */
    SLICE_INIT("\xe1\x85\x9f\xe1\x85\xa0"), /* U+115F U+1160, the same */
    SLICE_INIT("\xef\xbe\xa0"),             /* U+FFA0, the same */
    SLICE_INIT("\xef\xb8\x8f"),             /* U+FE0F, a variation selector */
    SLICE_INIT("\x80"),
    SLICE_INIT("a\xc3"),
    SLICE_INIT("\xc0\xaf"),
    SLICE_INIT("\xed\xa0\x80"),
    SLICE_INIT("\xf4\x90\x80\x80"),
    SLICE_INIT("\xff"),
};

static char *const untouched = (char *)1;

START_TEST(nick_check_bad_nick_is_refused_and_key_untouched)
{
    char *key = untouched;
    const char *why = nick_check(bad[_i], MAX, &key);

    ck_assert_ptr_nonnull(why);
    ck_assert_uint_gt(strlen(why), 0);
    ck_assert_ptr_eq(key, untouched);
}
END_TEST

START_TEST(room_name_check_bad_name_is_refused)
{
    ck_assert_ptr_nonnull(room_name_check(bad[_i], MAX));
}
END_TEST

/* The bytes end where the memory ends, so that a checker sees a read beyond them. */
START_TEST(nick_check_cut_off_character_is_refused)
{
    static const char text[] = "ab\xf0\x9f\x98\x80";

    for (size_t n = 1; n < sizeof(text); n++) {
        char *exact = malloc(n);
        ck_assert_ptr_nonnull(exact);
        memcpy(exact, text, n);
        char *key = NULL;
        bool good_end = n <= 2 || n == sizeof(text) - 1;
        ck_assert((nick_check(slice_of(exact, n), MAX, &key) == NULL) == good_end);
        ck_assert((room_name_check(slice_of(exact, n), MAX) == NULL) == good_end);
        free(key);
        free(exact);
    }
}
END_TEST

START_TEST(nick_check_limit_is_in_bytes)
{
    static const char text[] = "\xc3\xa9\xc3\xa9\xc3\xa9"; /* three characters, six bytes */
    char *key = untouched;

    ck_assert_ptr_nonnull(nick_check(SLICE("a"), 0, &key));
    ck_assert_ptr_nonnull(nick_check(slice_str(text), 5, &key));
    ck_assert_ptr_eq(key, untouched);
    ck_assert_ptr_null(nick_check(slice_str(text), 6, &key));
    free(key);
    ck_assert_ptr_nonnull(room_name_check(slice_str(text), 5));
    ck_assert_ptr_null(room_name_check(slice_str(text), 6));
}
END_TEST

/* One character that becomes 18: the key may be longer than the nick. */
START_TEST(nick_check_key_may_be_longer_than_the_maximum)
{
    char *key = NULL;

    ck_assert_ptr_null(nick_check(SLICE("\xef\xb7\xba"), 3, &key));
    ck_assert_uint_gt(strlen(key), 18);
    free(key);
}
END_TEST

START_TEST(nick_check_of_nothing_is_refused)
{
    char *key = untouched;

    ck_assert_ptr_nonnull(nick_check(slice_of(NULL, 0), MAX, &key));
    ck_assert_ptr_eq(key, untouched);
    ck_assert_ptr_nonnull(room_name_check(slice_of(NULL, 0), MAX));
}
END_TEST

/* ---- Rooms -------------------------------------------------------------------------------- */

static const char *const rooms[] = {
    "general",
    "General",
    "#go",
    "a-b_c.d/e",
    "42",
    "\xc3\xa9t\xc3\xa9",
    "\xe6\x97\xa5\xe6\x9c\xac",
    "\xf0\x9f\x98\x80",
    "\xef\xbc\xa1",
    "\xef\xac\x81", /* compatible ones are others */
};

START_TEST(room_name_check_good_name)
{
    ck_assert_ptr_null(room_name_check(slice_str(rooms[_i]), MAX));
}
END_TEST

static const char *const no_rooms[] = {
    "a b",                                  /* good for a nick */
    "e\xcc\x81",                            /* not composed */
    "\xe2\x84\xab",                         /* U+212B, whose form is U+00C5 */
    "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", /* Hangul in three parts */
    "a\xcc\x81\xcc\xa3",                    /* marks in the wrong order */
};

START_TEST(room_name_check_refuses_what_is_good_for_a_nick_only)
{
    char *key = NULL;

    ck_assert_ptr_null(nick_check(slice_str(no_rooms[_i]), MAX, &key));
    free(key);
    ck_assert_ptr_nonnull(room_name_check(slice_str(no_rooms[_i]), MAX));
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("nick");
    TCase *tc = tcase_create("nick");

    tcase_add_loop_test(tc, nick_check_good_nick_has_key, 0, N(good));
    tcase_add_loop_test(tc, nick_check_key_of_a_key_is_the_same, 0, N(good));
    tcase_add_test(tc, nick_check_all_case_variants_clash);
    tcase_add_loop_test(tc, nick_check_bad_nick_is_refused_and_key_untouched, 0, N(bad));
    tcase_add_loop_test(tc, room_name_check_bad_name_is_refused, 0, N(bad));
    tcase_add_test(tc, nick_check_cut_off_character_is_refused);
    tcase_add_test(tc, nick_check_limit_is_in_bytes);
    tcase_add_test(tc, nick_check_key_may_be_longer_than_the_maximum);
    tcase_add_test(tc, nick_check_of_nothing_is_refused);
    tcase_add_loop_test(tc, room_name_check_good_name, 0, N(rooms));
    tcase_add_loop_test(tc, room_name_check_refuses_what_is_good_for_a_nick_only, 0, N(no_rooms));
    suite_add_tcase(s, tc);
    return s;
}
