#include "http/answer.h"

#include "base/counters.h"
#include "base/log.h"
#include "http/response.h"

#include <stdio.h>

enum { EXTRA_MAX = 512 };

/* ---- Requests for files ------------------------------------------------------------------- */

/* A weak entity tag compares by its text (RFC 9110 13.1.2). */
static bool etag_matches(const struct http_request *request, const char *etag)
{
    struct http_list list;
    struct slice tag;

    http_list_init(&list, request, "If-None-Match");
    while (http_list_next(&list, &tag)) {
        if (slice_has_prefix(tag, SLICE("W/")))
            tag = slice_of(tag.p + 2, tag.n - 2);
        if (slice_eq(tag, SLICE("*")) || slice_eq(tag, slice_str(etag)))
            return true;
    }
    return false;
}

static bool reads(const struct http_request *request)
{
    return slice_eq(request->method, SLICE("GET")) || slice_eq(request->method, SLICE("HEAD"));
}

bool http_has_file(struct http_server *server, const struct http_request *request,
                   struct slice path)
{
    return reads(request) && static_find(server->files, path) != NULL;
}

void http_answer_file(struct http_server *server, struct conn *conn,
                      const struct http_request *request, struct slice path, bool keep_alive)
{
    bool head = slice_eq(request->method, SLICE("HEAD"));

    if (!reads(request)) {
        (void)http_respond_error(conn, 405, "only GET and HEAD are served here",
                                 SLICE("Allow: GET, HEAD\r\n"), keep_alive, false);
        return;
    }
    const struct static_file *file = static_find(server->files, path);
    if (file == NULL) {
        (void)http_respond_error(conn, 404, "there is nothing here", SLICE(""), keep_alive, head);
        return;
    }
    bool unchanged = etag_matches(request, file->etag);
    const struct http_response response = {
        .status = unchanged ? 304 : 200,
        .type = unchanged ? SLICE("") : slice_str(file->type),
        .etag = slice_str(file->etag),
        .extra = SLICE("Cache-Control: no-cache\r\n"),
        .body = unchanged ? NULL : file->body,
        .head_only = head,
        .keep_alive = keep_alive,
    };
    (void)http_respond(conn, &response);
}

/* ---- Upgrades ----------------------------------------------------------------------------- */

static bool origin_allowed(const struct http_server *server, const struct http_request *request,
                           bool https, struct slice origin)
{
    const struct option_value *allowed = &server->config->allowed_origins;

    /* Only browsers send it, and only they carry somebody else's intentions. */
    if (origin.p == NULL)
        return true;
    return http_origin_allowed(origin, request->host, https, (const char *const *)allowed->items,
                               allowed->n_items);
}

static void refuse_upgrade(struct conn *conn, const struct http_request *request, int status,
                           const char *why, struct slice extra)
{
    counter_add(COUNT_WS_REFUSED);
    log_debug(conn_name(conn), "upgrade refused: %s (origin %s)", why,
              log_escape(http_request_field(request, "Origin")));
    (void)http_respond_error(conn, status, why, extra, false,
                             slice_eq(request->method, SLICE("HEAD")));
}

bool http_check_upgrade(struct http_server *server, struct conn *conn,
                        const struct http_request *request, bool https,
                        const struct ws_endpoint *endpoint, struct ws_upgrade *upgrade)
{
    int status = ws_upgrade_check(request, upgrade);

    if (status != 0) {
        refuse_upgrade(conn, request, status, upgrade->reason, upgrade->extra);
        return false;
    }
    if (!origin_allowed(server, request, https, upgrade->origin)) {
        refuse_upgrade(conn, request, 403, "this origin is not in allowed_origins", SLICE(""));
        return false;
    }
    bool offers = upgrade->n_protocols > 0 && endpoint->subprotocol != NULL;
    if (offers && !ws_upgrade_offers(request, endpoint->subprotocol)) {
        char why[128];
        snprintf(why, sizeof(why), "the subprotocol supported here is %s", endpoint->subprotocol);
        refuse_upgrade(conn, request, 400, why, SLICE(""));
        return false;
    }
    if (server->shutting_down) {
        refuse_upgrade(conn, request, 503, "the server is going away", SLICE(""));
        return false;
    }
    return true;
}

struct websocket_compression http_accept_upgrade(struct http_server *server, struct conn *conn,
                                                 const struct ws_endpoint *endpoint,
                                                 const struct ws_upgrade *upgrade)
{
    char extensions[WS_DEFLATE_ANSWER_MAX];
    char extra[EXTRA_MAX];
    const struct websocket_compression compression =
        compression_accept(&server->compression, &upgrade->deflate, extensions);
    bool named = upgrade->n_protocols > 0 && endpoint->subprotocol != NULL;
    const char *subprotocol = named ? endpoint->subprotocol : "";

    snprintf(extra, sizeof(extra),
             "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n"
             "%s%s%s%s%s%s",
             upgrade->accept, named ? "Sec-WebSocket-Protocol: " : "", subprotocol,
             named ? "\r\n" : "", extensions[0] != '\0' ? "Sec-WebSocket-Extensions: " : "",
             extensions, extensions[0] != '\0' ? "\r\n" : "");
    const struct http_response response = {.status = 101, .extra = slice_str(extra)};
    (void)http_respond(conn, &response);
    return compression;
}
