#include "net/tls_context.h"

#include "base/log.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <sys/stat.h>

struct tls_context {
    unsigned refs;
    size_t n;
    SSL_CTX *pairs[]; /* a certificate and its key each; the first is the default */
};

/* ---- What every connection agrees on ------------------------------------------------------ */

/* Forward secrecy and AEAD; what TLS 1.3 has is all of this kind. */
static const char tls12_ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

/* RFC 7301 3.1. Peers that offer other protocols only are served HTTP/1.1 all the same. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_n,
                           const unsigned char *offer, unsigned offer_n, void *arg)
{
    static const unsigned char own[] = "\x08http/1.1";
    unsigned char *chosen = NULL;

    (void)ssl;
    (void)arg;
    if (SSL_select_next_proto(&chosen, out_n, own, sizeof(own) - 1, offer, offer_n) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

/* RFC 6066 3: the first certificate that is valid for the name. */
static int choose_certificate(SSL *ssl, int *alert, void *arg)
{
    const struct tls_context *context = arg;
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

    (void)alert;
    if (name == NULL)
        return SSL_TLSEXT_ERR_NOACK;
    for (size_t i = 0; i < context->n; i++) {
        X509 *certificate = SSL_CTX_get0_certificate(context->pairs[i]);
        if (X509_check_host(certificate, name, 0, 0, NULL) == 1)
            return SSL_set_SSL_CTX(ssl, context->pairs[i]) != NULL ? SSL_TLSEXT_ERR_OK
                                                                   : SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    return SSL_TLSEXT_ERR_NOACK;
}

/* Nobody is there to type it. */
static int no_password(char *p, int n, int writing, void *arg)
{
    (void)p;
    (void)n;
    (void)writing;
    (void)arg;
    return -1;
}

static SSL_CTX *pair_new(struct tls_context *context)
{
    static const unsigned char sessions[] = "chatd";
    SSL_CTX *pair = SSL_CTX_new(TLS_server_method());

    if (pair == NULL)
        return NULL;
    if (SSL_CTX_set_min_proto_version(pair, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(pair, tls12_ciphers) != 1 ||
        SSL_CTX_set_session_id_context(pair, sessions, sizeof(sessions) - 1) != 1) {
        SSL_CTX_free(pair);
        return NULL;
    }
    /* A peer that just hangs up is one that closed: both protocols above tell whole messages from
     * cut ones. */
    SSL_CTX_set_options(pair, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                  SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(pair, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                               SSL_MODE_RELEASE_BUFFERS);
    /* One call handles one record, so that no stream of key updates holds the loop. */
    SSL_CTX_clear_mode(pair, SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_session_cache_mode(pair, SSL_SESS_CACHE_OFF); /* tickets need no memory here */
    SSL_CTX_set_default_passwd_cb(pair, no_password);
    SSL_CTX_set_alpn_select_cb(pair, choose_protocol, NULL);
    SSL_CTX_set_tlsext_servername_callback(pair, choose_certificate);
    SSL_CTX_set_tlsext_servername_arg(pair, context);
    return pair;
}

/* ---- Loading ------------------------------------------------------------------------------ */

/* OpenSSL's first error is the cause, those behind it say who was concerned. */
static int complain(const struct option_value *option, const char *name, const char *path)
{
    unsigned long error = ERR_peek_error();
    const char *reason =
        ERR_SYSTEM_ERROR(error) ? strerror(ERR_GET_REASON(error)) : ERR_reason_error_string(error);

    log_error(option->where, "%s: %s: %s", name, log_escape(slice_str(path)),
              reason != NULL ? reason : "cannot be read");
    ERR_clear_error();
    return -EINVAL;
}

static void warn_of_dates(const SSL_CTX *pair, const char *where, const char *path)
{
    const X509 *certificate = SSL_CTX_get0_certificate(pair);

    if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
        log_warn(where, "tls_certificate: %s: the certificate has expired",
                 log_escape(slice_str(path)));
    else if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0)
        log_warn(where, "tls_certificate: %s: the certificate is not valid yet",
                 log_escape(slice_str(path)));
}

static void warn_of_readers(const char *where, const char *path)
{
    struct stat st;

    if (stat(path, &st) == 0 && (st.st_mode & S_IROTH) != 0)
        log_warn(where, "tls_key: %s: everybody on this machine can read it",
                 log_escape(slice_str(path)));
}

static int load_pair(struct tls_context *context, const struct option_value *certificates,
                     const struct option_value *keys, size_t i)
{
    const char *certificate = certificates->items[i];
    const char *key = keys->items[i];
    SSL_CTX *pair = pair_new(context);

    if (pair == NULL)
        return -ENOMEM;
    context->pairs[context->n++] = pair;
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(pair, certificate) != 1)
        return complain(certificates, "tls_certificate", certificate);
    if (SSL_CTX_use_PrivateKey_file(pair, key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(pair) != 1)
        return complain(keys, "tls_key", key);
    warn_of_dates(pair, certificates->where, certificate);
    warn_of_readers(keys->where, key);
    return 0;
}

int tls_context_new(const struct option_value *certificates, const struct option_value *keys,
                    struct tls_context **out)
{
    size_t n = certificates->n_items;
    int result = 0;

    if (n != keys->n_items) {
        log_error(n > 0 ? certificates->where : keys->where,
                  "tls_certificate has %zu files and tls_key %zu", n, keys->n_items);
        return -EINVAL;
    }
    struct tls_context *context = calloc(1, sizeof(*context) + n * sizeof(context->pairs[0]));
    if (context == NULL)
        return -ENOMEM;
    context->refs = 1;
    for (size_t i = 0; i < n; i++) {
        int err = load_pair(context, certificates, keys, i);
        if (err != 0)
            result = err;
    }
    if (result != 0)
        tls_context_unref(context);
    else
        *out = context;
    return result;
}

struct tls_context *tls_context_ref(struct tls_context *context)
{
    context->refs++;
    return context;
}

void tls_context_unref(struct tls_context *context)
{
    if (context == NULL || --context->refs > 0)
        return;
    for (size_t i = 0; i < context->n; i++)
        SSL_CTX_free(context->pairs[i]);
    free(context);
}

SSL *tls_context_accept(struct tls_context *context)
{
    SSL *ssl = SSL_new(context->pairs[0]);

    if (ssl != NULL)
        SSL_set_accept_state(ssl);
    return ssl;
}
