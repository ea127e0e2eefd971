#include "ws_feed.h"

Suite *suite(void);

/* ---- Close codes ---------------------------------------------------------------------------- */

static const struct {
    unsigned from;
    unsigned to;
    bool valid;
} codes[] = {
    {0, 999, false},     {1000, 1003, true}, {1004, 1006, false},  {1007, 1014, true},
    {1015, 2999, false}, {3000, 4999, true}, {5000, 65535, false},
};

START_TEST(ws_close_code_valid_every_code)
{
    for (unsigned code = codes[_i].from; code <= codes[_i].to; code++)
        if (ws_close_code_valid(code) != codes[_i].valid)
            ck_abort_msg("%u", code);
}
END_TEST

START_TEST(ws_decoder_close_codes_at_the_borders)
{
    const unsigned borders[] = {codes[_i].from, codes[_i].to};

    for (size_t i = 0; i < 2; i++) {
        char payload[4] = {(char)(borders[i] >> 8), (char)(borders[i] & 0xff), 'h', 'i'};
        char expected[64];
        buf_clear(&wire);
        put_frame(FIN | WS_OP_CLOSE, slice_of(payload, 4));
        snprintf(expected, sizeof(expected), "%u close(2)=hi ", borders[i]);
        check(LIMIT, codes[_i].valid ? expected : "fail 1002 invalid close code");
    }
}
END_TEST

START_TEST(ws_decoder_close_reason_of_123_bytes_is_taken)
{
    char payload[125] = "\x03\xe8";

    memcpy(payload + 2, letters(123).p, 123);
    put_frame(FIN | WS_OP_CLOSE, slice_of(payload, 125));
    ck_assert_str_eq(run_whole() + sizeof("1000 close(123)=") - 1 + 123, " ");
    ck_assert_int_eq(strncmp(buf_cstr(&transcript), "1000 close(123)=abc", 19), 0);
}
END_TEST

/* ---- Suite -------------------------------------------------------------------------------- */

Suite *suite(void)
{
    Suite *s = suite_create("ws_close");
    TCase *tc = tcase_create("close");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, ws_decoder_close_codes_at_the_borders, 0, COUNT(codes));
    tcase_add_test(tc, ws_decoder_close_reason_of_123_bytes_is_taken);
    tcase_add_loop_test(tc, ws_close_code_valid_every_code, 0, COUNT(codes));
    suite_add_tcase(s, tc);
    return s;
}
