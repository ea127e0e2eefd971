/* The certificates of the TLS ports. */
#ifndef CHATD_NET_TLS_CONTEXT_H
#define CHATD_NET_TLS_CONTEXT_H

#include "base/option.h"

#include <openssl/ssl.h>

struct tls_context;

/* Reads PEM files: the certificates, each with its chain behind it, and in the same order their
 * keys. The first certificate is for peers that name no server or one that none is valid for. What
 * goes wrong is logged with file and line; -EINVAL or -ENOMEM then. The caller has the one
 * reference. */
int tls_context_new(const struct option_value *certificates, const struct option_value *keys,
                    struct tls_context **out);

/* A connection holds the context that it began with, whatever is loaded later. */
struct tls_context *tls_context_ref(struct tls_context *context);
void tls_context_unref(struct tls_context *context);

/* The server's side of a new connection. NULL without memory. */
SSL *tls_context_accept(struct tls_context *context);

#endif
