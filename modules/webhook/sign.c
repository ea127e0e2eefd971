#include "sign.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char prefix[] = "whsec_";

/* EVP_DecodeBlock() counts the padding as bytes. */
static int read_base64(const char *text, struct sign_key *key)
{
    size_t n = strlen(text);

    if (n % 4 != 0 || n / 4 * 3 > sizeof(key->bytes))
        return -EINVAL;
    int decoded = EVP_DecodeBlock(key->bytes, (const unsigned char *)text, (int)n);
    if (decoded < 0)
        return -EINVAL;
    size_t padding = n > 0 && text[n - 1] == '=' ? 1 : 0;
    padding += n > 1 && text[n - 2] == '=' ? 1 : 0;
    key->n = (size_t)decoded - padding;
    return 0;
}

int sign_key_read(const char *text, struct sign_key *key)
{
    if (strncmp(text, prefix, strlen(prefix)) == 0)
        return read_base64(text + strlen(prefix), key);
    key->n = strlen(text);
    if (key->n > sizeof(key->bytes))
        return -EINVAL;
    memcpy(key->bytes, text, key->n);
    return 0;
}

int sign(const struct sign_key *key, const char *id, int64_t seconds, const char *body, size_t n,
         char out[SIGNATURE_BYTES])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_n = 0;
    char head[DELIVERY_ID_BYTES + 24];
    int head_n = snprintf(head, sizeof(head), "%s.%" PRId64 ".", id, seconds);
    unsigned char *text = malloc((size_t)head_n + n);

    if (text == NULL)
        return -ENOMEM;
    memcpy(text, head, (size_t)head_n);
    memcpy(text + head_n, body, n);
    const void *done =
        HMAC(EVP_sha256(), key->bytes, (int)key->n, text, (size_t)head_n + n, digest, &digest_n);
    free(text);
    if (done == NULL)
        return -EIO;
    memcpy(out, "v1,", 3);
    EVP_EncodeBlock((unsigned char *)out + 3, digest, (int)digest_n);
    return 0;
}

void delivery_id_new(char out[DELIVERY_ID_BYTES])
{
    unsigned char bytes[16];

    if (RAND_bytes(bytes, sizeof(bytes)) != 1)
        abort(); /* as the server itself, which cannot do without either */
    memcpy(out, "msg_", 4);
    for (size_t i = 0; i < sizeof(bytes); i++)
        snprintf(out + 4 + 2 * i, 3, "%02x", bytes[i]);
}
