#include "net/tls.h"

#include "net/outbox.h"
#include "net/tls_context.h"

#include <check.h>
#include <errno.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

Suite *suite(void);

enum { FRAME_BYTES = 100, MANY = 1000 };

static struct tls_context *context;
static struct tls *tls;
static struct outbox out;
static SSL_CTX *peer_context;
static SSL *peer;
static int fds[2];
static char input[TLS_RECORD_BYTES];

/* ---- A certificate ------------------------------------------------------------------------ */

static void write_pem(const char *path, EVP_PKEY *key, X509 *certificate)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
    ck_assert_int_eq(PEM_write_X509(file, certificate), 1);
    ck_assert_int_eq(fclose(file), 0);
}

static void make_certificate(const char *path)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();

    ck_assert_ptr_nonnull(key);
    ck_assert_ptr_nonnull(certificate);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    ck_assert_int_eq(X509_set_pubkey(certificate, key), 1);
    ck_assert_int_gt(X509_sign(certificate, key, EVP_sha256()), 0);
    write_pem(path, key, certificate);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static void load_context(void)
{
    char path[] = "/tmp/chatd-tls-XXXXXX";
    char *paths[] = {path};
    const struct option_value value = {.items = paths, .n_items = 1};
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    close(fd);
    make_certificate(path);
    ck_assert_int_eq(tls_context_new(&value, &value, &context), 0);
    unlink(path);
}

/* ---- Both sides --------------------------------------------------------------------------- */

static void shake_hands(void)
{
    for (int i = 0; i < 10; i++) {
        (void)SSL_do_handshake(peer);
        ck_assert_int_eq(tls_read(tls, input, sizeof(input)), -EAGAIN);
    }
    ck_assert(tls_is_established(tls) && SSL_is_init_finished(peer));
}

static void setup(void)
{
    const int least = 1; /* the system takes its minimum */

    load_context();
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    tls = tls_new(context, fds[0]);
    ck_assert_ptr_nonnull(tls);
    peer_context = SSL_CTX_new(TLS_client_method());
    peer = SSL_new(peer_context);
    ck_assert_int_eq(SSL_set_fd(peer, fds[1]), 1);
    SSL_set_connect_state(peer);
    shake_hands();
    ck_assert_int_eq(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &least, sizeof(least)), 0);
    outbox_init(&out);
}

static void teardown(void)
{
    outbox_deinit(&out);
    tls_free(tls);
    tls_context_unref(context);
    SSL_free(peer);
    SSL_CTX_free(peer_context);
    close(fds[0]);
    close(fds[1]);
}

static void push(char c)
{
    struct frame *frame = frame_new(FRAME_BYTES);

    ck_assert_ptr_nonnull(frame);
    memset(frame->data, c, frame->n);
    ck_assert_int_eq(outbox_push(&out, frame), 0);
    frame_unref(frame);
}

/* A record at the most; answers how much that was. */
static size_t receive(void)
{
    size_t n = 0;

    return SSL_read_ex(peer, input, sizeof(input), &n) == 1 ? n : 0;
}

/* ---- Tests -------------------------------------------------------------------------------- */

/* A short record waits, then longer ones behind it: however much the peer makes room for, what is
 * discarded leaves whole records. */
START_TEST(tls_write_goes_on_behind_what_is_discarded)
{
    size_t n = 0;
    char last = 0;
    int err;

    do
        push('m');
    while (outbox_write(&out, fds[0], tls) == 0);
    for (int i = 0; i < MANY; i++)
        push('m');
    ck_assert_int_eq(outbox_write(&out, fds[0], tls), -EAGAIN);
    for (int i = 0; i < _i; i++)
        n += receive();
    ck_assert_int_eq(outbox_write(&out, fds[0], tls), -EAGAIN);

    outbox_discard(&out, tls_committed(tls));
    push('x');
    do {
        err = outbox_write(&out, fds[0], tls);
        ck_assert(err == 0 || err == -EAGAIN);
        size_t got = receive();
        if (got > 0)
            last = input[got - 1];
        n += got;
    } while (last != 'x');
    ck_assert_int_eq(err, 0);
    ck_assert_uint_eq(n % FRAME_BYTES, 0);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("tls");
    TCase *tc = tcase_create("tls");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, tls_write_goes_on_behind_what_is_discarded, 0, 8);
    suite_add_tcase(s, tc);
    return s;
}
