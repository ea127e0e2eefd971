#include "queue.h"

#include "http.h"
#include "sign.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX = 64 << 20, HEADER_BYTES = 160 };

struct event {
    struct event *next;
    size_t n;
    char text[]; /* and a NUL */
};

/* What is being delivered: the first events of the queue, the same ones at each try. */
struct batch {
    char id[DELIVERY_ID_BYTES];
    char *body; /* NULL: there is none */
    size_t n;
    int64_t tries;
    struct http_call *call;
    chatd_id retry; /* timer */
};

static struct event *first;
static struct event **last = &first;
static size_t n_events;
static struct batch batch;
static struct sign_key key;
static int64_t lost;
static int64_t lost_told_ms;

static void send_next(struct chatd_self *self);

/* ---- The queue ---------------------------------------------------------------------------- */

static void tell_lost(struct chatd_self *self)
{
    int64_t now_ms = chatd->now_ms(self);

    if (lost == 0 || now_ms - lost_told_ms < 10000)
        return;
    chatd->log(self, CHATD_LOG_ERROR, "%" PRId64 " events are lost: more than queue_max wait",
               lost);
    lost = 0;
    lost_told_ms = now_ms;
}

static int push(const char *text, size_t n)
{
    struct event *event = malloc(sizeof(*event) + n + 1);

    if (event == NULL)
        return -ENOMEM;
    event->next = NULL;
    event->n = n;
    memcpy(event->text, text, n);
    event->text[n] = '\0';
    *last = event;
    last = &event->next;
    n_events++;
    return 0;
}

static void pop(void)
{
    struct event *event = first;

    first = event->next;
    if (first == NULL)
        last = &first;
    n_events--;
    free(event);
}

void queue_add(struct chatd_self *self, const char *event, size_t n)
{
    if ((int64_t)n_events >= chatd->option_int(self, "queue_max") || push(event, n) != 0) {
        lost++;
        tell_lost(self);
        return;
    }
    send_next(self);
}

/* ---- Delivery ----------------------------------------------------------------------------- */

static void drop_batch(void)
{
    free(batch.body);
    batch = (struct batch){0};
}

/* {"events":[...]} of the first events, which leave the queue. */
static int make_batch(struct chatd_self *self)
{
    static const char head[] = "{\"events\":[";
    static const char tail[] = "]}";
    size_t most = (size_t)chatd->option_int(self, "batch");
    size_t n = sizeof(head) + sizeof(tail);
    size_t count = 0;

    for (const struct event *at = first; at != NULL && count < most; at = at->next, count++)
        n += at->n + 1;
    batch.body = malloc(n);
    if (batch.body == NULL)
        return -ENOMEM;
    char *end = stpcpy(batch.body, head);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            *end++ = ',';
        end = stpcpy(end, first->text);
        pop();
    }
    end = stpcpy(end, tail);
    batch.n = (size_t)(end - batch.body);
    delivery_id_new(batch.id);
    return 0;
}

/* Twice as long each time, within bounds, and not at the same time as everybody else. */
static int64_t pause_ms(struct chatd_self *self, const struct http_answer *answer)
{
    int64_t max_ms = chatd->option_int(self, "max_pause");
    int64_t ms = chatd->option_int(self, "pause");

    for (int64_t i = 1; i < batch.tries && ms < max_ms; i++)
        ms *= 2;
    if (ms < answer->retry_after_ms)
        ms = answer->retry_after_ms;
    if (ms > max_ms)
        ms = max_ms;
    return ms + ms / 4 * (random() % 1000) / 1000;
}

static void on_pause_over(struct chatd_self *self, void *arg)
{
    (void)arg;
    batch.retry = 0;
    send_next(self);
}

/* Is there hope that the same request succeeds later? */
static int is_worth_a_retry(long status)
{
    return status == 0 || status == 408 || status == 429 || status >= 500;
}

static void on_failed(struct chatd_self *self, const struct http_answer *answer)
{
    int64_t tries = chatd->option_int(self, "tries");
    int goes_on = is_worth_a_retry(answer->status) && batch.tries < tries;

    chatd->log(self, goes_on ? CHATD_LOG_WARN : CHATD_LOG_ERROR, "%s: %s%.0ld, try %" PRId64 "%s",
               batch.id, answer->status != 0 ? "status " : answer->why, answer->status, batch.tries,
               goes_on ? "" : "; its events are lost");
    if (goes_on) {
        batch.retry = chatd->timer_start(self, pause_ms(self, answer), 0, on_pause_over, NULL);
        return;
    }
    drop_batch();
    send_next(self);
}

static void on_answer(struct chatd_self *self, const struct http_answer *answer, void *arg)
{
    (void)arg;
    batch.call = NULL;
    if (answer->status < 200 || answer->status > 299) {
        on_failed(self, answer);
        return;
    }
    drop_batch();
    tell_lost(self);
    send_next(self);
}

