#include "http/upgrade.h"

#include "http/extensions.h"

#include <openssl/evp.h>

/* RFC 6455 1.3. */
static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

enum {
    KEY_BYTES = 24,     /* 16 bytes in base64 */
    PROTOCOLS_MAX = 32, /* that a client may offer: each is compared with each */
    SHA1_BYTES = 20,
};

/* ---- Key ---------------------------------------------------------------------------------- */

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Exactly 16 bytes in canonical base64: 22 digits, the last of which has four bits that do not
 * count and must be zero, and the padding (RFC 4648 3.5, 4). */
static bool is_key(struct slice key)
{
    if (key.n != KEY_BYTES || !slice_has_suffix(key, SLICE("==")))
        return false;
    for (size_t i = 0; i < KEY_BYTES - 2; i++)
        if (base64_value(key.p[i]) < 0)
            return false;
    return (base64_value(key.p[KEY_BYTES - 3]) & 0x0f) == 0;
}

/* RFC 6455 4.2.2, item 5.4. */
static bool make_accept(struct slice key, char out[WS_ACCEPT_BYTES + 1])
{
    unsigned char text[KEY_BYTES + sizeof(guid) - 1];
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned char encoded[WS_ACCEPT_BYTES + 1];

    memcpy(text, key.p, KEY_BYTES);
    memcpy(text + KEY_BYTES, guid, sizeof(guid) - 1);
    if (EVP_Digest(text, sizeof(text), digest, NULL, EVP_sha1(), NULL) != 1)
        return false;
    EVP_EncodeBlock(encoded, digest, SHA1_BYTES);
    memcpy(out, encoded, sizeof(encoded));
    return true;
}

/* ---- Subprotocols ------------------------------------------------------------------------- */

static const char protocols[] = "Sec-WebSocket-Protocol";

bool ws_upgrade_offers(const struct http_request *request, const char *protocol)
{
    struct http_list list;
    struct slice offered;

    http_list_init(&list, request, protocols);
    while (http_list_next(&list, &offered))
        if (slice_eq(offered, slice_str(protocol)))
            return true;
    return false;
}

/* RFC 6455 4.1, item 10: tokens, all of them different. NULL, or what is wrong. */
static const char *check_protocols(const struct http_request *request, size_t *n)
{
    struct slice seen[PROTOCOLS_MAX];
    struct http_list list;
    struct slice protocol;
    size_t count = 0;

    http_list_init(&list, request, protocols);
    while (http_list_next(&list, &protocol)) {
        if (!http_is_token(protocol))
            return "malformed Sec-WebSocket-Protocol";
        if (count == PROTOCOLS_MAX)
            return "too many subprotocols";
        for (size_t i = 0; i < count; i++)
            if (slice_eq(seen[i], protocol))
                return "repeated subprotocol";
        seen[count++] = protocol;
    }
    *n = count;
    return NULL;
}

/* ---- Extensions --------------------------------------------------------------------------- */

static void prefer(struct ws_deflate_offer *chosen, const struct ws_deflate_offer *offer)
{
    if (!chosen->valid)
        *chosen = *offer;
}

/* The offers of one field. False when it is malformed. */
static bool read_extensions(struct slice field, struct ws_deflate_offer *chosen, size_t *n)
{
    struct ws_deflate_offer offer = {0};
    struct extensions extensions;
    enum extension_item item;

    extensions_init(&extensions, field);
    do {
        item = extensions_next(&extensions);
        if (item == EXTENSION_PARAM) {
            ws_deflate_offer_param(&offer, extensions.name, extensions.value);
            continue;
        }
        prefer(chosen, &offer);
        if (item == EXTENSION_NAME) {
            ws_deflate_offer_init(&offer, extensions.name);
            (*n)++;
        }
    } while (item == EXTENSION_NAME || item == EXTENSION_PARAM);
    return item == EXTENSION_END;
}

/* RFC 6455 9.1. NULL, or what is wrong. */
static const char *check_extensions(const struct http_request *request,
                                    struct ws_deflate_offer *chosen)
{
    const char *name = "Sec-WebSocket-Extensions";
    const struct http_field *field = http_field_find(request, name, NULL);
    bool good = true;
    size_t n = 0;

    if (field == NULL)
        return NULL;
    for (; good && field != NULL; field = http_field_find(request, name, field))
        good = read_extensions(field->value, chosen, &n);
    return good && n > 0 ? NULL : "malformed Sec-WebSocket-Extensions";
}

