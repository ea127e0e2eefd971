/* Calls every function of the server's tables from a thread of the worker pool. */
#include "chatd-module.h"

#include <errno.h>
#include <stdio.h>

static const struct chatd_api *chatd;
static const struct chatd_json_api *json;
static const struct chatd_websocket_api *websocket;
static const struct chatd_stats_api *stats;
static const struct chatd_http_api *http;
static const struct chatd_link_api *links;
static const struct chatd_store_api *store;

static struct chatd_self *self;
static int calls;
static int wrong;

static void check(int is_right)
{
    calls++;
    wrong += !is_right;
}

#define REFUSED(call) check((call) == -EPERM)
#define ZERO(call) check((call) == 0)
#define NOTHING(call) check((call) == NULL)
#define EMPTY(call) check((call).n == 0)

static void call_all(void *arg)
{
    int64_t events = 1;
    int64_t span_ms = 1;

    (void)arg;
    chatd->log(self, 0, "x");
    NOTHING(chatd->iface(self, NULL, 0));
    ZERO(chatd->now_ms(self));
    EMPTY(chatd->data_dir(self));
    ZERO(chatd->option_int(self, NULL));
    EMPTY(chatd->option_str(self, NULL));
    ZERO(chatd->option_count(self, NULL));
    EMPTY(chatd->option_item(self, NULL, 0));
    REFUSED(chatd->option_error(self, NULL, "x"));
    REFUSED(chatd->deny(self, NULL, NULL));
    ZERO(chatd->defer(self, 0, 0));
    REFUSED(chatd->resume(self, 0, 0, NULL, NULL));
    NOTHING(chatd->pending_msg(self, 0));
    NOTHING(chatd->pending_call(self, 0));
    NOTHING(chatd->pending_join(self, 0));
    NOTHING(chatd->pending_login(self, 0));
    EMPTY(chatd->login_nick(NULL));
    REFUSED(chatd->login_set_nick(self, NULL, NULL, 0));
    NOTHING(chatd->login_json(NULL));
    EMPTY(chatd->login_address(NULL));
    NOTHING(chatd->join_user(NULL));
    NOTHING(chatd->join_room(NULL));
    NOTHING(chatd->join_client(NULL));
    NOTHING(chatd->join_json(NULL));
    ZERO(chatd->user_id(NULL));
    NOTHING(chatd->user_by_id(self, 0));
    NOTHING(chatd->user_by_nick(self, NULL, 0));
    EMPTY(chatd->user_nick(NULL));
    EMPTY(chatd->user_public_id(NULL));
    ZERO(chatd->user_is_bot(NULL));
    REFUSED(chatd->users_each(self, NULL, NULL));
    REFUSED(chatd->user_rooms_each(self, NULL, NULL, NULL));
    REFUSED(chatd->user_clients_each(self, NULL, NULL, NULL));
    ZERO(chatd->client_id(NULL));
    NOTHING(chatd->client_by_id(self, 0));
    NOTHING(chatd->client_user(NULL));
    EMPTY(chatd->client_address(NULL));
    REFUSED(chatd->rooms_each(self, NULL, NULL));
    ZERO(chatd->room_id(NULL));
    NOTHING(chatd->room_by_id(self, 0));
    NOTHING(chatd->room_by_name(self, NULL, 0));
    EMPTY(chatd->room_name(NULL));
    ZERO(chatd->room_member_count(NULL));
    REFUSED(chatd->room_members_each(self, NULL, NULL, NULL));
    ZERO(chatd->member_id(NULL, NULL));
    REFUSED(chatd->slot_new(self, 0, NULL));
    NOTHING(chatd->slot_get(self, 0, 0));
    REFUSED(chatd->slot_set(self, 0, 0, NULL));
    NOTHING(chatd->msg_room(NULL));
    NOTHING(chatd->msg_user(NULL));
    EMPTY(chatd->msg_text(NULL));
    REFUSED(chatd->msg_set_text(self, NULL, NULL, 0));
    ZERO(chatd->msg_seq(NULL));
    ZERO(chatd->msg_ts(NULL));
    EMPTY(chatd->event_type(NULL));
    ZERO(chatd->event_seq(NULL));
    ZERO(chatd->event_ts(NULL));
    NOTHING(chatd->event_user(NULL));
    EMPTY(chatd->event_json(NULL));
    EMPTY(chatd->event_cid(NULL));
    NOTHING(chatd->call_client(NULL));
    NOTHING(chatd->call_user(NULL));
    NOTHING(chatd->call_room(NULL));
    EMPTY(chatd->call_text(NULL));
    NOTHING(chatd->call_json(NULL));
    REFUSED(chatd->call_reply(self, NULL, NULL, 0));
    REFUSED(chatd->call_answer(self, NULL, NULL));
    ZERO(chatd->bot_new(self, NULL));
    REFUSED(chatd->say(self, 0, NULL, NULL, 0));
    REFUSED(chatd->bot_join(self, 0, NULL, 0));
    REFUSED(chatd->bot_leave(self, 0, NULL));
    REFUSED(chatd->notice(self, 0, NULL, NULL, NULL, 0));
    REFUSED(chatd->room_event(self, NULL, NULL, NULL, NULL));
    REFUSED(chatd->room_event_durable(self, NULL, NULL, NULL, NULL));
    EMPTY(chatd->room_topic(NULL));
    REFUSED(chatd->room_set_topic(self, NULL, NULL, NULL, 0));
    REFUSED(chatd->kick(self, NULL, NULL, NULL));
    REFUSED(chatd->client_close(self, NULL, 0, NULL));
    ZERO(chatd->timer_start(self, 0, 0, NULL, NULL));
    chatd->timer_stop(self, 0);
    ZERO(chatd->watch_start(self, 0, 0, NULL, NULL));
    REFUSED(chatd->watch_set(self, 0, 0));
    chatd->watch_stop(self, 0);
    REFUSED(chatd->job(self, NULL, NULL, NULL));
    REFUSED(chatd->service_provide(self, NULL, 0, NULL));
    NOTHING(chatd->service_use(self, NULL, 0, NULL, NULL));
    chatd->command_each(self, NULL, NULL);
    EMPTY(chatd->msg_type(NULL));
    REFUSED(chatd->call_event(self, NULL, NULL, NULL, NULL, 0));
    REFUSED(chatd->call_answer_text(self, NULL, NULL, NULL, 0));
    REFUSED(chatd->event_get(self, NULL, 0, NULL, NULL));
    EMPTY(chatd->room_epoch(NULL));
    ZERO(chatd->room_seq(NULL));
    ZERO(chatd->room_is_direct(NULL));
    REFUSED(chatd->member_since(NULL, NULL));
    NOTHING(chatd->user_by_public_id(self, NULL, 0));
    NOTHING(chatd->user_data(self, NULL, NULL));
    REFUSED(chatd->user_set_data(self, NULL, NULL, NULL));
    REFUSED(chatd->user_event(self, NULL, NULL, NULL, NULL, NULL));
    REFUSED(chatd->login_set_user(self, NULL, NULL, 0));
    NOTHING(json->object());
    NOTHING(json->array());
    json->free(NULL);
    NOTHING(json->parse(NULL, 0));
    NOTHING(json->text(NULL));
    json->text_free(NULL);
    NOTHING(json->get(NULL, NULL));
    ZERO(json->count(NULL));
    NOTHING(json->item(NULL, 0));
    NOTHING(json->str(NULL, NULL));
    ZERO(json->integer(NULL, 0));
    ZERO(json->boolean(NULL, 0));
    REFUSED(json->set(NULL, NULL, NULL));
    REFUSED(json->set_str(NULL, NULL, NULL, 0));
    REFUSED(json->set_int(NULL, NULL, 0));
    REFUSED(json->set_bool(NULL, NULL, 0));
    REFUSED(json->add(NULL, NULL));
    REFUSED(json->add_str(NULL, NULL, 0));
    REFUSED(json->add_int(NULL, 0));
    NOTHING(json->copy(NULL));
    REFUSED(json->each(NULL, NULL, NULL));
    REFUSED(websocket->serve(self, NULL, NULL));
    ZERO(websocket->id(NULL));
    NOTHING(websocket->by_id(self, 0));
    NOTHING(websocket->request(NULL));
    REFUSED(websocket->send(self, NULL, 0, NULL, 0));
    REFUSED(websocket->close(self, NULL, 0, NULL));
    stats->each(self, NULL, NULL);
    stats->counters_each(self, NULL, NULL);
    REFUSED(http->serve(self, NULL, NULL));
    ZERO(http->id(NULL));
    NOTHING(http->by_id(self, 0));
    NOTHING(http->pending(self, 0));
    EMPTY(http->method(NULL));
    EMPTY(http->path(NULL));
    EMPTY(http->query(NULL));
    EMPTY(http->header(NULL, NULL));
    EMPTY(http->body(NULL));
    EMPTY(http->address(NULL));
    REFUSED(http->respond(self, NULL, 0, NULL, NULL, 0));
    REFUSED(http->upgrade(self, NULL));
    REFUSED(links->kind(self, NULL, NULL));
    ZERO(links->open(self, 0, NULL));
    ZERO(links->id(NULL));
    NOTHING(links->by_id(self, 0));
    NOTHING(links->of_client(self, NULL));
    NOTHING(links->client(NULL));
    NOTHING(links->of_websocket(self, NULL));
    NOTHING(links->websocket(NULL));
    REFUSED(links->attach(self, NULL, NULL));
    REFUSED(links->request(self, NULL, NULL));
    REFUSED(links->write(self, NULL, 0, NULL, 0));
    REFUSED(links->publish(self, 0, NULL, NULL, 0, NULL));
    REFUSED(links->put(NULL, NULL, 0));
    ZERO(links->take(self, NULL, 0, NULL, NULL));
    links->close(self, NULL, 0, NULL);
    REFUSED(store->provide(self, NULL));
    REFUSED(store->room_restore(self, NULL, NULL, 0, NULL, 0));
    REFUSED(store->stored(self, 0, 0));
    REFUSED(store->failed(self, 0, 0, NULL));
    REFUSED(store->fetched(self, 0, NULL, 0));
    ZERO(store->event_hidden_count(NULL));
    EMPTY(store->event_hidden(NULL, 0));
    NOTHING(store->user_save(self, NULL));
    ZERO(store->user_restore(self, NULL));
    REFUSED(store->event_restore(self, NULL, NULL));
    EMPTY(store->login_token(NULL));
    REFUSED(store->login_restore(self, NULL, NULL));
    store->restore_span(self, &events, &span_ms);
    ZERO(events);
    ZERO(span_ms);
}

static void done(struct chatd_self *of, void *arg)
{
    (void)arg;
    chatd->log(of, CHATD_LOG_INFO, "%d calls, %d of them not refused", calls, wrong);
}

static int start(struct chatd_self *of, const struct chatd_json *saved)
{
    (void)saved;
    self = of;
    json = chatd->iface(of, "json", 1);
    websocket = chatd->iface(of, "websocket", 1);
    stats = chatd->iface(of, "stats", 1);
    http = chatd->iface(of, "http", 1);
    links = chatd->iface(of, "link", 1);
    store = chatd->iface(of, "store", 1);
    return chatd->job(of, call_all, done, NULL);
}

CHATD_MODULE(.name = "threads", .version = "1.0", .about = "calls from a wrong thread",
             .api = &chatd, .start = start);
