/* HTTP requests as modules see them, and the filters of CHATD_HOOK_REQUEST. */
#ifndef CHATD_PLUGIN_REQUESTS_H
#define CHATD_PLUGIN_REQUESTS_H

#include "chat/hub.h"
#include "http/exchange.h"

/* A request, for modules. It is the exchange's data, and ends with it. */
struct chatd_request {
    struct subject subject; /* for the filters */
    struct denial denial;
    struct task task; /* the end of the exchange, after the answer */
    struct http_exchange *exchange;
    struct chatd_self *self; /* who is to answer; NULL: nobody */
    uint64_t id;             /* names it until it is answered */
};

struct hub *requests_hub(const struct http_exchange *exchange);

/* The request of this exchange, which may be new; NULL without memory. */
struct chatd_request *requests_of(struct http_exchange *exchange);

/* From now on its id names nothing. */
void requests_end_id(struct chatd_request *request);

/* For struct http_server_ops: on_arrived and on_end. */
void requests_judge(struct http_exchange *exchange);
void requests_end(struct http_exchange *exchange);

#endif
