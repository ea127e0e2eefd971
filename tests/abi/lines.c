/*
 * Chat by lines, over HTTP requests below /lines/ and WebSockets:
 *
 *   POST /lines/    a new link; its id is the answer
 *   POST /lines/ID  lines from it
 *   GET /lines/ID   lines for it, when there are some; with `?N`, at most N bytes
 *   GET /lines/ID   as a WebSocket: lines in both directions
 *
 * Lines from a peer: `login NICK`, `join ROOM`, `raw JSON`, and those of on_line().
 */
#include "chatd-module.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH "/lines/"

/* A request that waits for lines. */
struct poll {
    struct poll *next;
    chatd_id link;
    chatd_id request;
    size_t max;
};

static const struct chatd_api *chatd;
static const struct chatd_json_api *json;
static const struct chatd_http_api *http;
static const struct chatd_websocket_api *websocket;
static const struct chatd_link_api *links;

static struct poll *polls;
static int kind;
static unsigned encoded;

/* ---- To the peers ------------------------------------------------------------------------- */

static void encode(struct chatd_self *self, struct chatd_out *out, struct chatd_str type,
                   struct chatd_str text)
{
    struct chatd_json *event;
    char line[2000];

    (void)self;
    if (strlen(text.p) != text.n || strlen(type.p) != type.n)
        abort();
    if (strcmp(type.p, "message") != 0)
        return;
    encoded++;
    event = json->parse(text.p, text.n);
    int n = snprintf(line, sizeof(line), "said %s %d %s", json->str(json->get(event, "room"), "?"),
                     (int)json->integer(json->get(event, "seq"), -1),
                     json->str(json->get(event, "text"), "?"));
    links->put(out, line, (size_t)n);
    if (strcmp(json->str(json->get(event, "text"), "?"), "twice") == 0)
        links->put(out, "and again", 9);
    if (links->put(out, "\xff", 1) != -EINVAL)
        links->put(out, "accepted", 8);
    json->free(event);
}

static void on_event(struct chatd_self *self, struct chatd_link *link, struct chatd_str type,
                     struct chatd_str text)
{
    if (strlen(text.p) != text.n || strlen(type.p) != type.n)
        abort();
    links->write(self, link, 0, text.p, text.n);
}

static void append(struct chatd_self *self, int binary, const char *data, size_t n, void *arg)
{
    char *body = arg;

    (void)self;
    (void)binary;
    strncat(body, data, n);
    strcat(body, "\n");
}

static struct poll **poll_of(chatd_id link)
{
    struct poll **at = &polls;

    while (*at != NULL && (*at)->link != link)
        at = &(*at)->next;
    return at;
}

static void end_poll(struct poll **at)
{
    struct poll *poll = *at;

    *at = poll->next;
    free(poll);
}

static void on_waiting(struct chatd_self *self, struct chatd_link *link)
{
    static char body[1 << 20];
    struct poll **at = poll_of(links->id(link));

    if (*at == NULL)
        return;
    body[0] = '\0';
    if (links->take(self, link, (*at)->max, append, body) == 0)
        return;
    http->respond(self, http->by_id(self, (*at)->request), 200, NULL, body, strlen(body));
    end_poll(at);
}

static void on_closed(struct chatd_self *self, struct chatd_link *link, unsigned code,
                      const char *reason)
{
    char text[300];
    int n = snprintf(text, sizeof(text), "closed %u %s", code, reason);
    struct poll **at = poll_of(links->id(link));

    chatd->log(self, CHATD_LOG_INFO, "%s", text);
    links->write(self, link, 0, text, (size_t)n);
    if (*at == NULL)
        return;
    on_waiting(self, link);
    if (*(at = poll_of(links->id(link))) != NULL)
        end_poll(at);
}

/* ---- From the peers ----------------------------------------------------------------------- */

static int ask(struct chatd_self *self, struct chatd_link *link, const char *type, const char *key,
               const char *value)
{
    struct chatd_json *request = json->object();

    json->set_str(request, "type", type, strlen(type));
    json->set_str(request, "id", type, strlen(type));
    json->set_str(request, key, value, strlen(value));
    return links->request(self, link, request);
}

static int publish(struct chatd_self *self, struct chatd_link *link, const char *room)
{
    struct chatd_user *user = chatd->client_user(links->client(link));

    return links->publish(self, kind, chatd->room_by_name(self, room, strlen(room)), "published", 9,
                          user);
}

static int tell_numbers(struct chatd_self *self, struct chatd_link *link)
{
    char line[60];
    struct chatd_client *client = links->client(link);
    int mine = client != NULL && links->of_client(self, client) == link;
    int n = snprintf(line, sizeof(line), "encoded %u mine %d", encoded, mine);

    return links->write(self, link, 0, line, (size_t)n);
}

static int on_line(struct chatd_self *self, struct chatd_link *link, char *line)
{
    char *rest = strchr(line, ' ');

    if (rest != NULL)
        *rest++ = '\0';
    else
        rest = line + strlen(line);
    if (strcmp(line, "login") == 0)
        return ask(self, link, "login", "nick", rest);
    if (strcmp(line, "join") == 0)
        return ask(self, link, "join", "room", rest);
    if (strcmp(line, "raw") == 0)
        return links->request(self, link, json->parse(rest, strlen(rest)));
    if (strcmp(line, "write") == 0)
        return links->write(self, link, 0, rest, strlen(rest));
    if (strcmp(line, "binary") == 0)
        return links->write(self, link, 1, "\xff", 1);
    if (strcmp(line, "publish") == 0)
        return publish(self, link, rest);
    if (strcmp(line, "numbers") == 0)
        return tell_numbers(self, link);
    if (strcmp(line, "close") == 0)
        links->close(self, link, 4242, rest);
    return 0;
}