static void post(struct chatd_self *self)
{
    int64_t seconds = chatd->now_ms(self) / 1000;
    char signature[SIGNATURE_BYTES] = "";
    char id_line[HEADER_BYTES];
    char time_line[HEADER_BYTES];
    char signature_line[HEADER_BYTES];
    int is_signed = key.n > 0 && sign(&key, batch.id, seconds, batch.body, batch.n, signature) == 0;

    snprintf(id_line, sizeof(id_line), "webhook-id: %s", batch.id);
    snprintf(time_line, sizeof(time_line), "webhook-timestamp: %" PRId64, seconds);
    snprintf(signature_line, sizeof(signature_line), "webhook-signature: %s", signature);
    const char *const headers[] = {
        "content-type: application/json",  id_line, time_line,
        is_signed ? signature_line : NULL, NULL,
    };
    batch.tries++;
    batch.call = http_post(self,
                           &(struct http_request){
                               .url = chatd->option_str(self, "url").p,
                               .body = batch.body,
                               .n = batch.n,
                               .headers = headers,
                               .timeout_ms = chatd->option_int(self, "timeout"),
                           },
                           on_answer, NULL);
    if (batch.call == NULL)
        on_failed(self, &(struct http_answer){.why = "out of memory"});
}

/* Unless something is under way, or waits for its next try. */
static void send_next(struct chatd_self *self)
{
    if (batch.call != NULL || batch.retry != 0 || (batch.body == NULL && first == NULL))
        return;
    if (batch.body == NULL && make_batch(self) != 0) {
        batch.retry = chatd->timer_start(self, 1000, 0, on_pause_over, NULL);
        return;
    }
    post(self);
}

/* ---- From one run to the next ------------------------------------------------------------- */

static struct chatd_json *save_all(void)
{
    struct chatd_json *saved = json->object();
    struct chatd_json *events = json->array();

    for (const struct event *at = first; at != NULL; at = at->next)
        json->add_str(events, at->text, at->n);
    json->set(saved, "events", events);
    if (batch.body != NULL) {
        json->set_str(saved, "id", batch.id, strlen(batch.id));
        json->set_str(saved, "body", batch.body, batch.n);
        json->set_int(saved, "tries", batch.tries);
    }
    return saved;
}

static int load_event(const char *name, const struct chatd_json *value, void *arg)
{
    const char *text = json->str(value, "");

    (void)name;
    (void)arg;
    return push(text, strlen(text));
}

static void load_all(const struct chatd_json *saved)
{
    const char *body = json->str(json->get(saved, "body"), NULL);

    (void)json->each(json->get(saved, "events"), load_event, NULL);
    if (body == NULL || (batch.body = strdup(body)) == NULL)
        return;
    batch.n = strlen(body);
    batch.tries = json->integer(json->get(saved, "tries"), 0);
    snprintf(batch.id, sizeof(batch.id), "%s", json->str(json->get(saved, "id"), ""));
}

static void file_name(struct chatd_self *self, char *out, size_t n)
{
    snprintf(out, n, "%s/webhook.queue", chatd->data_dir(self).p);
}

static void write_file(struct chatd_self *self, const struct chatd_json *saved)
{
    char name[4096];
    char *text = json->text(saved);
    int err = -ENOMEM;

    file_name(self, name, sizeof(name));
    FILE *file = fopen(name, "we");
    if (text != NULL && file != NULL)
        err = fputs(text, file) >= 0 && fflush(file) == 0 && fsync(fileno(file)) == 0 ? 0 : -errno;
    else if (file == NULL)
        err = -errno;
    if (file != NULL)
        fclose(file);
    json->text_free(text);
    if (err != 0)
        chatd->log(self, CHATD_LOG_ERROR, "%s: %s; the events that waited are lost", name,
                   strerror(-err));
}

/* What the last run has left, once. */
static struct chatd_json *read_file(struct chatd_self *self)
{
    char name[4096];
    struct chatd_json *saved = NULL;

    file_name(self, name, sizeof(name));
    FILE *file = fopen(name, "re");
    char *text = file != NULL ? malloc(FILE_MAX) : NULL;
    if (text != NULL)
        saved = json->parse(text, fread(text, 1, FILE_MAX, file));
    free(text);
    if (file == NULL)
        return NULL;
    fclose(file);
    if (saved == NULL)
        chatd->log(self, CHATD_LOG_ERROR, "%s cannot be read", name);
    unlink(name);
    return saved;
}

int queue_start(struct chatd_self *self, const struct chatd_json *saved)
{
    int err = sign_key_read(chatd->option_str(self, "secret").p, &key);

    if (err != 0)
        return chatd->option_error(self, "secret", "is no base64, or too long");
    struct chatd_json *left = saved == NULL ? read_file(self) : NULL;
    load_all(saved != NULL ? saved : left);
    json->free(left);
    send_next(self);
    return 0;
}

void queue_stop(struct chatd_self *self, struct chatd_json *save)
{
    struct chatd_json *saved = save_all();

    http_cancel(batch.call);
    chatd->timer_stop(self, batch.retry);
    if (save != NULL) {
        json->set(save, "queue", saved);
    } else {
        if (batch.body != NULL || first != NULL)
            write_file(self, saved);
        json->free(saved);
    }
    drop_batch();
    while (first != NULL)
        pop();
}
