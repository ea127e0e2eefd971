#include "base/hash.h"

#include "base/random.h"

#include <stdbool.h>
#include <string.h>

struct state {
    uint64_t v[4];
};

static const uint64_t *secret(void)
{
    static uint64_t key[2];
    static bool made;

    if (!made) {
        random_bytes(key, sizeof(key));
        made = true;
    }
    return key;
}

static uint64_t rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static void mix(struct state *s)
{
    uint64_t *v = s->v;

    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] = rotate(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] = rotate(v[2], 32);
}

static void absorb(struct state *s, uint64_t word)
{
    s->v[3] ^= word;
    mix(s);
    s->v[0] ^= word;
}

/* Up to eight bytes, the first one lowest. */
static uint64_t load(const unsigned char *p, size_t n)
{
    uint64_t word = 0;

    for (size_t i = 0; i < n; i++)
        word |= (uint64_t)p[i] << (8 * i);
    return word;
}

uint32_t hash_bytes(const void *p, size_t n)
{
    const unsigned char *bytes = p;
    const uint64_t *key = secret();
    struct state s = {{
        key[0] ^ UINT64_C(0x736f6d6570736575),
        key[1] ^ UINT64_C(0x646f72616e646f6d),
        key[0] ^ UINT64_C(0x6c7967656e657261),
        key[1] ^ UINT64_C(0x7465646279746573),
    }};
    size_t at = 0;

    for (; n - at >= 8; at += 8)
        absorb(&s, load(bytes + at, 8));
    absorb(&s, load(bytes + at, n - at) | (uint64_t)n << 56);
    s.v[2] ^= 0xff;
    for (int i = 0; i < 3; i++)
        mix(&s);
    uint64_t hash = s.v[0] ^ s.v[1] ^ s.v[2] ^ s.v[3];
    return (uint32_t)(hash ^ hash >> 32);
}
