/*
 * Filters requests by their field X-Gate: deny, drop, accept, strange, twice (a denial with a
 * reason after a respond() that must fail), late (until a request of /resume?VERDICT). Serves
 * /open.
 */
#include "chatd-module.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct chatd_api *chatd;
static const struct chatd_http_api *http;

static chatd_id token;

static int on_filter(struct chatd_self *self, struct chatd_request *request)
{
    const char *what = http->header(request, "X-Gate").p;

    chatd->log(self, CHATD_LOG_INFO, "asked: %s %s [%s] %zu from %s", http->method(request).p,
               http->path(request).p, what, http->body(request).n, http->address(request).p);
    if (strcmp(what, "deny") == 0)
        return CHATD_DENY;
    if (strcmp(what, "reason") == 0) {
        if (http->respond(self, request, 200, NULL, "", 0) != -EPERM ||
            http->upgrade(self, request) != -EPERM || http->by_id(self, http->id(request)) != NULL)
            abort();
        return chatd->deny(self, "closed", "come again \xe2\x82\xac");
    }
    if (strcmp(what, "drop") == 0)
        return CHATD_DROP;
    if (strcmp(what, "accept") == 0)
        return CHATD_ACCEPT;
    if (strcmp(what, "strange") == 0)
        return 77;
    if (strcmp(what, "late") != 0)
        return CHATD_PASS;
    token = chatd->defer(self, chatd->option_int(self, "timeout"),
                         (int)chatd->option_int(self, "otherwise"));
    if (http->pending(self, token) != request || chatd->pending_login(self, token) != NULL)
        abort();
    return CHATD_PENDING;
}

/* Behind the other. */
static int on_second_filter(struct chatd_self *self, struct chatd_request *request)
{
    if (strcmp(http->header(request, "X-Second").p, "deny") == 0)
        return chatd->deny(self, "second", "the second says no");
    return CHATD_PASS;
}

static void on_open(struct chatd_self *self, struct chatd_request *request)
{
    struct chatd_str body = http->body(request);

    http->respond(self, request, 200, NULL, body.p, body.n);
}

static void on_resume(struct chatd_self *self, struct chatd_request *request)
{
    static const char *const words[] = {"pass", "deny", "drop", "accept"};
    const char *word = http->query(request).p;
    char text[32];
    int verdict = 0;

    while (strcmp(word, words[verdict]) != 0)
        verdict++;
    int waits = http->pending(self, token) != NULL;
    int err = chatd->resume(self, token, verdict, "late", "too late");
    int n = snprintf(text, sizeof(text), "%d %d", waits, err);
    http->respond(self, request, 200, NULL, text, (size_t)n);
}

static const struct chatd_hook hooks[] = {
    CHATD_ON_REQUEST(on_filter, 0),
    CHATD_ON_REQUEST(on_second_filter, 10),
    CHATD_END,
};

static const struct chatd_option options[] = {
    CHATD_OPTION("timeout", CHATD_DURATION, "30s", "of the verdict"),
    CHATD_OPTION_ENUM("otherwise", "deny", "pass|deny|drop", "without one"),
    CHATD_END,
};

static int init(struct chatd_self *self)
{
    static const struct chatd_http_ops open_ops = {.size = sizeof(open_ops), .request = on_open};
    static const struct chatd_http_ops resume = {.size = sizeof(resume), .request = on_resume};

    http = chatd->iface(self, "http", 1);
    if (http == NULL)
        return -1;
    int err = http->serve(self, "/open", &open_ops);
    return err == 0 ? http->serve(self, "/resume", &resume) : err;
}

CHATD_MODULE(.name = "gate", .version = "1.0", .about = "filters requests", .api = &chatd,
             .options = options, .hooks = hooks, .init = init);
