/* uthash, with a hash function that peers cannot aim at: names that they choose are keys of our
 * tables, and whoever knew the function could make them all fall into one bucket. Include this
 * instead of <uthash.h>. */
#ifndef CHATD_BASE_HASH_H
#define CHATD_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* SipHash-1-3 (Aumasson and Bernstein, 2012) under a random key that this process made. */
uint32_t hash_bytes(const void *p, size_t n);

#define HASH_FUNCTION(key, n, value) (value) = hash_bytes(key, n)

#include <uthash.h>

#endif
