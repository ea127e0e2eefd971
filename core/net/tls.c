#include "net/tls.h"

#include <assert.h>
#include <errno.h>
#include <ev.h>
#include <limits.h>
#include <openssl/err.h>
#include <stdlib.h>

struct tls {
    SSL *ssl;
    struct tls_context *context; /* for the choice of the certificate */
    const char *why;             /* it failed */
    size_t committed;
    bool read_wants_write;
    bool write_wants_read;
};

struct tls *tls_new(struct tls_context *context, int fd)
{
    struct tls *tls = calloc(1, sizeof(*tls));

    if (tls == NULL)
        return NULL;
    tls->context = tls_context_ref(context);
    tls->ssl = tls_context_accept(context);
    if (tls->ssl == NULL || SSL_set_fd(tls->ssl, fd) != 1) {
        tls_free(tls);
        return NULL;
    }
    return tls;
}

void tls_free(struct tls *tls)
{
    if (tls == NULL)
        return;
    SSL_free(tls->ssl);
    tls_context_unref(tls->context);
    free(tls);
}

/* After this, SSL_shutdown() and all else is forbidden (SSL_get_error(3)). */
static int fail(struct tls *tls)
{
    unsigned long error = ERR_peek_error();
    const char *reason = ERR_reason_error_string(error);

    tls->why = reason != NULL ? reason : "the peer hung up";
    return ERR_GET_REASON(error) == SSL_R_HTTP_REQUEST ? -EPROTOTYPE : -EPROTO;
}

static ssize_t read_record(struct tls *tls, char *p, size_t n)
{
    size_t got = 0;

    ERR_clear_error();
    if (SSL_read_ex(tls->ssl, p, n, &got) == 1)
        return (ssize_t)got;
    switch (SSL_get_error(tls->ssl, 0)) {
    case SSL_ERROR_WANT_READ:
        return -EAGAIN;
    case SSL_ERROR_WANT_WRITE:
        tls->read_wants_write = true;
        return -EAGAIN;
    case SSL_ERROR_ZERO_RETURN:
        return tls_is_established(tls) ? 0 : fail(tls);
    default:
        return fail(tls);
    }
}

/* Is there a key update to be sent behind a record that is written in part? When the peer asks for
 * a second one before that, OpenSSL tries to send the first in the middle of the record. */
static bool owes_key_update(const struct tls *tls)
{
    return tls->committed > 0 && SSL_get_key_update_type(tls->ssl) != SSL_KEY_UPDATE_NONE;
}

ssize_t tls_read(struct tls *tls, char *p, size_t n)
{
    size_t got = 0;
    ssize_t last = -EAGAIN;

    assert(n >= TLS_RECORD_BYTES);
    if (tls->why != NULL)
        return -EPROTO;
    tls->read_wants_write = owes_key_update(tls);
    if (tls->read_wants_write)
        return -EAGAIN;
    while (n - got >= TLS_RECORD_BYTES) {
        last = read_record(tls, p + got, n - got);
        if (last <= 0)
            break;
        got += (size_t)last;
    }
    return got > 0 ? (ssize_t)got : last;
}

ssize_t tls_write(struct tls *tls, struct slice part)
{
    size_t written = 0;

    if (tls->why != NULL)
        return -EPIPE;
    if (part.n == 0)
        return 0;
    tls->write_wants_read = false;
    ERR_clear_error();
    if (SSL_write_ex(tls->ssl, part.p, part.n, &written) == 1) {
        tls->committed = 0;
        return (ssize_t)written;
    }
    switch (SSL_get_error(tls->ssl, 0)) {
    case SSL_ERROR_WANT_READ:
        tls->write_wants_read = true;
        break;
    case SSL_ERROR_WANT_WRITE:
        break;
    default:
        (void)fail(tls);
        return -EPIPE;
    }
    /* A record that waited may have left, and the next one may have been begun. */
    tls->committed = part.n;
    return -EAGAIN;
}

size_t tls_committed(const struct tls *tls)
{
    return tls->committed;
}

int tls_shutdown(struct tls *tls)
{
    if (tls->why != NULL || !tls_is_established(tls))
        return 0;
    ERR_clear_error();
    int result = SSL_shutdown(tls->ssl);
    return result < 0 && SSL_get_error(tls->ssl, result) == SSL_ERROR_WANT_WRITE ? -EAGAIN : 0;
}

int tls_events(const struct tls *tls, bool reading, bool writing)
{
    int events = 0;

    if (reading)
        events |= tls->read_wants_write ? EV_WRITE : EV_READ;
    if (writing)
        events |= tls->write_wants_read ? EV_READ : EV_WRITE;
    return events;
}

bool tls_is_established(const struct tls *tls)
{
    return SSL_is_init_finished(tls->ssl);
}

bool tls_has_ended(const struct tls *tls)
{
    return tls->why != NULL || (SSL_get_shutdown(tls->ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
}

const char *tls_why(const struct tls *tls)
{
    return tls->why;
}
