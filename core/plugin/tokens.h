/* Verdicts that modules put off: defer() and resume(). */
#ifndef CHATD_PLUGIN_TOKENS_H
#define CHATD_PLUGIN_TOKENS_H

#include "plugin/activation.h"

/* Where a chain goes on: behind what has this place. */
struct hook_place {
    int priority;
    unsigned line;
};

/* For struct chatd_api. */
chatd_id tokens_defer(struct chatd_self *self, int64_t timeout_ms, int otherwise);
int tokens_resume(struct chatd_self *self, chatd_id id, int verdict, const char *code,
                  const char *text);
struct chatd_msg *tokens_msg(struct chatd_self *self, chatd_id id);
struct chatd_call *tokens_call(struct chatd_self *self, chatd_id id);
struct chatd_join *tokens_join(struct chatd_self *self, chatd_id id);
struct chatd_login *tokens_login(struct chatd_self *self, chatd_id id);
struct chatd_request *tokens_request(struct chatd_self *self, chatd_id id);

/* After a call that could put its verdict off: what it answered, in the ABI's terms. CHATD_PENDING
 * when the subject waits from now on; its chain goes on behind `place` then. */
int tokens_settle(struct activation *activation, int answer, struct hook_place place);

/* Ends all tokens of the module with the verdicts that it named for this. */
void tokens_end(struct chatd_self *self);

/* For struct hub_ops. */
void tokens_forget(void *plugins, struct subject *subject);

#endif
