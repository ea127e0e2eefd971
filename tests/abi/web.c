/*
 * Serves paths in every way: /now, /later?MS, /never, /poll (which POST /publish answers), /wrong
 * (what respond() refuses), and others.
 */
#include "chatd-module.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct chatd_api *chatd;
static const struct chatd_http_api *http;

static chatd_id polls[64];
static size_t n_polls;

static void answer(struct chatd_self *self, struct chatd_request *request, const char *body,
                   size_t n)
{
    static const struct chatd_header headers[] = {{"Content-Type", "text/plain"}, {NULL, NULL}};

    int err = http->respond(self, request, 200, headers, body, n);
    if (err != 0)
        chatd->log(self, CHATD_LOG_INFO, "respond: %d", err);
}

static void answer_text(struct chatd_self *self, struct chatd_request *request, const char *text)
{
    answer(self, request, text, strlen(text));
}

static void on_gone(struct chatd_self *self, chatd_id id)
{
    chatd->log(self, CHATD_LOG_INFO, "gone, %s", http->by_id(self, id) == NULL ? "NULL" : "there");
    for (size_t i = 0; i < n_polls; i++)
        if (polls[i] == id)
            polls[i] = 0;
}

/* ---- At once ------------------------------------------------------------------------------ */

static void on_now(struct chatd_self *self, struct chatd_request *request)
{
    char text[4096];
    chatd_id id = http->id(request);
    int same = http->by_id(self, id) == request;
    struct chatd_str body = http->body(request);

    snprintf(text, sizeof(text), "%d %s %s %s [%s] [%s] %zu %s", same, http->method(request).p,
             http->path(request).p, http->query(request).p, http->header(request, "x-what").p,
             http->header(request, "absent").p, body.n, http->address(request).p);
    answer_text(self, request, text);
    /* It can still be looked at. */
    if (http->id(request) != id || http->by_id(self, id) != NULL ||
        http->body(request).p[body.n] != '\0' || http->method(request).n == 0 ||
        http->respond(self, request, 200, NULL, "", 0) != -EALREADY)
        abort();
}

static void on_echo(struct chatd_self *self, struct chatd_request *request)
{
    struct chatd_str body = http->body(request);

    answer(self, request, body.p, body.n);
}

static void on_tree(struct chatd_self *self, struct chatd_request *request)
{
    char text[4096];

    snprintf(text, sizeof(text), "tree %s", http->path(request).p);
    answer_text(self, request, text);
}

static void on_leaf(struct chatd_self *self, struct chatd_request *request)
{
    answer_text(self, request, "leaf");
}

/* /status?204 */
static void on_status(struct chatd_self *self, struct chatd_request *request)
{
    static const struct chatd_header headers[] = {
        {"X-One", "1"}, {"X-One", "2"},           {"content-security-policy", "sandbox"},
        {"Empty", ""},  {"Referrer-Policy", "x"}, {NULL, NULL},
    };
    int err = http->respond(self, request, atoi(http->query(request).p), headers, NULL, 0);

    if (err != 0)
        answer_text(self, request, strerror(-err));
}

static void on_wrong(struct chatd_self *self, struct chatd_request *request)
{
    static char big[9000];
    const struct chatd_header wrong[] = {
        {"Content-Length", "0"},
        {"connection", "x"},
        {"DATE", "x"},
        {"Transfer-Encoding", "x"},
        {"X", "a\r\nY: b"},
        {"X", "a\nb"},
        {"X\r\nY", ""},
        {"X:", ""},
        {"", "x"},
        {"X", "\x7f"},
        {"X", NULL},
    };
    char text[512] = "";

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const struct chatd_header headers[] = {{"Fine", "x"}, wrong[i], {NULL, NULL}};
        if (http->respond(self, request, 200, headers, "x", 1) != -EINVAL)
            sprintf(text + strlen(text), "%zu ", i);
    }
    memset(big, 'x', sizeof(big) - 1);
    const struct chatd_header too_big[] = {{"Big", big}, {NULL, NULL}};
    sprintf(text + strlen(text), "%d %d %d %d %d",
            http->respond(self, request, 200, too_big, "", 0) == -EMSGSIZE,
            http->respond(self, request, 199, NULL, "", 0) == -EINVAL,
            http->respond(self, request, 600, NULL, "", 0) == -EINVAL,
            http->respond(self, request, 204, NULL, "x", 1) == -EINVAL,
            http->respond(self, request, 304, NULL, "x", 1) == -EINVAL);
    answer_text(self, request, text);
}