static int on_lines(struct chatd_self *self, struct chatd_link *link, struct chatd_str text)
{
    char *copy = strndup(text.p, text.n);
    int worst = 0;

    for (char *line = strtok(copy, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        int err = on_line(self, link, line);
        if (err != 0)
            worst = err;
    }
    free(copy);
    return worst;
}

static struct chatd_link *link_at(struct chatd_self *self, struct chatd_str path)
{
    return links->by_id(self, (chatd_id)strtoull(path.p + strlen(PATH), NULL, 16));
}

static void respond(struct chatd_self *self, struct chatd_request *request, int status,
                    const char *format, int64_t value)
{
    char body[40];
    int n = snprintf(body, sizeof(body), format, value);

    http->respond(self, request, status, NULL, body, status == 204 ? 0 : (size_t)n);
}

static void begin_poll(struct chatd_self *self, struct chatd_link *link,
                       struct chatd_request *request)
{
    struct poll *poll = malloc(sizeof(*poll));
    const char *max = http->query(request).p;

    *poll = (struct poll){.next = polls,
                          .link = links->id(link),
                          .request = http->id(request),
                          .max = *max != '\0' ? strtoul(max, NULL, 10) : 100000};
    polls = poll;
    chatd->log(self, CHATD_LOG_INFO, "a poll waits");
    on_waiting(self, link);
}

static void on_request(struct chatd_self *self, struct chatd_request *request)
{
    struct chatd_str path = http->path(request);
    struct chatd_link *link = link_at(self, path);

    if (strcmp(path.p, PATH) == 0) {
        chatd_id id = links->open(self, kind, request);
        respond(self, request, id != 0 ? 200 : 503, "%" PRIx64, (int64_t)id);
    } else if (link == NULL) {
        respond(self, request, 404, "gone", 0);
    } else if (strcmp(http->method(request).p, "POST") == 0) {
        int err = on_lines(self, link, http->body(request));
        respond(self, request, err == 0 ? 204 : 429, "%" PRId64, err);
    } else if (http->header(request, "Upgrade").n > 0) {
        http->upgrade(self, request);
    } else {
        begin_poll(self, link, request);
    }
}

static void on_gone(struct chatd_self *self, chatd_id request)
{
    (void)self;
    for (struct poll **at = &polls; *at != NULL; at = &(*at)->next)
        if ((*at)->request == request) {
            end_poll(at);
            return;
        }
}

static void on_open(struct chatd_self *self, struct chatd_ws *ws)
{
    struct chatd_link *link = link_at(self, http->path(websocket->request(ws)));
    int err = link != NULL ? links->attach(self, link, ws) : -ENOENT;

    if (err != 0)
        websocket->close(self, ws, 4000, strerror(-err));
}

static void on_message(struct chatd_self *self, struct chatd_ws *ws, int binary, const char *data,
                       size_t n)
{
    struct chatd_link *link = links->of_websocket(self, ws);

    (void)binary;
    if (link != NULL && links->websocket(link) == ws)
        on_lines(self, link, (struct chatd_str){data, n});
}

/* ---- The module --------------------------------------------------------------------------- */

static int init(struct chatd_self *self)
{
    static const struct chatd_link_ops link_ops = {
        .size = sizeof(link_ops),
        .encode = encode,
        .event = on_event,
        .waiting = on_waiting,
        .closed = on_closed,
    };
    static const struct chatd_ws_ops ws_ops = {
        .size = sizeof(ws_ops), .open = on_open, .message = on_message};
    static const struct chatd_http_ops http_ops = {
        .size = sizeof(http_ops), .request = on_request, .gone = on_gone, .websocket = &ws_ops};

    json = chatd->iface(self, "json", 1);
    http = chatd->iface(self, "http", 1);
    websocket = chatd->iface(self, "websocket", 1);
    links = chatd->iface(self, "link", 1);
    kind = links->kind(self, "lines", &link_ops);
    if (kind < 0 || links->kind(self, "lines", &link_ops) != -EEXIST)
        return -1;
    return http->serve(self, PATH, &http_ops);
}

static int start(struct chatd_self *self, const struct chatd_json *saved)
{
    static const struct chatd_link_ops link_ops = {.size = sizeof(link_ops)};

    (void)saved;
    return links->kind(self, "late", &link_ops) == -EPERM ? 0 : -1;
}

static void stop(struct chatd_self *self, struct chatd_json *save)
{
    (void)self;
    (void)save;
    while (polls != NULL)
        end_poll(&polls);
}

static const struct chatd_option options[] = {
    CHATD_OPTION("version", CHATD_INT, "1", "changed for a reload"),
    CHATD_END,
};

CHATD_MODULE(.name = "lines", .version = "1.0", .about = "chat by lines", .api = &chatd,
             .options = options, .init = init, .start = start, .stop = stop);
