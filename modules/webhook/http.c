#include "http.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MAX = 64 * 1024 };

struct http_call {
    struct http_call *prev;
    struct http_call *next;
    CURL *easy;
    struct curl_slist *headers;
    http_done_fn *done;
    void *arg;
    size_t n;
    char why[CURL_ERROR_SIZE];
    char body[ANSWER_MAX + 1];
};

static struct chatd_self *module;
static CURLM *multi;
static struct http_call *calls;
static chatd_id timer;

/* ---- The life of a call ------------------------------------------------------------------- */

static void unlink_call(struct http_call *call)
{
    if (call->prev != NULL)
        call->prev->next = call->next;
    else
        calls = call->next;
    if (call->next != NULL)
        call->next->prev = call->prev;
}

void http_cancel(struct http_call *call)
{
    if (call == NULL)
        return;
    unlink_call(call);
    curl_multi_remove_handle(multi, call->easy);
    curl_easy_cleanup(call->easy);
    curl_slist_free_all(call->headers);
    free(call);
}

static void finish(struct http_call *call, CURLcode code)
{
    struct http_answer answer = {.why = "", .body = call->body, .n = call->n};
    curl_off_t seconds = 0;
    http_done_fn *done = call->done;
    void *arg = call->arg;

    if (code == CURLE_OK)
        curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &answer.status);
    else
        answer.why = call->why[0] != '\0' ? call->why : curl_easy_strerror(code);
    curl_easy_getinfo(call->easy, CURLINFO_RETRY_AFTER, &seconds);
    answer.retry_after_ms = (int64_t)seconds * 1000;
    done(module, &answer, arg);
    http_cancel(call);
}

static void finish_all(void)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
        struct http_call *call;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call);
        finish(call, message->data.result);
    }
}

/* ---- libcurl on the server's loop --------------------------------------------------------- */

static void act(curl_socket_t fd, int what)
{
    int running;

    curl_multi_socket_action(multi, fd, what, &running);
    finish_all();
}

static void on_socket(struct chatd_self *self, int fd, unsigned events, void *arg)
{
    (void)self;
    (void)arg;
    act(fd, (events & CHATD_READ ? CURL_CSELECT_IN : 0) |
                (events & CHATD_WRITE ? CURL_CSELECT_OUT : 0));
}

static void on_timer(struct chatd_self *self, void *arg)
{
    (void)self;
    (void)arg;
    timer = 0;
    act(CURL_SOCKET_TIMEOUT, 0);
}

/* libcurl keeps the watch's id for us. */
static int set_watch(CURL *easy, curl_socket_t fd, int what, void *arg, void *watch_arg)
{
    chatd_id watch = (chatd_id)(uintptr_t)watch_arg;
    unsigned events =
        (what & CURL_POLL_IN ? CHATD_READ : 0) | (what & CURL_POLL_OUT ? CHATD_WRITE : 0);

    (void)easy;
    (void)arg;
    if (what == CURL_POLL_REMOVE) {
        chatd->watch_stop(module, watch);
        return 0;
    }
    if (watch != 0)
        return chatd->watch_set(module, watch, events);
    watch = chatd->watch_start(module, fd, events, on_socket, NULL);
    curl_multi_assign(multi, fd, (void *)(uintptr_t)watch);
    return watch != 0 ? 0 : -1;
}

static int set_timer(CURLM *of, long ms, void *arg)
{
    (void)of;
    (void)arg;
    chatd->timer_stop(module, timer);
    timer = ms >= 0 ? chatd->timer_start(module, ms, 0, on_timer, NULL) : 0;
    return 0;
}

/* ---- For the others ----------------------------------------------------------------------- */

int http_start(struct chatd_self *self)
{
    module = self;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return -ENOMEM;
    multi = curl_multi_init();
    if (multi == NULL)
        return -ENOMEM;
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, set_watch);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer);
    return 0;
}

void http_stop(void)
{
    while (calls != NULL)
        http_cancel(calls);
    if (multi != NULL)
        curl_multi_cleanup(multi);
    multi = NULL;
    chatd->timer_stop(module, timer);
    timer = 0;
    curl_global_cleanup();
}

/* What does not fit is read and thrown away. */
static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
    struct http_call *call = arg;
    size_t room = ANSWER_MAX - call->n;
    size_t taken = n < room ? n : room;

    (void)size; /* is always 1 */
    memcpy(call->body + call->n, p, taken);
    call->n += taken;
    call->body[call->n] = '\0';
    return n;
}

static int set_headers(struct http_call *call, const char *const *headers)
{
    for (; *headers != NULL; headers++) {
        struct curl_slist *longer = curl_slist_append(call->headers, *headers);
        if (longer == NULL)
            return -ENOMEM;
        call->headers = longer;
    }
    return 0;
}

static void set_options(struct http_call *call, const struct http_request *request)
{
    CURL *easy = call->easy;
    struct chatd_str ca = chatd->option_str(module, "ca_file");

    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->n);
    curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, request->body);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "chatd-webhook/1.0");
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->why);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    if (ca.n > 0)
        curl_easy_setopt(easy, CURLOPT_CAINFO, ca.p);
}

struct http_call *http_post(struct chatd_self *self, const struct http_request *request,
                            http_done_fn *done, void *arg)
{
    struct http_call *call = calloc(1, sizeof(*call));

    (void)self;
    if (call == NULL)
        return NULL;
    call->done = done;
    call->arg = arg;
    call->easy = curl_easy_init();
    if (call->easy == NULL || set_headers(call, request->headers) != 0) {
        curl_easy_cleanup(call->easy);
        curl_slist_free_all(call->headers);
        free(call);
        return NULL;
    }
    set_options(call, request);
    call->next = calls;
    if (call->next != NULL)
        call->next->prev = call;
    calls = call;
    if (curl_multi_add_handle(multi, call->easy) != CURLM_OK) {
        http_cancel(call);
        return NULL;
    }
    return call;
}
