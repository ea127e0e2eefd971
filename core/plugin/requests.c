#include "plugin/requests.h"

#include "base/log.h"
#include "plugin/module.h"

#include <stdlib.h>

struct hub *requests_hub(const struct http_exchange *exchange)
{
    const struct plugins *plugins = exchange->server->ops_arg;

    return plugins->hub;
}

/* ---- Life --------------------------------------------------------------------------------- */

struct chatd_request *requests_of(struct http_exchange *exchange)
{
    struct chatd_request *request = exchange->data;

    if (request != NULL)
        return request;
    request = calloc(1, sizeof(*request));
    if (request == NULL)
        return NULL;
    request->exchange = exchange;
    request->id = idmap_add(&requests_hub(exchange)->ids, ID_REQUEST, request);
    if (request->id == 0) {
        free(request);
        return NULL;
    }
    exchange->data = request;
    return request;
}

void requests_end_id(struct chatd_request *request)
{
    idmap_remove(&requests_hub(request->exchange)->ids, request->id);
}

void requests_end(struct http_exchange *exchange)
{
    struct chatd_request *request = exchange->data;

    hub_forget(requests_hub(exchange), &request->subject);
    requests_end_id(request);
    free(request);
    exchange->data = NULL;
}

/* ---- The filters -------------------------------------------------------------------------- */

static void log_denial(const struct chatd_request *request)
{
    const struct denial *denial = &request->denial;
    const struct http_exchange *exchange = request->exchange;
    struct hub *hub = requests_hub(exchange);

    if (log_may_repeat(&hub->next_denial_ms, loop_now_ms(hub->loop)))
        log_info(conn_name(exchange->conn), "request %s: %s denied: %s (%s)",
                 log_escape(buf_slice(&exchange->path)), denial->by,
                 log_escape(slice_str(denial->text)), denial->code);
}

static void on_decided(struct subject *subject, enum verdict verdict)
{
    struct chatd_request *request = (struct chatd_request *)subject;

    switch (verdict) {
    case VERDICT_PASS:
    case VERDICT_ACCEPT:
        http_request_continue(request->exchange, HTTP_PASS, "");
        break;
    case VERDICT_DENY:
        log_denial(request);
        http_request_continue(request->exchange, HTTP_DENY, request->denial.text);
        break;
    case VERDICT_DROP:
        http_request_continue(request->exchange, HTTP_DROP, "");
        break;
    case VERDICT_PENDING:
        break;
    }
}

void requests_judge(struct http_exchange *exchange)
{
    struct hub *hub = requests_hub(exchange);

    if (!hub_hooked(hub, HOOK_REQUEST)) {
        http_request_continue(exchange, HTTP_PASS, "");
        return;
    }
    struct chatd_request *request = requests_of(exchange);
    if (request == NULL) {
        http_exchange_abandon(exchange, "out of memory", false);
        return;
    }
    request->subject = (struct subject){
        .point = HOOK_REQUEST,
        .denial = &request->denial,
        .decided = on_decided,
    };
    hub_enter(hub);
    on_decided(&request->subject, hub_filter(hub, &request->subject));
    hub_leave(hub);
}
