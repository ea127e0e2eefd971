/* Signatures as the Standard Webhooks specification wants them. */
#ifndef WEBHOOK_SIGN_H
#define WEBHOOK_SIGN_H

#include <stddef.h>
#include <stdint.h>

enum { SIGNATURE_BYTES = 80, KEY_MAX = 128, DELIVERY_ID_BYTES = 40 };

struct sign_key {
    unsigned char bytes[KEY_MAX];
    size_t n;
};

/* From "whsec_" and base64, or any other text, which is the key itself. -EINVAL for what is no
 * base64, or longer than KEY_MAX. */
int sign_key_read(const char *text, struct sign_key *key);

/* "v1," and base64 of HMAC-SHA256(ID.SECONDS.BODY). -EIO when the library fails. */
int sign(const struct sign_key *key, const char *id, int64_t seconds, const char *body, size_t n,
         char out[SIGNATURE_BYTES]);

/* A new "msg_..." that nobody can guess. */
void delivery_id_new(char out[DELIVERY_ID_BYTES]);

#endif
