#include "plugin/tokens.h"

#include "base/log.h"
#include "chat/login.h"
#include "chat/verb.h"
#include "net/timer.h"
#include "plugin/hooks.h"
#include "plugin/thread.h"

#include <errno.h>
#include <stdlib.h>

enum { TIMEOUT_MAX_MS = 60000 };

enum token_state {
    TOKEN_NEW,     /* the callback that made it has not returned */
    TOKEN_WAITING, /* for resume() or the time */
    TOKEN_ENDED,   /* and `task` takes the verdict to the subject */
};

struct token {
    struct task task;
    struct timer timer;
    struct token *prev; /* of the same module; those that have not ended */
    struct token *next;
    struct plugins *plugins;
    struct chatd_self *self; /* not to be used after its end */
    struct call_stats *stats;
    struct subject *subject; /* NULL: gone */
    struct hook_place place;
    uint64_t id;
    enum token_state state;
    int verdict;            /* as long as it has not ended: without resume() */
    enum verdict judgement; /* for the task */
};

static struct token *find(struct chatd_self *self, chatd_id id)
{
    struct token *token = idmap_get(&self->plugins->hub->ids, ID_TOKEN, id);

    return token != NULL && token->self == self ? token : NULL;
}

static bool is_verdict(int verdict)
{
    return verdict == CHATD_PASS || verdict == CHATD_DENY || verdict == CHATD_DROP ||
           verdict == CHATD_ACCEPT;
}

/* From now on no id names it. */
static void end(struct token *token, int verdict)
{
    struct chatd_self *self = token->self;

    idmap_remove(&self->plugins->hub->ids, token->id);
    timer_stop(&token->timer);
    if (token->prev != NULL)
        token->prev->next = token->next;
    else
        self->tokens = token->next;
    if (token->next != NULL)
        token->next->prev = token->prev;
    token->state = TOKEN_ENDED;
    token->verdict = verdict;
}

/* ---- The verdict, later ------------------------------------------------------------------- */

static void run_ended(struct task *task)
{
    struct token *token = (struct token *)task;
    struct subject *subject = token->subject;

    if (subject != NULL) {
        subject->waits_on = NULL;
        token->plugins->hub->hops = subject->hops;
        enum verdict verdict = hooks_go_on(token->plugins, subject, token->judgement, token->place);
        if (verdict != VERDICT_PENDING)
            subject->decided(subject, verdict);
        token->plugins->hub->hops = 0;
    }
    free(token);
}

static void end_waiting(struct token *token, int verdict)
{
    end(token, verdict);
    token->judgement = hooks_judge(token->self, token->stats, token->subject, verdict);
    token->task.run = run_ended;
    hub_defer(token->plugins->hub, &token->task);
}

static void end_without_answer(struct token *token, const char *why)
{
    if (token->verdict == CHATD_DENY)
        deny(token->subject->denial, "unavailable", "%s", why);
    end_waiting(token, token->verdict);
}

static void on_time_over(void *arg)
{
    struct token *token = arg;

    log_info(token->self->name, "a verdict did not come in time");
    end_without_answer(token, "there was no answer in time");
}

/* ---- For modules -------------------------------------------------------------------------- */

chatd_id tokens_defer(struct chatd_self *self, int64_t timeout_ms, int otherwise)
{
    SERVERS_THREAD_ONLY("defer", 0);
    struct activation *current = self->plugins->current;

    if (current == NULL || current->self != self || current->subject == NULL ||
        current->token != NULL || timeout_ms < 1 || timeout_ms > TIMEOUT_MAX_MS ||
        !is_verdict(otherwise)) {
        log_warn(self->name, "defer() where no verdict can be put off, or with a wrong argument");
        return 0;
    }
    struct token *token = calloc(1, sizeof(*token));
    if (token == NULL)
        return 0;
    *token = (struct token){
        .plugins = self->plugins,
        .self = self,
        .stats = current->stats,
        .subject = current->subject,
        .verdict = otherwise,
    };
    token->id = idmap_add(&self->plugins->hub->ids, ID_TOKEN, token);
    if (token->id == 0) {
        free(token);
        return 0;
    }
    timer_init(&token->timer, self->plugins->hub->loop, on_time_over, token);
    timer_start(&token->timer, timeout_ms, 0);
    token->next = self->tokens;
    if (token->next != NULL)
        token->next->prev = token;
    self->tokens = token;
    current->token = token;
    return token->id;
}

int tokens_resume(struct chatd_self *self, chatd_id id, int verdict, const char *code,
                  const char *text)
{
    SERVERS_THREAD_ONLY("resume", -EPERM);
    struct token *token = find(self, id);

    if (token == NULL)
        return -ENOENT;
    if (!is_verdict(verdict))
        return -EINVAL;
    if (verdict == CHATD_DENY)
        activation_deny(token->subject->denial, code, text);
    if (token->state == TOKEN_WAITING)
        end_waiting(token, verdict);
    else
        end(token, verdict);
    return 0;
}

static void *subject_of(struct chatd_self *self, chatd_id id, enum hook_point point)
{
    struct token *token = find(self, id);

    return token != NULL && token->subject->point == point ? token->subject : NULL;
}

/* The subject is the first member of all of them. */
struct chatd_msg *tokens_msg(struct chatd_self *self, chatd_id id)
{
    SERVERS_THREAD_ONLY("pending_msg", NULL);
    return message_out(subject_of(self, id, HOOK_MESSAGE));
}

struct chatd_call *tokens_call(struct chatd_self *self, chatd_id id)
{
    SERVERS_THREAD_ONLY("pending_call", NULL);
    return call_out(subject_of(self, id, HOOK_CALL));
}

struct chatd_join *tokens_join(struct chatd_self *self, chatd_id id)
{
    SERVERS_THREAD_ONLY("pending_join", NULL);
    return joining_out(subject_of(self, id, HOOK_JOIN));
}

struct chatd_login *tokens_login(struct chatd_self *self, chatd_id id)
{
    SERVERS_THREAD_ONLY("pending_login", NULL);
    return login_out(subject_of(self, id, HOOK_AUTH));
}

struct chatd_request *tokens_request(struct chatd_self *self, chatd_id id)
{
    SERVERS_THREAD_ONLY("http.pending", NULL);
    return subject_of(self, id, HOOK_REQUEST);
}

/* ---- For the chains ----------------------------------------------------------------------- */

int tokens_settle(struct activation *activation, int answer, struct hook_place place)
{
    struct token *token = activation->token;

    if (token == NULL)
        return answer;
    if (answer == CHATD_PENDING && token->state == TOKEN_NEW) {
        token->state = TOKEN_WAITING;
        token->place = place;
        token->subject->waits_on = token;
        activation->stats->numbers.pending++;
        return CHATD_PENDING;
    }
    /* It was resumed in the callback already, or the callback changed its mind. */
    if (token->state != TOKEN_ENDED)
        end(token, answer);
    answer = answer == CHATD_PENDING ? token->verdict : answer;
    free(token);
    return answer;
}

void tokens_end(struct chatd_self *self)
{
    while (self->tokens != NULL)
        end_without_answer(self->tokens, "the module that was asked has ended");
}

void tokens_forget(void *plugins, struct subject *subject)
{
    struct token *token = subject->waits_on;

    (void)plugins;
    subject->waits_on = NULL;
    token->subject = NULL;
    if (token->state == TOKEN_ENDED)
        return; /* its task frees it */
    end(token, CHATD_DROP);
    free(token);
}
