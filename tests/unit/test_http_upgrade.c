#include "http/upgrade.h"

#include <check.h>
#include <stdio.h>

Suite *suite(void);

static struct http_parser ps;
static struct buf text;

static void setup(void)
{
    static const struct http_limits limits = {
        .max_line_bytes = 8192, .max_head_bytes = 16384, .max_fields = 100};

    http_parser_init(&ps, &limits);
    buf_init(&text, 65536);
}

static void teardown(void)
{
    http_parser_deinit(&ps);
    buf_deinit(&text);
}

static bool is(struct slice s, const char *expected)
{
    return slice_eq(s, slice_str(expected));
}

static void put(const char *s)
{
    ck_assert_int_eq(buf_append_slice(&text, slice_str(s)), 0);
}

static const struct http_request *parse(void)
{
    const struct http_limits same = ps.limits;
    size_t used;

    http_parser_deinit(&ps);
    http_parser_init(&ps, &same);
    enum http_result result = http_parser_feed(&ps, text.p, text.n, &used);
    ck_assert_msg(result == HTTP_HEAD, "%d %s", ps.status, ps.reason);
    return &ps.request;
}

/* ---- The handshake -------------------------------------------------------------------------- */

#define RFC_KEY "dGhlIHNhbXBsZSBub25jZQ=="

/* The lines of a good handshake. */
static const char *const good[] = {
    "GET /ws HTTP/1.1\r\n",
    "Host: server.example.com\r\n",
    "Upgrade: websocket\r\n",
    "Connection: Upgrade\r\n",
    "Sec-WebSocket-Key: " RFC_KEY "\r\n",
    "Sec-WebSocket-Version: 13\r\n",
};

enum { REQUEST, HOST, UPGRADE, CONNECTION, KEY, VERSION, LINES };

struct change {
    int line;           /* what is replaced, */
    const char *lines;  /* by this */
    int status;         /* 0: the handshake is still good */
    const char *reason; /* NULL: not asked */
};

static const struct http_request *handshake(const struct change *change)
{
    buf_clear(&text);
    for (int i = 0; i < LINES; i++)
        put(change != NULL && change->line == i ? change->lines : good[i]);
    put("\r\n");
    return parse();
}

