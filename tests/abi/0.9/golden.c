/* Written by tests/abi/record: what chatd-module.h 0.9 promised. Compiled with today's. */
#include <chatd-module.h>

#define MEMBER(type, member, offset, ...)                                                          \
    _Static_assert(offsetof(type, member) == (offset), #type "." #member " has moved");            \
    _Static_assert(                                                                                \
        __builtin_types_compatible_p(__typeof__(((type *)0)->member), __typeof__(__VA_ARGS__)),    \
        #type "." #member " has another type")
#define GROWS(type, size) _Static_assert(sizeof(type) >= (size), #type " is shorter")
#define STAYS(type, size) _Static_assert(sizeof(type) == (size), #type " has another size")
#define FUNCTION(type, ...)                                                                        \
    _Static_assert(__builtin_types_compatible_p(type, __typeof__(__VA_ARGS__)),                    \
                   #type " is another function")
#define NUMBER(name, value) _Static_assert((name) == (value), #name " has another value")

_Static_assert(sizeof(void *) == 8 && sizeof(int) == 4 && sizeof(long) == 8, "an LP64 machine");
_Static_assert(CHATD_ABI_MAJOR == 0 && CHATD_ABI_MINOR >= 9, "the version goes up");

NUMBER(CHATD_MODULE_MAGIC, 1128808788);
NUMBER(CHATD_PASS, 0);
NUMBER(CHATD_DENY, 1);
NUMBER(CHATD_DROP, 2);
NUMBER(CHATD_ACCEPT, 3);
NUMBER(CHATD_PENDING, 4);
NUMBER(CHATD_LOG_ERROR, 0);
NUMBER(CHATD_LOG_WARN, 1);
NUMBER(CHATD_LOG_INFO, 2);
NUMBER(CHATD_LOG_DEBUG, 3);
NUMBER(CHATD_BOOL, 1);
NUMBER(CHATD_INT, 2);
NUMBER(CHATD_SIZE, 3);
NUMBER(CHATD_DURATION, 4);
NUMBER(CHATD_STRING, 5);
NUMBER(CHATD_PATH, 6);
NUMBER(CHATD_ENUM, 7);
NUMBER(CHATD_LIST, 8);
NUMBER(CHATD_HOOK_JOIN, 1);
NUMBER(CHATD_HOOK_MESSAGE, 2);
NUMBER(CHATD_HOOK_SENT, 3);
NUMBER(CHATD_HOOK_JOINED, 4);
NUMBER(CHATD_HOOK_LEFT, 5);
NUMBER(CHATD_HOOK_OPENED, 6);
NUMBER(CHATD_HOOK_CLOSED, 7);
NUMBER(CHATD_HOOK_ROOM_STATE, 8);
NUMBER(CHATD_HOOK_LOG_REOPEN, 9);
NUMBER(CHATD_HOOK_AUTH, 10);
NUMBER(CHATD_HOOK_PRESENCE, 11);
NUMBER(CHATD_HOOK_DELIVER, 12);
NUMBER(CHATD_HOOK_RELOAD, 13);
NUMBER(CHATD_HOOK_EVENT, 14);
NUMBER(CHATD_HOOK_REQUEST, 15);
NUMBER(CHATD_VERB_ROOM, 1);
NUMBER(CHATD_SLOT_ROOM, 1);
NUMBER(CHATD_SLOT_MEMBER, 2);
NUMBER(CHATD_SLOT_CLIENT, 3);
NUMBER(CHATD_SLOT_USER, 4);
NUMBER(CHATD_READ, 1);
NUMBER(CHATD_WRITE, 2);

FUNCTION(chatd_request_fn, int (struct chatd_self *self, struct chatd_request *request));
FUNCTION(chatd_auth_fn, int (struct chatd_self *self, struct chatd_login *login));
FUNCTION(chatd_join_fn, int (struct chatd_self *self, struct chatd_join *join));
FUNCTION(chatd_message_fn, int (struct chatd_self *self, struct chatd_msg *msg));
FUNCTION(chatd_sent_fn, void (struct chatd_self *self, struct chatd_msg *msg));
FUNCTION(chatd_deliver_fn, int (struct chatd_self *self, struct chatd_msg *msg, struct chatd_user *to));
FUNCTION(chatd_member_fn, void (struct chatd_self *self, struct chatd_user *user, struct chatd_room *room));
FUNCTION(chatd_client_fn, void (struct chatd_self *self, struct chatd_client *client));
FUNCTION(chatd_presence_fn, void (struct chatd_self *self, struct chatd_user *user, int online));
FUNCTION(chatd_room_state_fn, void (struct chatd_self *self, struct chatd_user *user, struct chatd_room *room, struct chatd_json *answer));
FUNCTION(chatd_log_reopen_fn, void (struct chatd_self *self));
FUNCTION(chatd_event_fn, void (struct chatd_self *self, struct chatd_room *room, struct chatd_event *event));
FUNCTION(chatd_reload_fn, void (struct chatd_self *self));
FUNCTION(chatd_call_fn, int (struct chatd_self *self, struct chatd_call *call));
FUNCTION(chatd_watch_fn, void (struct chatd_self *self, int fd, unsigned events, void *arg));
FUNCTION(chatd_post_fn, void (struct chatd_self *self, void *arg));
FUNCTION(chatd_service_fn, void (struct chatd_self *self, const char *name, const void *table, void *arg));
FUNCTION(chatd_timer_fn, void (struct chatd_self *self, void *arg));
FUNCTION(chatd_work_fn, void (void *arg));
FUNCTION(chatd_done_fn, void (struct chatd_self *self, void *arg));
FUNCTION(chatd_room_each_fn, int (struct chatd_self *self, struct chatd_room *room, void *arg));
FUNCTION(chatd_client_each_fn, int (struct chatd_self *self, struct chatd_client *client, void *arg));
FUNCTION(chatd_user_each_fn, int (struct chatd_self *self, struct chatd_user *user, void *arg));
FUNCTION(chatd_command_each_fn, void (struct chatd_self *self, const struct chatd_command *command, const char *module, void *arg));
FUNCTION(chatd_json_each_fn, int (const char *key, const struct chatd_json *value, void *arg));
FUNCTION(chatd_stats_each_fn, void (struct chatd_self *self, const char *module, const char *point, const struct chatd_stats *stats, void *arg));
FUNCTION(chatd_counter_each_fn, void (struct chatd_self *self, const char *name, uint64_t value, void *arg));
FUNCTION(chatd_take_fn, void (struct chatd_self *self, int binary, const char *data, size_t n, void *arg));

STAYS(struct chatd_str, 16);
MEMBER(struct chatd_str, p, 0, const char *);
MEMBER(struct chatd_str, n, 8, size_t);

GROWS(struct chatd_option, 64);
MEMBER(struct chatd_option, size, 0, size_t);
MEMBER(struct chatd_option, name, 8, const char *);
MEMBER(struct chatd_option, type, 16, int);
MEMBER(struct chatd_option, fallback, 24, const char *);
MEMBER(struct chatd_option, min, 32, int64_t);
MEMBER(struct chatd_option, max, 40, int64_t);
MEMBER(struct chatd_option, words, 48, const char *);
MEMBER(struct chatd_option, help, 56, const char *);

GROWS(struct chatd_hook, 24);
MEMBER(struct chatd_hook, size, 0, size_t);
MEMBER(struct chatd_hook, point, 8, int);
MEMBER(struct chatd_hook, priority, 12, int);
MEMBER(struct chatd_hook, fn, 16, chatd_fn);

GROWS(struct chatd_verb, 40);
MEMBER(struct chatd_verb, size, 0, size_t);
MEMBER(struct chatd_verb, type, 8, const char *);
MEMBER(struct chatd_verb, flags, 16, uint32_t);
MEMBER(struct chatd_verb, limit, 20, uint32_t);
MEMBER(struct chatd_verb, every_ms, 24, uint32_t);
MEMBER(struct chatd_verb, fn, 32, chatd_call_fn *);

GROWS(struct chatd_command, 40);
MEMBER(struct chatd_command, size, 0, size_t);
MEMBER(struct chatd_command, name, 8, const char *);
MEMBER(struct chatd_command, usage, 16, const char *);
MEMBER(struct chatd_command, help, 24, const char *);
MEMBER(struct chatd_command, fn, 32, chatd_call_fn *);

GROWS(struct chatd_slot_ops, 40);
MEMBER(struct chatd_slot_ops, size, 0, size_t);
MEMBER(struct chatd_slot_ops, name, 8, const char *);
MEMBER(struct chatd_slot_ops, free, 16, void (*)(void *data));
MEMBER(struct chatd_slot_ops, save, 24, struct chatd_json *(*)(struct chatd_self *self, void *data));
MEMBER(struct chatd_slot_ops, load, 32, void *(*)(struct chatd_self *self, chatd_id object, const struct chatd_json *saved));

GROWS(struct chatd_api, 720);
MEMBER(struct chatd_api, size, 0, size_t);
MEMBER(struct chatd_api, major, 8, uint16_t);
MEMBER(struct chatd_api, minor, 10, uint16_t);
MEMBER(struct chatd_api, log, 16, void (*)(struct chatd_self *self, int level, const char *format, ...));
MEMBER(struct chatd_api, iface, 24, const void *(*)(struct chatd_self *self, const char *name, unsigned version));
MEMBER(struct chatd_api, now_ms, 32, int64_t (*)(struct chatd_self *self));
MEMBER(struct chatd_api, data_dir, 40, struct chatd_str (*)(struct chatd_self *self));
MEMBER(struct chatd_api, option_int, 48, int64_t (*)(struct chatd_self *self, const char *name));
MEMBER(struct chatd_api, option_str, 56, struct chatd_str (*)(struct chatd_self *self, const char *name));
MEMBER(struct chatd_api, option_count, 64, size_t (*)(struct chatd_self *self, const char *name));
MEMBER(struct chatd_api, option_item, 72, struct chatd_str (*)(struct chatd_self *self, const char *name, size_t i));
MEMBER(struct chatd_api, option_error, 80, int (*)(struct chatd_self *self, const char *name, const char *format, ...));
MEMBER(struct chatd_api, deny, 88, int (*)(struct chatd_self *self, const char *code, const char *text));
MEMBER(struct chatd_api, defer, 96, chatd_id (*)(struct chatd_self *self, int64_t timeout_ms, int otherwise));
MEMBER(struct chatd_api, resume, 104, int (*)(struct chatd_self *self, chatd_id token, int verdict, const char *code, const char *text));
MEMBER(struct chatd_api, pending_msg, 112, struct chatd_msg *(*)(struct chatd_self *self, chatd_id token));
MEMBER(struct chatd_api, pending_call, 120, struct chatd_call *(*)(struct chatd_self *self, chatd_id token));
MEMBER(struct chatd_api, pending_join, 128, struct chatd_join *(*)(struct chatd_self *self, chatd_id token));
MEMBER(struct chatd_api, pending_login, 136, struct chatd_login *(*)(struct chatd_self *self, chatd_id token));
MEMBER(struct chatd_api, login_nick, 144, struct chatd_str (*)(struct chatd_login *login));
MEMBER(struct chatd_api, login_set_nick, 152, int (*)(struct chatd_self *self, struct chatd_login *login, const char *nick, size_t n));
MEMBER(struct chatd_api, login_json, 160, const struct chatd_json *(*)(struct chatd_login *login));
MEMBER(struct chatd_api, login_address, 168, struct chatd_str (*)(struct chatd_login *login));
MEMBER(struct chatd_api, join_user, 176, struct chatd_user *(*)(struct chatd_join *join));
MEMBER(struct chatd_api, join_room, 184, struct chatd_room *(*)(struct chatd_join *join));
MEMBER(struct chatd_api, join_client, 192, struct chatd_client *(*)(struct chatd_join *join));
MEMBER(struct chatd_api, join_json, 200, const struct chatd_json *(*)(struct chatd_join *join));
MEMBER(struct chatd_api, user_id, 208, chatd_id (*)(struct chatd_user *user));
MEMBER(struct chatd_api, user_by_id, 216, struct chatd_user *(*)(struct chatd_self *self, chatd_id id));
MEMBER(struct chatd_api, user_by_nick, 224, struct chatd_user *(*)(struct chatd_self *self, const char *nick, size_t n));
MEMBER(struct chatd_api, user_nick, 232, struct chatd_str (*)(struct chatd_user *user));
MEMBER(struct chatd_api, user_public_id, 240, struct chatd_str (*)(struct chatd_user *user));
MEMBER(struct chatd_api, user_is_bot, 248, int (*)(struct chatd_user *user));
MEMBER(struct chatd_api, users_each, 256, int (*)(struct chatd_self *self, chatd_user_each_fn *fn, void *arg));
MEMBER(struct chatd_api, user_rooms_each, 264, int (*)(struct chatd_self *self, struct chatd_user *user, chatd_room_each_fn *fn, void *arg));
MEMBER(struct chatd_api, user_clients_each, 272, int (*)(struct chatd_self *self, struct chatd_user *user, chatd_client_each_fn *fn, void *arg));
MEMBER(struct chatd_api, client_id, 280, chatd_id (*)(struct chatd_client *client));
MEMBER(struct chatd_api, client_by_id, 288, struct chatd_client *(*)(struct chatd_self *self, chatd_id id));
MEMBER(struct chatd_api, client_user, 296, struct chatd_user *(*)(struct chatd_client *client));
MEMBER(struct chatd_api, client_address, 304, struct chatd_str (*)(struct chatd_client *client));
MEMBER(struct chatd_api, rooms_each, 312, int (*)(struct chatd_self *self, chatd_room_each_fn *fn, void *arg));
MEMBER(struct chatd_api, room_id, 320, chatd_id (*)(struct chatd_room *room));
MEMBER(struct chatd_api, room_by_id, 328, struct chatd_room *(*)(struct chatd_self *self, chatd_id id));
MEMBER(struct chatd_api, room_by_name, 336, struct chatd_room *(*)(struct chatd_self *self, const char *name, size_t n));
MEMBER(struct chatd_api, room_name, 344, struct chatd_str (*)(struct chatd_room *room));
MEMBER(struct chatd_api, room_member_count, 352, size_t (*)(struct chatd_room *room));
MEMBER(struct chatd_api, room_members_each, 360, int (*)(struct chatd_self *self, struct chatd_room *room, chatd_user_each_fn *fn, void *arg));
MEMBER(struct chatd_api, member_id, 368, chatd_id (*)(struct chatd_room *room, struct chatd_user *user));
MEMBER(struct chatd_api, slot_new, 376, int (*)(struct chatd_self *self, int kind, const struct chatd_slot_ops *ops));
MEMBER(struct chatd_api, slot_get, 384, void *(*)(struct chatd_self *self, int slot, chatd_id object));
MEMBER(struct chatd_api, slot_set, 392, int (*)(struct chatd_self *self, int slot, chatd_id object, void *data));
MEMBER(struct chatd_api, msg_room, 400, struct chatd_room *(*)(struct chatd_msg *msg));
MEMBER(struct chatd_api, msg_user, 408, struct chatd_user *(*)(struct chatd_msg *msg));
MEMBER(struct chatd_api, msg_text, 416, struct chatd_str (*)(struct chatd_msg *msg));
MEMBER(struct chatd_api, msg_set_text, 424, int (*)(struct chatd_self *self, struct chatd_msg *msg, const char *text, size_t n));
MEMBER(struct chatd_api, msg_seq, 432, int64_t (*)(struct chatd_msg *msg));
MEMBER(struct chatd_api, msg_ts, 440, int64_t (*)(struct chatd_msg *msg));
MEMBER(struct chatd_api, event_type, 448, struct chatd_str (*)(struct chatd_event *event));
MEMBER(struct chatd_api, event_seq, 456, int64_t (*)(struct chatd_event *event));
MEMBER(struct chatd_api, event_ts, 464, int64_t (*)(struct chatd_event *event));
MEMBER(struct chatd_api, event_user, 472, struct chatd_user *(*)(struct chatd_event *event));
MEMBER(struct chatd_api, event_json, 480, struct chatd_str (*)(struct chatd_event *event));
MEMBER(struct chatd_api, event_cid, 488, struct chatd_str (*)(struct chatd_event *event));
MEMBER(struct chatd_api, call_client, 496, struct chatd_client *(*)(struct chatd_call *call));
MEMBER(struct chatd_api, call_user, 504, struct chatd_user *(*)(struct chatd_call *call));
MEMBER(struct chatd_api, call_room, 512, struct chatd_room *(*)(struct chatd_call *call));
MEMBER(struct chatd_api, call_text, 520, struct chatd_str (*)(struct chatd_call *call));
MEMBER(struct chatd_api, call_json, 528, const struct chatd_json *(*)(struct chatd_call *call));
MEMBER(struct chatd_api, call_reply, 536, int (*)(struct chatd_self *self, struct chatd_call *call, const char *text, size_t n));
MEMBER(struct chatd_api, call_answer, 544, int (*)(struct chatd_self *self, struct chatd_call *call, const struct chatd_json *fields));
MEMBER(struct chatd_api, bot_new, 552, chatd_id (*)(struct chatd_self *self, const char *nick));
MEMBER(struct chatd_api, say, 560, int (*)(struct chatd_self *self, chatd_id bot, struct chatd_room *room, const char *text, size_t n));
MEMBER(struct chatd_api, bot_join, 568, int (*)(struct chatd_self *self, chatd_id bot, const char *room, size_t n));
MEMBER(struct chatd_api, bot_leave, 576, int (*)(struct chatd_self *self, chatd_id bot, struct chatd_room *room));
MEMBER(struct chatd_api, notice, 584, int (*)(struct chatd_self *self, chatd_id bot, struct chatd_user *user, struct chatd_room *room, const char *text, size_t n));
MEMBER(struct chatd_api, room_event, 592, int (*)(struct chatd_self *self, struct chatd_room *room, const char *type, const struct chatd_json *fields, struct chatd_user *except));
MEMBER(struct chatd_api, room_event_durable, 600, int (*)(struct chatd_self *self, struct chatd_room *room, struct chatd_user *from, const char *type, const struct chatd_json *fields));
MEMBER(struct chatd_api, room_topic, 608, struct chatd_str (*)(struct chatd_room *room));
MEMBER(struct chatd_api, room_set_topic, 616, int (*)(struct chatd_self *self, struct chatd_room *room, struct chatd_user *by, const char *text, size_t n));
MEMBER(struct chatd_api, kick, 624, int (*)(struct chatd_self *self, struct chatd_room *room, struct chatd_user *user, const char *reason));
MEMBER(struct chatd_api, client_close, 632, int (*)(struct chatd_self *self, struct chatd_client *client, unsigned code, const char *reason));
MEMBER(struct chatd_api, timer_start, 640, chatd_id (*)(struct chatd_self *self, int64_t after_ms, int64_t every_ms, chatd_timer_fn *fn, void *arg));
MEMBER(struct chatd_api, timer_stop, 648, void (*)(struct chatd_self *self, chatd_id timer));
MEMBER(struct chatd_api, watch_start, 656, chatd_id (*)(struct chatd_self *self, int fd, unsigned events, chatd_watch_fn *fn, void *arg));
MEMBER(struct chatd_api, watch_set, 664, int (*)(struct chatd_self *self, chatd_id watch, unsigned events));
MEMBER(struct chatd_api, watch_stop, 672, void (*)(struct chatd_self *self, chatd_id watch));
MEMBER(struct chatd_api, post, 680, int (*)(struct chatd_self *self, chatd_post_fn *fn, void *arg));
MEMBER(struct chatd_api, job, 688, int (*)(struct chatd_self *self, chatd_work_fn *work, chatd_done_fn *done, void *arg));
MEMBER(struct chatd_api, service_provide, 696, int (*)(struct chatd_self *self, const char *name, unsigned version, const void *table));
MEMBER(struct chatd_api, service_use, 704, const void *(*)(struct chatd_self *self, const char *name, unsigned version, chatd_service_fn *fn, void *arg));
MEMBER(struct chatd_api, command_each, 712, void (*)(struct chatd_self *self, chatd_command_each_fn *fn, void *arg));

GROWS(struct chatd_json_api, 176);
MEMBER(struct chatd_json_api, size, 0, size_t);
MEMBER(struct chatd_json_api, object, 8, struct chatd_json *(*)(void));
MEMBER(struct chatd_json_api, array, 16, struct chatd_json *(*)(void));
MEMBER(struct chatd_json_api, free, 24, void (*)(struct chatd_json *json));
MEMBER(struct chatd_json_api, parse, 32, struct chatd_json *(*)(const char *text, size_t n));
MEMBER(struct chatd_json_api, text, 40, char *(*)(const struct chatd_json *json));
MEMBER(struct chatd_json_api, text_free, 48, void (*)(char *text));
MEMBER(struct chatd_json_api, get, 56, const struct chatd_json *(*)(const struct chatd_json *object, const char *key));
MEMBER(struct chatd_json_api, count, 64, size_t (*)(const struct chatd_json *array));
MEMBER(struct chatd_json_api, item, 72, const struct chatd_json *(*)(const struct chatd_json *array, size_t i));
MEMBER(struct chatd_json_api, str, 80, const char *(*)(const struct chatd_json *json, const char *fallback));
MEMBER(struct chatd_json_api, integer, 88, int64_t (*)(const struct chatd_json *json, int64_t fallback));
MEMBER(struct chatd_json_api, boolean, 96, int (*)(const struct chatd_json *json, int fallback));
MEMBER(struct chatd_json_api, set, 104, int (*)(struct chatd_json *object, const char *key, struct chatd_json *value));
MEMBER(struct chatd_json_api, set_str, 112, int (*)(struct chatd_json *object, const char *key, const char *text, size_t n));
MEMBER(struct chatd_json_api, set_int, 120, int (*)(struct chatd_json *object, const char *key, int64_t value));
MEMBER(struct chatd_json_api, set_bool, 128, int (*)(struct chatd_json *object, const char *key, int value));
MEMBER(struct chatd_json_api, add, 136, int (*)(struct chatd_json *array, struct chatd_json *value));
MEMBER(struct chatd_json_api, add_str, 144, int (*)(struct chatd_json *array, const char *text, size_t n));
MEMBER(struct chatd_json_api, add_int, 152, int (*)(struct chatd_json *array, int64_t value));
MEMBER(struct chatd_json_api, copy, 160, struct chatd_json *(*)(const struct chatd_json *json));
MEMBER(struct chatd_json_api, each, 168, int (*)(const struct chatd_json *json, chatd_json_each_fn *fn, void *arg));

GROWS(struct chatd_stats, 256);
MEMBER(struct chatd_stats, size, 0, size_t);
MEMBER(struct chatd_stats, calls, 8, uint64_t);
MEMBER(struct chatd_stats, total_ns, 16, uint64_t);
MEMBER(struct chatd_stats, max_ns, 24, uint64_t);
MEMBER(struct chatd_stats, slow, 32, uint64_t);
MEMBER(struct chatd_stats, denied, 40, uint64_t);
MEMBER(struct chatd_stats, dropped, 48, uint64_t);
MEMBER(struct chatd_stats, pending, 56, uint64_t);
MEMBER(struct chatd_stats, histogram, 64, uint64_t[24]);

GROWS(struct chatd_stats_api, 24);
MEMBER(struct chatd_stats_api, size, 0, size_t);
MEMBER(struct chatd_stats_api, each, 8, void (*)(struct chatd_self *self, chatd_stats_each_fn *fn, void *arg));
MEMBER(struct chatd_stats_api, counters_each, 16, void (*)(struct chatd_self *self, chatd_counter_each_fn *fn, void *arg));

GROWS(struct chatd_ws_ops, 48);
MEMBER(struct chatd_ws_ops, size, 0, size_t);
MEMBER(struct chatd_ws_ops, max_message, 8, size_t);
MEMBER(struct chatd_ws_ops, subprotocol, 16, const char *);
MEMBER(struct chatd_ws_ops, open, 24, void (*)(struct chatd_self *self, struct chatd_ws *ws));
MEMBER(struct chatd_ws_ops, message, 32, void (*)(struct chatd_self *self, struct chatd_ws *ws, int binary, const char *data, size_t n));
MEMBER(struct chatd_ws_ops, close, 40, void (*)(struct chatd_self *self, struct chatd_ws *ws, unsigned code));

GROWS(struct chatd_websocket_api, 56);
MEMBER(struct chatd_websocket_api, size, 0, size_t);
MEMBER(struct chatd_websocket_api, serve, 8, int (*)(struct chatd_self *self, const char *path, const struct chatd_ws_ops *ops));
MEMBER(struct chatd_websocket_api, id, 16, chatd_id (*)(struct chatd_ws *ws));
MEMBER(struct chatd_websocket_api, by_id, 24, struct chatd_ws *(*)(struct chatd_self *self, chatd_id id));
MEMBER(struct chatd_websocket_api, request, 32, struct chatd_request *(*)(struct chatd_ws *ws));
MEMBER(struct chatd_websocket_api, send, 40, int (*)(struct chatd_self *self, struct chatd_ws *ws, int binary, const char *data, size_t n));
MEMBER(struct chatd_websocket_api, close, 48, int (*)(struct chatd_self *self, struct chatd_ws *ws, unsigned code, const char *reason));

GROWS(struct chatd_http_ops, 48);
MEMBER(struct chatd_http_ops, size, 0, size_t);
MEMBER(struct chatd_http_ops, max_body, 8, size_t);
MEMBER(struct chatd_http_ops, timeout_ms, 16, int64_t);
MEMBER(struct chatd_http_ops, request, 24, void (*)(struct chatd_self *self, struct chatd_request *request));
MEMBER(struct chatd_http_ops, gone, 32, void (*)(struct chatd_self *self, chatd_id request));
MEMBER(struct chatd_http_ops, websocket, 40, const struct chatd_ws_ops *);

STAYS(struct chatd_header, 16);
MEMBER(struct chatd_header, name, 0, const char *);
MEMBER(struct chatd_header, value, 8, const char *);

GROWS(struct chatd_http_api, 104);
MEMBER(struct chatd_http_api, size, 0, size_t);
MEMBER(struct chatd_http_api, serve, 8, int (*)(struct chatd_self *self, const char *path, const struct chatd_http_ops *ops));
MEMBER(struct chatd_http_api, id, 16, chatd_id (*)(struct chatd_request *request));
MEMBER(struct chatd_http_api, by_id, 24, struct chatd_request *(*)(struct chatd_self *self, chatd_id id));
MEMBER(struct chatd_http_api, pending, 32, struct chatd_request *(*)(struct chatd_self *self, chatd_id token));
MEMBER(struct chatd_http_api, method, 40, struct chatd_str (*)(struct chatd_request *request));
MEMBER(struct chatd_http_api, path, 48, struct chatd_str (*)(struct chatd_request *request));
MEMBER(struct chatd_http_api, query, 56, struct chatd_str (*)(struct chatd_request *request));
MEMBER(struct chatd_http_api, header, 64, struct chatd_str (*)(struct chatd_request *request, const char *name));
MEMBER(struct chatd_http_api, body, 72, struct chatd_str (*)(struct chatd_request *request));
MEMBER(struct chatd_http_api, address, 80, struct chatd_str (*)(struct chatd_request *request));
MEMBER(struct chatd_http_api, respond, 88, int (*)(struct chatd_self *self, struct chatd_request *request, int status, const struct chatd_header *headers, const char *body, size_t n));
MEMBER(struct chatd_http_api, upgrade, 96, int (*)(struct chatd_self *self, struct chatd_request *request));

GROWS(struct chatd_link_ops, 40);
MEMBER(struct chatd_link_ops, size, 0, size_t);
MEMBER(struct chatd_link_ops, encode, 8, void (*)(struct chatd_self *self, struct chatd_out *out, struct chatd_str type, struct chatd_str json));
MEMBER(struct chatd_link_ops, event, 16, void (*)(struct chatd_self *self, struct chatd_link *link, struct chatd_str type, struct chatd_str json));
MEMBER(struct chatd_link_ops, waiting, 24, void (*)(struct chatd_self *self, struct chatd_link *link));
MEMBER(struct chatd_link_ops, closed, 32, void (*)(struct chatd_self *self, struct chatd_link *link, unsigned code, const char *reason));

GROWS(struct chatd_link_api, 128);
MEMBER(struct chatd_link_api, size, 0, size_t);
MEMBER(struct chatd_link_api, kind, 8, int (*)(struct chatd_self *self, const char *name, const struct chatd_link_ops *ops));
MEMBER(struct chatd_link_api, open, 16, chatd_id (*)(struct chatd_self *self, int kind, struct chatd_request *request));
MEMBER(struct chatd_link_api, id, 24, chatd_id (*)(struct chatd_link *link));
MEMBER(struct chatd_link_api, by_id, 32, struct chatd_link *(*)(struct chatd_self *self, chatd_id id));
MEMBER(struct chatd_link_api, of_client, 40, struct chatd_link *(*)(struct chatd_self *self, struct chatd_client *client));
MEMBER(struct chatd_link_api, client, 48, struct chatd_client *(*)(struct chatd_link *link));
MEMBER(struct chatd_link_api, of_websocket, 56, struct chatd_link *(*)(struct chatd_self *self, struct chatd_ws *ws));
MEMBER(struct chatd_link_api, websocket, 64, struct chatd_ws *(*)(struct chatd_link *link));
MEMBER(struct chatd_link_api, attach, 72, int (*)(struct chatd_self *self, struct chatd_link *link, struct chatd_ws *ws));
MEMBER(struct chatd_link_api, request, 80, int (*)(struct chatd_self *self, struct chatd_link *link, struct chatd_json *json));
MEMBER(struct chatd_link_api, write, 88, int (*)(struct chatd_self *self, struct chatd_link *link, int binary, const char *data, size_t n));
MEMBER(struct chatd_link_api, publish, 96, int (*)(struct chatd_self *self, int kind, struct chatd_room *room, const char *text, size_t n, struct chatd_user *except));
MEMBER(struct chatd_link_api, put, 104, int (*)(struct chatd_out *out, const char *text, size_t n));
MEMBER(struct chatd_link_api, take, 112, size_t (*)(struct chatd_self *self, struct chatd_link *link, size_t max_bytes, chatd_take_fn *fn, void *arg));
MEMBER(struct chatd_link_api, close, 120, void (*)(struct chatd_self *self, struct chatd_link *link, unsigned code, const char *reason));

GROWS(struct chatd_module_def, 152);
MEMBER(struct chatd_module_def, magic, 0, uint32_t);
MEMBER(struct chatd_module_def, major, 4, uint16_t);
MEMBER(struct chatd_module_def, minor, 6, uint16_t);
MEMBER(struct chatd_module_def, size, 8, size_t);
MEMBER(struct chatd_module_def, need_minor, 16, unsigned);
MEMBER(struct chatd_module_def, name, 24, const char *);
MEMBER(struct chatd_module_def, version, 32, const char *);
MEMBER(struct chatd_module_def, about, 40, const char *);
MEMBER(struct chatd_module_def, api, 48, const struct chatd_api **);
MEMBER(struct chatd_module_def, features, 56, const char *const *);
MEMBER(struct chatd_module_def, auth, 64, const char *const *);
MEMBER(struct chatd_module_def, needs, 72, const char *const *);
MEMBER(struct chatd_module_def, options, 80, const struct chatd_option *);
MEMBER(struct chatd_module_def, hooks, 88, const struct chatd_hook *);
MEMBER(struct chatd_module_def, verbs, 96, const struct chatd_verb *);
MEMBER(struct chatd_module_def, commands, 104, const struct chatd_command *);
MEMBER(struct chatd_module_def, check, 112, int (*)(struct chatd_self *self));
MEMBER(struct chatd_module_def, init, 120, int (*)(struct chatd_self *self));
MEMBER(struct chatd_module_def, start, 128, int (*)(struct chatd_self *self, const struct chatd_json *saved));
MEMBER(struct chatd_module_def, stop, 136, void (*)(struct chatd_self *self, struct chatd_json *save));
MEMBER(struct chatd_module_def, fini, 144, void (*)(struct chatd_self *self));
