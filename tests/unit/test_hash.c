#include "base/hash.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *suite(void);

/* The key is random and private: known answers cannot be compared, but what a table relies on
 * can. Where two inputs must differ, 32 bits collide by chance once in 2^32: such tests look at
 * several pairs, or at few enough. */

enum { LONGEST = 64 };

static void fill(unsigned char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        text[i] = (unsigned char)(i * 37 + 11);
}

START_TEST(hash_bytes_same_bytes_same_hash)
{
    unsigned char one[LONGEST];
    unsigned char two[LONGEST];

    fill(one, sizeof(one));
    fill(two, sizeof(two));
    for (size_t n = 0; n <= LONGEST; n++)
        ck_assert_uint_eq(hash_bytes(one, n), hash_bytes(two, n));
}
END_TEST

START_TEST(hash_bytes_of_any_alignment_is_the_same)
{
    unsigned char text[LONGEST];
    unsigned char room[LONGEST + 16];

    fill(text, sizeof(text));
    for (size_t n = 0; n <= LONGEST; n++) {
        uint32_t expected = hash_bytes(text, n);
        for (size_t shift = 0; shift < 16; shift++) {
            memset(room, 0xee, sizeof(room));
            memcpy(room + shift, text, n);
            ck_assert_uint_eq(hash_bytes(room + shift, n), expected);
        }
    }
}
END_TEST

/* The bytes stand at the end of their memory, so that a checker sees a read beyond them. */
START_TEST(hash_bytes_reads_no_byte_more)
{
    unsigned char text[LONGEST];

    fill(text, sizeof(text));
    for (size_t n = 1; n <= LONGEST; n++) {
        unsigned char *exact = malloc(n);
        ck_assert_ptr_nonnull(exact);
        memcpy(exact, text, n);
        ck_assert_uint_eq(hash_bytes(exact, n), hash_bytes(text, n));
        free(exact);
    }
}
END_TEST

START_TEST(hash_bytes_every_bit_counts)
{
    unsigned char text[LONGEST];
    unsigned same = 0;

    fill(text, sizeof(text));
    for (size_t n = 1; n <= LONGEST; n++) {
        uint32_t before = hash_bytes(text, n);
        for (size_t bit = 0; bit < 8 * n; bit++) {
            text[bit / 8] ^= (unsigned char)(1 << bit % 8);
            same += hash_bytes(text, n) == before;
            text[bit / 8] ^= (unsigned char)(1 << bit % 8);
        }
        ck_assert_uint_eq(hash_bytes(text, n), before);
    }
    /* 16640 pairs; a byte that is left out would show at least eight times. */
    ck_assert_uint_le(same, 1);
}
END_TEST

START_TEST(hash_bytes_every_value_of_a_byte_counts)
{
    for (size_t n = 1; n <= 17; n++)
        for (size_t at = 0; at < n; at++) {
            unsigned char text[17];
            unsigned same = 0;
            fill(text, sizeof(text));
            text[at] = 0;
            uint32_t zero = hash_bytes(text, n);
            for (unsigned c = 1; c < 256; c++) {
                text[at] = (unsigned char)c;
                same += hash_bytes(text, n) == zero;
            }
            ck_assert_uint_le(same, 1);
        }
}
END_TEST

/* "a" and "a\0" are two keys: the padding of the last word must not hide the length. */
START_TEST(hash_bytes_length_counts)
{
    static const unsigned char zeros[LONGEST + 1];
    unsigned same = 0;

    for (size_t n = 0; n <= LONGEST; n++)
        for (size_t m = 0; m < n; m++)
            same += hash_bytes(zeros, n) == hash_bytes(zeros, m);
    ck_assert_uint_le(same, 1);
}
END_TEST

START_TEST(hash_bytes_of_nothing)
{
    ck_assert_uint_eq(hash_bytes("", 0), hash_bytes("x", 0));
}
END_TEST

/* Keys that follow one another, as a peer would send them, fill all buckets evenly: uthash takes
 * the low bits. */
START_TEST(hash_bytes_low_bits_spread)
{
    enum { BUCKETS = 64, KEYS = BUCKETS * 256 };
    unsigned counts[BUCKETS] = {0};

    for (unsigned i = 0; i < KEYS; i++)
        counts[hash_bytes(&i, sizeof(i)) % BUCKETS]++;
    /* 256 each; the standard deviation is 16. */
    for (int i = 0; i < BUCKETS; i++) {
        ck_assert_uint_gt(counts[i], 256 - 10 * 16);
        ck_assert_uint_lt(counts[i], 256 + 10 * 16);
    }
}
END_TEST

/* What a process that never hashed before answers: the hashes of some texts. */
static void hash_in_child(uint32_t out[4])
{
    int fds[2];

    ck_assert_int_eq(pipe(fds), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        uint32_t hashes[4] = {hash_bytes("a", 1), hash_bytes("alice", 5), hash_bytes("", 0),
                              hash_bytes("general!", 8)};
        _exit(write(fds[1], hashes, sizeof(hashes)) == (ssize_t)sizeof(hashes) ? 0 : 1);
    }
    close(fds[1]);
    ck_assert_int_eq(read(fds[0], out, 4 * sizeof(*out)), 4 * sizeof(*out));
    close(fds[0]);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
}

START_TEST(hash_bytes_key_is_another_one_in_another_process)
{
    uint32_t one[4];
    uint32_t two[4];

    hash_in_child(one);
    hash_in_child(two);
    ck_assert_mem_ne(one, two, sizeof(one));
}
END_TEST

struct entry {
    UT_hash_handle hh;
    char key[8];
};

START_TEST(hash_is_what_uthash_uses)
{
    struct entry entry = {.key = "alice"};
    struct entry *table = NULL;
    struct entry *found = NULL;

    HASH_ADD(hh, table, key, 5, &entry);
    ck_assert_uint_eq(entry.hh.hashv, hash_bytes("alice", 5));
    HASH_FIND(hh, table, "alice", 5, found);
    ck_assert_ptr_eq(found, &entry);
    HASH_FIND(hh, table, "alicf", 5, found);
    ck_assert_ptr_null(found);
    HASH_DEL(table, &entry);
    ck_assert_ptr_null(table);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("hash");
    TCase *tc = tcase_create("hash");

    tcase_add_test(tc, hash_bytes_same_bytes_same_hash);
    tcase_add_test(tc, hash_bytes_of_any_alignment_is_the_same);
    tcase_add_test(tc, hash_bytes_reads_no_byte_more);
    tcase_add_test(tc, hash_bytes_every_bit_counts);
    tcase_add_test(tc, hash_bytes_every_value_of_a_byte_counts);
    tcase_add_test(tc, hash_bytes_length_counts);
    tcase_add_test(tc, hash_bytes_of_nothing);
    tcase_add_test(tc, hash_bytes_low_bits_spread);
    tcase_add_test(tc, hash_bytes_key_is_another_one_in_another_process);
    tcase_add_test(tc, hash_is_what_uthash_uses);
    suite_add_tcase(s, tc);
    return s;
}
