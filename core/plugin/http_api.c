#include "plugin/http_api.h"

#include "base/log.h"
#include "http/path.h"
#include "http/response.h"
#include "plugin/activation.h"
#include "plugin/endpoints.h"
#include "plugin/requests.h"
#include "plugin/table.h"
#include "plugin/thread.h"
#include "plugin/tokens.h"

#include <errno.h>
#include <stdlib.h>

enum {
    TIMEOUT_MS = 30 * 1000,
    TIMEOUT_MAX_MS = 24 * 3600 * 1000,
    BODY_MAX = 1 << 30,
};

/* A path that a module serves. */
struct module_path {
    struct http_endpoint http;
    struct module_path *next;
    struct chatd_self *self;
    struct chatd_http_ops ops;
    const struct ws_endpoint *websocket; /* NULL: none */
    char path[];
};

/* ---- From the connection to the module ---------------------------------------------------- */

static void on_request(struct http_exchange *exchange)
{
    struct module_path *path = exchange->endpoint->arg;
    struct chatd_request *request = requests_of(exchange);
    struct activation activation;

    if (request == NULL) {
        http_exchange_abandon(exchange, "out of memory", false);
        return;
    }
    request->self = path->self;
    activation_begin(&activation, path->self, "http request");
    path->ops.request(path->self, request);
    activation_end(&activation);
}

static void on_gone(struct http_exchange *exchange)
{
    struct module_path *path = exchange->endpoint->arg;
    struct chatd_request *request = exchange->data;
    struct activation activation;

    requests_end_id(request);
    if (path->ops.gone == NULL)
        return;
    activation_begin(&activation, path->self, "http gone");
    path->ops.gone(path->self, request->id);
    activation_end(&activation);
}

const struct http_server_ops http_api_server_ops = {
    .on_arrived = requests_judge,
    .on_request = on_request,
    .on_gone = on_gone,
    .on_end = requests_end,
};

/* ---- Paths -------------------------------------------------------------------------------- */

static bool are_good(const struct chatd_http_ops *ops)
{
    return ops->request != NULL && ops->max_body <= BODY_MAX && ops->timeout_ms >= 0 &&
           ops->timeout_ms <= TIMEOUT_MAX_MS;
}

static struct module_path *path_new(struct chatd_self *self, const char *path,
                                    const struct chatd_http_ops *ops)
{
    size_t n = strlen(path) + 1;
    struct module_path *made = calloc(1, sizeof(*made) + n);

    if (made == NULL)
        return NULL;
    memcpy(made->path, path, n);
    made->self = self;
    made->ops = *ops;
    made->http = (struct http_endpoint){
        .path = made->path,
        .max_body = ops->max_body,
        .timeout_ms = ops->timeout_ms != 0 ? ops->timeout_ms : TIMEOUT_MS,
        .arg = made,
    };
    return made;
}

static int serve(struct chatd_self *self, const char *path, const struct chatd_http_ops *ops)
{
    SERVERS_THREAD_ONLY("http.serve", -EPERM);
    struct chatd_http_ops copy;

    if (!self->plugins->registering)
        return -EPERM;
    int err = table_take(self, "HTTP ops", &copy, sizeof(copy),
                         TABLE_LEAST(struct chatd_http_ops, websocket), ops);
    if (err != 0)
        return err;
    if (!are_good(&copy) || !http_path_is_plain(slice_str(path)) || path[1] == '\0')
        return -EINVAL;
    if (http_server_has_path(self->plugins->http, path)) {
        log_error(self->where, "module %s: another endpoint is at %s already", self->name, path);
        return -EEXIST;
    }
    struct module_path *made = path_new(self, path, &copy);
    if (made == NULL)
        return -ENOMEM;
    if (copy.websocket != NULL)
        err = endpoints_add(self, path, copy.websocket, &made->websocket);
    if (err != 0) {
        free(made);
        return err;
    }
    made->next = self->paths;
    self->paths = made;
    return http_server_add_endpoint(self->plugins->http, &made->http);
}

void http_api_end(struct chatd_self *self)
{
    while (self->paths != NULL) {
        struct module_path *path = self->paths;
        self->paths = path->next;
        http_server_remove_endpoint(self->plugins->http, &path->http);
        free(path);
    }
}

const char *http_api_path(const struct chatd_self *self, size_t i)
{
    const struct module_path *path = self->paths;

    while (path != NULL && i-- > 0)
        path = path->next;
    return path != NULL ? path->path : NULL;
}

/* ---- Requests ----------------------------------------------------------------------------- */

