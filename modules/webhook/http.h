/* POST requests that run on the server's loop. */
#ifndef WEBHOOK_HTTP_H
#define WEBHOOK_HTTP_H

#include <chatd-module.h>

extern const struct chatd_api *chatd;

/* What came back. */
struct http_answer {
    long status;      /* 0: nothing came, and `why` says why */
    const char *why;  /* never NULL */
    const char *body; /* ended by a NUL; cut off beyond the limit */
    size_t n;
    int64_t retry_after_ms; /* 0: not said */
};

typedef void http_done_fn(struct chatd_self *self, const struct http_answer *answer, void *arg);

struct http_call;

struct http_request {
    const char *url;
    const char *body; /* copied */
    size_t n;
    const char *const *headers; /* "name: value", NULL at the end; copied */
    int64_t timeout_ms;
};

/* In start() and stop(). -ENOMEM. `stop` ends all calls without an answer. */
int http_start(struct chatd_self *self);
void http_stop(void);

/* `done` is called later, once, unless http_cancel() comes first. NULL without memory. */
struct http_call *http_post(struct chatd_self *self, const struct http_request *request,
                            http_done_fn *done, void *arg);
void http_cancel(struct http_call *call);

#endif