START_TEST(ws_upgrade_of_the_rfc_gives_its_accept)
{
    struct ws_upgrade upgrade;

    ck_assert_int_eq(ws_upgrade_check(handshake(NULL), &upgrade), 0);
    ck_assert_str_eq(upgrade.accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    ck_assert_ptr_null(upgrade.origin.p);
    ck_assert_uint_eq(upgrade.n_protocols, 0);
    ck_assert_str_eq(upgrade.reason, "");
}
END_TEST

#define V "Sec-WebSocket-Version: "
#define K "Sec-WebSocket-Key: "
#define WANTED "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"

static const struct change changes[] = {
    /* The request line. */
    {REQUEST, "GET / HTTP/1.2\r\n", 0, NULL},
    {REQUEST, "POST /ws HTTP/1.1\r\n", 405, NULL},
    {REQUEST, "HEAD /ws HTTP/1.1\r\n", 405, NULL},
    {REQUEST, "get /ws HTTP/1.1\r\n", 405, NULL},
    {REQUEST, "GET /ws HTTP/1.0\r\n", 400, "a WebSocket needs HTTP/1.1"},
    /* Upgrade and Connection. */
    {UPGRADE, "Upgrade: WebSocket\r\n", 0, NULL},
    {UPGRADE, "upgrade: h2c, WEBSOCKET ,x\r\n", 0, NULL},
    {UPGRADE, "Upgrade: h2c\r\nUpgrade: websocket\r\n", 0, NULL},
    {UPGRADE, "", 426, NULL},
    {UPGRADE, "Upgrade: h2c\r\n", 426, NULL},
    {UPGRADE, "Upgrade: websockets\r\n", 426, NULL},
    {UPGRADE, "Upgrade: web socket\r\n", 426, NULL},
    {UPGRADE, "Upgrade:\r\n", 426, NULL},
    {CONNECTION, "Connection: upgrade\r\n", 0, NULL},
    {CONNECTION, "Connection: keep-alive, Upgrade\r\n", 0, NULL},
    {CONNECTION, "Connection: UPGRADE,keep-alive\r\n", 0, NULL},
    {CONNECTION, "Connection: keep-alive\r\nConnection: upgrade\r\n", 0, NULL},
    {CONNECTION, "", 400, "no upgrade in Connection"},
    {CONNECTION, "Connection: keep-alive\r\n", 400, "no upgrade in Connection"},
    {CONNECTION, "Connection: upgraded\r\n", 400, "no upgrade in Connection"},
    /* The version. */
    {VERSION, V " 13 \r\n", 0, NULL},
    {VERSION, "", 426, NULL},
    {VERSION, V "\r\n", 426, NULL},
    {VERSION, V "12\r\n", 426, NULL},
    {VERSION, V "14\r\n", 426, NULL},
    {VERSION, V "013\r\n", 426, NULL},
    {VERSION, V "13, 8\r\n", 426, NULL},
    {VERSION, V "13\r\n" V "13\r\n", 400, "repeated Sec-WebSocket-Version"},
    {VERSION, V "8\r\n" V "13\r\n", 400, "repeated Sec-WebSocket-Version"},
    /* The key: 16 bytes in base64. */
    {KEY, K "\t" RFC_KEY " \r\n", 0, NULL},
    {KEY, K "AAAAAAAAAAAAAAAAAAAAAA==\r\n", 0, NULL},
    {KEY, K "//////////////////////w==\r\n", 400, "invalid Sec-WebSocket-Key"},
    {KEY, K "++++/////////////////w==\r\n", 0, NULL},
    {KEY, K "azAZ0189azAZ0189azAZ0g==\r\n", 0, NULL},
    {KEY, "", 400, "invalid Sec-WebSocket-Key"},
    {KEY, K "\r\n", 400, "invalid Sec-WebSocket-Key"},
    {KEY, K "dGhlIHNhbXBs\r\n", 400, "invalid Sec-WebSocket-Key"},
    {KEY, K "dGhlIHNhbXBsZSBub25jZQ=\r\n", 400, "invalid Sec-WebSocket-Key"},
    {KEY, K "dGhlIHNhbXBsZSBub25jZQ\r\n", 400, "invalid Sec-WebSocket-Key"},
    {KEY, K "dGhlIHNhbXBsZSBub25jZQ===\r\n", 400, "invalid Sec-WebSocket-Key"},
    {KEY, K "dGhlIHNhbXBsZSBub25jZQAA\r\n", 400, "invalid Sec-WebSocket-Key"}, /* 18 bytes */
    {KEY, K "dGhlIHNhbXBsZSBub25jZQA=\r\n", 400, "invalid Sec-WebSocket-Key"}, /* 17 bytes */
    {KEY, K "dGhlIHNhbXBsZSBub25jZR==\r\n", 400, "invalid Sec-WebSocket-Key"}, /* spare bits */
    {KEY, K "dGhlIHNhbXBsZSBub25jZY==\r\n", 400, "invalid Sec-WebSocket-Key"},
    {KEY, K "dGhlIHNhbXBsZSBub25j=Q==\r\n", 400, "invalid Sec-WebSocket-Key"},
    {KEY, K "dGhl IHNhbXBsZSBub25jZ==\r\n", 400, "invalid Sec-WebSocket-Key"},
    {KEY, K "*!*!*!*!*!*!*!*!*!*!*!==\r\n", 400, "invalid Sec-WebSocket-Key"},
    {KEY, K "dGhlIHNhbXBsZSBub25j-Q==\r\n", 400, "invalid Sec-WebSocket-Key"},
    {KEY, K "dGhlIHNhbXBsZSBub25j_Q==\r\n", 400, "invalid Sec-WebSocket-Key"},
    {KEY, K RFC_KEY "\r\n" K RFC_KEY "\r\n", 400, "repeated Sec-WebSocket-Key"},
    {KEY, K RFC_KEY ", " RFC_KEY "\r\n", 400, "invalid Sec-WebSocket-Key"},
    /* Bodies, origins. */
    {HOST, "Host: x\r\nContent-Length: 0\r\n", 0, NULL},
    {HOST, "Host: x\r\nContent-Length: 1\r\n", 400, "a WebSocket handshake has no body"},
    {HOST, "Host: x\r\nTransfer-Encoding: chunked\r\n", 400, "a WebSocket handshake has no body"},
    {HOST, "Host: x\r\nOrigin: http://x\r\n", 0, NULL},
    {HOST, "Host: x\r\nOrigin: http://x\r\nOrigin: http://y\r\n", 400, "repeated Origin"},
    {HOST, "Host: x\r\nSec-WebSocket-Extensions: permessage-deflate; a=b, x\r\n", 0, NULL},
    /* Subprotocols: tokens, none twice. */
    {HOST, "Host: x\r\nSec-WebSocket-Protocol: a\r\n", 0, NULL},
    {HOST, "Host: x\r\nSec-WebSocket-Protocol: a ,b, A\r\n", 0, NULL},
    {HOST, "Host: x\r\nSec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b\r\n", 0, NULL},
    {HOST, "Host: x\r\nSec-WebSocket-Protocol:\r\n", 400, "malformed Sec-WebSocket-Protocol"},
    {HOST, "Host: x\r\nSec-WebSocket-Protocol: a,,b\r\n", 400, "malformed Sec-WebSocket-Protocol"},
    {HOST, "Host: x\r\nSec-WebSocket-Protocol: a,\r\n", 400, "malformed Sec-WebSocket-Protocol"},
    {HOST, "Host: x\r\nSec-WebSocket-Protocol: ,a\r\n", 400, "malformed Sec-WebSocket-Protocol"},
    {HOST, "Host: x\r\nSec-WebSocket-Protocol: a b\r\n", 400, "malformed Sec-WebSocket-Protocol"},
    {HOST, "Host: x\r\nSec-WebSocket-Protocol: a/b\r\n", 400, "malformed Sec-WebSocket-Protocol"},
    {HOST, "Host: x\r\nSec-WebSocket-Protocol: a, b, a\r\n", 400, "repeated subprotocol"},
    {HOST, "Host: x\r\nSec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: a\r\n", 400,
     "repeated subprotocol"},
};

START_TEST(ws_upgrade_changed_handshake_as_expected)
{
    const struct change *change = &changes[_i];
    struct ws_upgrade upgrade;

    int status = ws_upgrade_check(handshake(change), &upgrade);
    ck_assert_msg(status == change->status, "%d %s", status, upgrade.reason);
    if (change->reason != NULL)
        ck_assert_str_eq(upgrade.reason, change->reason);
    ck_assert((upgrade.reason[0] == '\0') == (status == 0));
    ck_assert_uint_eq(strlen(upgrade.accept), status == 0 ? WS_ACCEPT_BYTES : 0);
    ck_assert(is(upgrade.extra, status == 426 ? WANTED : status == 405 ? "Allow: GET\r\n" : ""));
}
END_TEST

START_TEST(ws_upgrade_accept_depends_on_the_key)
{
    static const struct change other = {KEY, K "x3JJHMbDL1EzLkh9GBhXDw==\r\n", 0, NULL};
    struct ws_upgrade upgrade;

    ck_assert_int_eq(ws_upgrade_check(handshake(&other), &upgrade), 0);
    ck_assert_str_eq(upgrade.accept, "HSmrc0sMlYUkAGmm5OPpG2HaGWk=");
}
END_TEST

START_TEST(ws_upgrade_origin_is_the_clients)
{
    static const struct change with = {HOST, "Host: x\r\nOrigin:  null \r\n", 0, NULL};
    static const struct change empty = {HOST, "Host: x\r\nOrigin:\r\n", 0, NULL};
    struct ws_upgrade upgrade;

    ck_assert_int_eq(ws_upgrade_check(handshake(&with), &upgrade), 0);
    ck_assert(is(upgrade.origin, "null"));
    ck_assert_int_eq(ws_upgrade_check(handshake(&empty), &upgrade), 0);
    ck_assert_uint_eq(upgrade.origin.n, 0);
    ck_assert_ptr_nonnull(upgrade.origin.p); /* sent, and nothing that any list allows */
}
END_TEST

START_TEST(ws_upgrade_offers_what_any_line_lists)
{
    static const struct change with = {
        HOST,
        "Host: x\r\nSec-WebSocket-Protocol: chatd.v9 ,chatd.v1\r\nsec-websocket-protocol:x\r\n", 0,
        NULL};
    struct ws_upgrade upgrade;

    const struct http_request *request = handshake(&with);
    ck_assert_int_eq(ws_upgrade_check(request, &upgrade), 0);
    ck_assert_uint_eq(upgrade.n_protocols, 3);
    ck_assert(ws_upgrade_offers(request, "chatd.v9"));
    ck_assert(ws_upgrade_offers(request, "chatd.v1"));
    ck_assert(ws_upgrade_offers(request, "x"));
    ck_assert(!ws_upgrade_offers(request, "CHATD.V1"));
    ck_assert(!ws_upgrade_offers(request, "chatd.v"));
    ck_assert(!ws_upgrade_offers(handshake(NULL), "chatd.v1"));
}
END_TEST

/* 32 are taken, one more is not: they are compared each with each. */
START_TEST(ws_upgrade_subprotocols_are_limited)
{
    char line[1024] = "Host: x\r\nSec-WebSocket-Protocol: p0";
    struct change with = {HOST, line, 0, NULL};
    struct ws_upgrade upgrade;
    size_t n = strlen(line);

    for (int i = 1; i <= 32; i++) {
        memcpy(line + n, "\r\n", sizeof("\r\n"));
        ck_assert_int_eq(ws_upgrade_check(handshake(&with), &upgrade), 0);
        ck_assert_uint_eq(upgrade.n_protocols, (size_t)i);
        n += (size_t)snprintf(line + n, sizeof(line) - n, ",p%d", i);
    }
    memcpy(line + n, "\r\n", sizeof("\r\n"));
    ck_assert_int_eq(ws_upgrade_check(handshake(&with), &upgrade), 400);
    ck_assert_str_eq(upgrade.reason, "too many subprotocols");
}
END_TEST

/* ---- Origins ------------------------------------------------------------------------------ */

static const struct {
    const char *allowed; /* one entry */
    const char *origin;
    const char *host;
    bool tls;
    bool expected;
} origins[] = {
    {"*", "http://evil.example", "x", false, true},
    {"*", "null", "x", false, true},
    {"*", "", "", false, true},
    /* The same. */
    {"same", "http://a.example", "a.example", false, true},
    {"same", "http://a.example:8080", "a.example:8080", false, true},
    {"same", "HTTP://A.Example", "a.eXAMPLE", false, true},
    {"same", "http://a.example", "a.example:80", false, true},
    {"same", "http://a.example:80", "a.example", false, true},
    {"same", "http://a.example:", "a.example:080", false, true},
    {"same", "http://[::1]:8080", "[::1]:8080", false, true},
    {"same", "http://127.0.0.1:9000", "127.0.0.1:9000", false, true},
    /* TLS that ends at a proxy. */
    {"same", "https://a.example", "a.example", false, true},
    {"same", "https://a.example", "a.example:443", false, true},
    {"same", "https://a.example", "a.example:80", false, false},
    {"same", "http://a.example", "a.example:443", false, false},
    /* TLS that ends here. */
    {"same", "https://a.example", "a.example", true, true},
    {"same", "https://a.example:443", "a.example", true, true},
    {"same", "https://a.example:8443", "a.example:8443", true, true},
    {"same", "http://a.example", "a.example", true, false},
    {"same", "http://a.example:443", "a.example", true, false},
    {"same", "http://a.example:8443", "a.example:8443", true, false},
    {"same", "https://a.example:80", "a.example", true, false},
    /* Another one. */
    {"same", "http://b.example", "a.example", false, false},
    {"same", "http://a.example:81", "a.example", false, false},
    {"same", "http://a.example", "a.example:81", false, false},
    {"same", "http://a.example:0", "a.example", false, false},
    {"same", "http://a.example", "a.example:0", false, false},
    {"same", "http://a.example.evil", "a.example", false, false},
    {"same", "http://evil.a.example", "a.example", false, false},
    {"same", "http://a.example:80.evil", "a.example", false, false},
    {"same", "http://evil/a.example", "a.example", false, false},
    {"same", "http://a.example/", "a.example", false, false},
    {"same", "http://a.example/path", "a.example", false, false},
    {"same", "http://user@a.example", "a.example", false, false},
    {"same", "http://a.example, http://a.example", "a.example", false, false},
    {"same", "a.example", "a.example", false, false},
    {"same", "//a.example", "a.example", false, false},
    {"same", "ws://a.example", "a.example", false, false},
    {"same", "file://", "", false, false},
    {"same", "http://", "", false, false},
    {"same", "http://:80", ":80", false, false},
    {"same", "null", "null", false, false},
    {"same", "", "", false, false},
    {"same", "same", "same", false, false},
    {"same", "http://a b", "a b", false, false},
    /* As it is written. */
    {"https://chat.example", "https://chat.example", "x", false, true},
    {"https://chat.example", "HTTPS://CHAT.example", "x", true, true},
    {"http://a.example:8000", "http://a.example:8000", "x", false, true},
    {"https://chat.example", "http://chat.example", "x", false, false},
    {"https://chat.example", "https://chat.example:443", "x", false, false},
    {"https://chat.example", "https://chat.example:444", "x", false, false},
    {"https://chat.example", "https://sub.chat.example", "x", false, false},
    {"https://chat.example", "https://chat.example.evil", "x", false, false},
    {"https://chat.example", "https://chat.exampl", "x", false, false},
    {"https://chat.example", "null", "x", false, false},
    {"https://chat.example", "http://x", "x", false, false},
    {"null", "null", "x", false, true},
    {"*.example", "https://chat.example", "x", false, false},
};

START_TEST(http_origin_allowed_by_one_entry)
{
    const char *const allowed[] = {origins[_i].allowed};

    ck_assert(http_origin_allowed(slice_str(origins[_i].origin), slice_str(origins[_i].host),
                                  origins[_i].tls, allowed, 1) == origins[_i].expected);
}
END_TEST

START_TEST(http_origin_allowed_by_any_entry)
{
    static const char *const allowed[] = {"https://a.example", "same", "https://b.example"};
    struct slice host = SLICE("c.example");

    ck_assert(http_origin_allowed(SLICE("https://a.example"), host, false, allowed, 3));
    ck_assert(http_origin_allowed(SLICE("https://b.example"), host, false, allowed, 3));
    ck_assert(http_origin_allowed(SLICE("http://c.example"), host, false, allowed, 3));
    ck_assert(!http_origin_allowed(SLICE("https://d.example"), host, false, allowed, 3));
    ck_assert(!http_origin_allowed(SLICE("https://b.example"), host, false, allowed, 2));
    ck_assert(!http_origin_allowed(SLICE("https://a.example"), host, false, allowed, 0));
    ck_assert(
        !http_origin_allowed(SLICE("http://c.example"), slice_of(NULL, 0), false, allowed, 3));
}
END_TEST

/* ---- Suite -------------------------------------------------------------------------------- */

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

Suite *suite(void)
{
    Suite *s = suite_create("http_upgrade");
    TCase *upgrade = tcase_create("upgrade");
    TCase *origin = tcase_create("origin");

    tcase_add_checked_fixture(upgrade, setup, teardown);
    tcase_add_test(upgrade, ws_upgrade_of_the_rfc_gives_its_accept);
    tcase_add_loop_test(upgrade, ws_upgrade_changed_handshake_as_expected, 0, COUNT(changes));
    tcase_add_test(upgrade, ws_upgrade_accept_depends_on_the_key);
    tcase_add_test(upgrade, ws_upgrade_origin_is_the_clients);
    tcase_add_test(upgrade, ws_upgrade_offers_what_any_line_lists);
    tcase_add_test(upgrade, ws_upgrade_subprotocols_are_limited);
    suite_add_tcase(s, upgrade);

    tcase_add_loop_test(origin, http_origin_allowed_by_one_entry, 0, COUNT(origins));
    tcase_add_test(origin, http_origin_allowed_by_any_entry);
    suite_add_tcase(s, origin);
    return s;
}