/* ---- Later -------------------------------------------------------------------------------- */

static void on_timer(struct chatd_self *self, void *arg)
{
    chatd_id *id = arg;
    struct chatd_request *request = http->by_id(self, *id);

    if (request != NULL)
        answer_text(self, request, "later");
    free(id);
}

static void on_later(struct chatd_self *self, struct chatd_request *request)
{
    chatd_id *id = malloc(sizeof(*id));

    *id = http->id(request);
    chatd->timer_start(self, atoi(http->query(request).p), 0, on_timer, id);
}

static void on_never(struct chatd_self *self, struct chatd_request *request)
{
    chatd->log(self, CHATD_LOG_INFO, "asked for ever: %s", http->query(request).p);
}

static void on_poll(struct chatd_self *self, struct chatd_request *request)
{
    if (n_polls == sizeof(polls) / sizeof(polls[0]))
        abort();
    polls[n_polls++] = http->id(request);
    chatd->log(self, CHATD_LOG_INFO, "poll %zu", n_polls);
}

static void on_publish(struct chatd_self *self, struct chatd_request *request)
{
    struct chatd_str body = http->body(request);
    char text[32];
    int n = 0;

    for (size_t i = 0; i < n_polls; i++) {
        struct chatd_request *poll = http->by_id(self, polls[i]);
        if (poll == NULL)
            continue;
        answer(self, poll, body.p, body.n);
        n++;
    }
    n_polls = 0;
    snprintf(text, sizeof(text), "%d", n);
    answer_text(self, request, text);
}

/* ---- The module --------------------------------------------------------------------------- */

#define OPS(fn)                                                                                    \
    {                                                                                              \
        .size = sizeof(struct chatd_http_ops), .request = fn, .gone = on_gone                      \
    }

static const struct {
    const char *path;
    struct chatd_http_ops ops;
} paths[] = {
    {"/now", OPS(on_now)},
    {"/a path/näh", OPS(on_now)},
    {"/index.html", OPS(on_now)},
    {"/tree/", OPS(on_tree)},
    {"/tree/leaf", OPS(on_leaf)},
    {"/tree/below/", OPS(on_leaf)},
    {"/status", OPS(on_status)},
    {"/wrong", OPS(on_wrong)},
    {"/later", OPS(on_later)},
    {"/poll", OPS(on_poll)},
    {"/publish", OPS(on_publish)},
    {"/echo", {.size = sizeof(struct chatd_http_ops), .max_body = 3 << 20, .request = on_echo}},
    {"/small", {.size = sizeof(struct chatd_http_ops), .max_body = 10, .request = on_echo}},
    {"/default", {.size = sizeof(struct chatd_http_ops), .request = on_echo}},
};

static const struct chatd_option options[] = {
    CHATD_OPTION("never", CHATD_DURATION, "0ms", "how long /never may take"),
    CHATD_OPTION("paths", CHATD_LIST, "", "served, too"),
    CHATD_END,
};

static int init(struct chatd_self *self)
{
    const struct chatd_http_ops never = {.size = sizeof(never),
                                         .timeout_ms = chatd->option_int(self, "never"),
                                         .request = on_never,
                                         .gone = on_gone};
    int err = 0;

    http = chatd->iface(self, "http", 1);
    if (http == NULL)
        return -1;
    for (size_t i = 0; err == 0 && i < sizeof(paths) / sizeof(paths[0]); i++)
        err = http->serve(self, paths[i].path, &paths[i].ops);
    if (err == 0)
        err = http->serve(self, "/never", &never);
    for (size_t i = 0; err == 0 && i < chatd->option_count(self, "paths"); i++)
        err = http->serve(self, chatd->option_item(self, "paths", i).p, &never);
    return err;
}

static int start(struct chatd_self *self, const struct chatd_json *saved)
{
    const struct chatd_http_ops ops = OPS(on_now);

    (void)saved;
    return http->serve(self, "/too/late", &ops) == -EPERM ? 0 : -1;
}

CHATD_MODULE(.name = "web", .version = "1.0", .about = "answers requests", .api = &chatd,
             .options = options, .init = init, .start = start);