/* ---- Request ------------------------------------------------------------------------------ */

static int refuse(struct ws_upgrade *out, int status, const char *reason, const char *extra)
{
    out->reason = reason;
    out->extra = slice_str(extra);
    return status;
}

static int check_version(const struct http_request *request, struct ws_upgrade *out)
{
    static const char extra[] = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";

    if (!http_field_has_token(request, "Upgrade", "websocket"))
        return refuse(out, 426, "WebSocket connections only", extra);
    if (!http_field_has_token(request, "Connection", "upgrade"))
        return refuse(out, 400, "no upgrade in Connection", "");
    if (http_field_count(request, "Sec-WebSocket-Version") > 1)
        return refuse(out, 400, "repeated Sec-WebSocket-Version", "");
    if (!slice_eq(http_request_field(request, "Sec-WebSocket-Version"), SLICE("13")))
        return refuse(out, 426, "WebSocket version 13 only", extra);
    return 0;
}

static int check_fields(const struct http_request *request, struct ws_upgrade *out)
{
    struct slice key = http_request_field(request, "Sec-WebSocket-Key");

    if (http_field_count(request, "Sec-WebSocket-Key") > 1)
        return refuse(out, 400, "repeated Sec-WebSocket-Key", "");
    if (!is_key(key))
        return refuse(out, 400, "invalid Sec-WebSocket-Key", "");
    if (http_field_count(request, "Origin") > 1)
        return refuse(out, 400, "repeated Origin", "");
    const char *wrong = check_protocols(request, &out->n_protocols);
    if (wrong == NULL)
        wrong = check_extensions(request, &out->deflate);
    if (wrong != NULL)
        return refuse(out, 400, wrong, "");
    out->origin = http_request_field(request, "Origin");
    if (!make_accept(key, out->accept))
        return refuse(out, 500, "no SHA-1", "");
    return 0;
}

int ws_upgrade_check(const struct http_request *request, struct ws_upgrade *out)
{
    *out = (struct ws_upgrade){.reason = "", .extra = SLICE("")};
    if (!slice_eq(request->method, SLICE("GET")))
        return refuse(out, 405, "a WebSocket is opened with GET", "Allow: GET\r\n");
    if (request->minor == 0)
        return refuse(out, 400, "a WebSocket needs HTTP/1.1", "");
    if (http_request_has_body(request))
        return refuse(out, 400, "a WebSocket handshake has no body", "");
    int status = check_version(request, out);
    return status != 0 ? status : check_fields(request, out);
}

/* ---- Origin ------------------------------------------------------------------------------- */

/* Cuts scheme:// off; the port that the scheme implies, 0 when it is neither http nor https. */
static int cut_scheme(struct slice *origin)
{
    static const struct {
        struct slice prefix;
        int port;
    } schemes[] = {{SLICE_INIT("http://"), 80}, {SLICE_INIT("https://"), 443}};

    for (size_t i = 0; i < 2; i++) {
        size_t n = schemes[i].prefix.n;
        if (origin->n < n || !slice_ieq(slice_of(origin->p, n), schemes[i].prefix))
            continue;
        *origin = slice_of(origin->p + n, origin->n - n);
        return schemes[i].port;
    }
    return 0;
}

static bool is_same_origin(struct slice origin, struct slice host, bool tls)
{
    struct slice origin_host;
    struct slice own_host;
    int origin_port;
    int own_port;
    int scheme_port = cut_scheme(&origin);

    if (scheme_port == 0 || (tls && scheme_port != 443))
        return false;
    if (!http_authority_split(origin, &origin_host, &origin_port) ||
        !http_authority_split(host, &own_host, &own_port) || own_host.n == 0)
        return false;
    if (origin_port < 0)
        origin_port = scheme_port;
    if (own_port < 0)
        own_port = scheme_port; /* over TLS, that is 443 */
    return origin_port == own_port && slice_ieq(origin_host, own_host);
}

bool http_origin_allowed(struct slice origin, struct slice host, bool tls,
                         const char *const *allowed, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct slice entry = slice_str(allowed[i]);
        if (slice_eq(entry, SLICE("*")))
            return true;
        bool same = slice_eq(entry, SLICE("same"));
        if (same ? is_same_origin(origin, host, tls) : slice_ieq(origin, entry))
            return true;
    }
    return false;
}