static chatd_id id_of(struct chatd_request *request)
{
    SERVERS_THREAD_ONLY("http.id", 0);
    return request->id;
}

static struct chatd_request *by_id(struct chatd_self *self, chatd_id id)
{
    SERVERS_THREAD_ONLY("http.by_id", NULL);
    struct chatd_request *request = idmap_get(&self->plugins->hub->ids, ID_REQUEST, id);

    return request != NULL && request->self == self ? request : NULL;
}

/* Something of the head, which nobody else reads now: what follows it can be overwritten. */
static struct chatd_str head_out(const struct chatd_request *request, struct slice s)
{
    char *head = request->exchange->parser.head.p;

    if (s.n > 0)
        head[s.p + s.n - head] = '\0';
    return str_out(s);
}

static struct chatd_str buf_out(struct buf *buf)
{
    return buf_cstr(buf) != NULL ? str_out(buf_slice(buf)) : str_of("");
}

static struct chatd_str method(struct chatd_request *request)
{
    SERVERS_THREAD_ONLY("http.method", (struct chatd_str){"", 0});
    return head_out(request, request->exchange->parser.request.method);
}

static struct chatd_str path(struct chatd_request *request)
{
    SERVERS_THREAD_ONLY("http.path", (struct chatd_str){"", 0});
    return buf_out(&request->exchange->path);
}

static struct chatd_str query(struct chatd_request *request)
{
    SERVERS_THREAD_ONLY("http.query", (struct chatd_str){"", 0});
    return head_out(request, request->exchange->parser.request.query);
}

static struct chatd_str header(struct chatd_request *request, const char *name)
{
    SERVERS_THREAD_ONLY("http.header", (struct chatd_str){"", 0});
    return head_out(request, http_request_field(&request->exchange->parser.request, name));
}

static struct chatd_str body(struct chatd_request *request)
{
    SERVERS_THREAD_ONLY("http.body", (struct chatd_str){"", 0});
    return buf_out(&request->exchange->content);
}

static struct chatd_str address(struct chatd_request *request)
{
    SERVERS_THREAD_ONLY("http.address", (struct chatd_str){"", 0});
    const struct http_exchange *exchange = request->exchange;
    return str_of(hub_keep_text(requests_hub(exchange), conn_name(exchange->conn)));
}

/* ---- Answers ------------------------------------------------------------------------------ */

static void run_end(struct task *task)
{
    struct chatd_request *request =
        (struct chatd_request *)((char *)task - offsetof(struct chatd_request, task));

    http_exchange_finish(request->exchange);
}

/* The module that answered may look at its request until the callbacks have returned. */
static void end_later(struct chatd_request *request)
{
    requests_end_id(request);
    request->task.run = run_end;
    hub_defer(request->self->plugins->hub, &request->task);
}

static int add_headers(struct buf *lines, const struct chatd_header *headers)
{
    int err = 0;

    for (; err == 0 && headers != NULL && headers->name != NULL; headers++)
        err = headers->value == NULL
                  ? -EINVAL
                  : http_fields_add(lines, slice_str(headers->name), slice_str(headers->value));
    return err;
}

static int respond(struct chatd_self *self, struct chatd_request *request, int status,
                   const struct chatd_header *headers, const char *text, size_t n)
{
    SERVERS_THREAD_ONLY("http.respond", -EPERM);
    struct buf lines;

    if (request->self != self)
        return -EPERM;
    http_fields_init(&lines);
    int err = add_headers(&lines, headers);
    if (err == 0)
        err =
            http_exchange_respond(request->exchange, status, buf_slice(&lines), slice_of(text, n));
    buf_deinit(&lines);
    if (err == 0)
        end_later(request);
    return err;
}

static int upgrade(struct chatd_self *self, struct chatd_request *request)
{
    SERVERS_THREAD_ONLY("http.upgrade", -EPERM);
    const struct http_endpoint *endpoint = request->exchange->endpoint;

    if (request->self != self)
        return -EPERM;
    if (endpoint == NULL)
        return -EALREADY;
    const struct module_path *path = endpoint->arg;
    if (path->websocket == NULL)
        return -EINVAL;
    int err = http_exchange_upgrade(request->exchange, path->websocket);
    if (err == 0 || err == -EPROTO)
        end_later(request);
    return err;
}

const struct chatd_http_api http_api = {
    .size = sizeof(struct chatd_http_api),
    .serve = serve,
    .id = id_of,
    .by_id = by_id,
    .pending = tokens_request,
    .method = method,
    .path = path,
    .query = query,
    .header = header,
    .body = body,
    .address = address,
    .respond = respond,
    .upgrade = upgrade,
};
