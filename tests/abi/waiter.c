/*
 * Puts its verdicts off: of messages that begin with "wait", joins of rooms and logins with nicks
 * that do, the verb and the command "slow". `/resume VERDICT [TEXT]` ends the oldest wait.
 */
#include "chatd-module.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct chatd_api *chatd;
static const struct chatd_stats_api *stats;

static chatd_id tokens[64];
static size_t n_tokens;

static int begins(struct chatd_str text, const char *with)
{
    return text.n >= strlen(with) && memcmp(text.p, with, strlen(with)) == 0;
}

static int wait(struct chatd_self *self)
{
    const int otherwise = (int)chatd->option_int(self, "otherwise");
    chatd_id token = chatd->defer(self, chatd->option_int(self, "timeout"), otherwise);
    if (token == 0)
        return chatd->deny(self, "no_token", "nothing can be put off here");
    if (n_tokens == sizeof(tokens) / sizeof(tokens[0]))
        abort();
    tokens[n_tokens++] = token;
    return CHATD_PENDING;
}

/* ---- What waits --------------------------------------------------------------------------- */

static int on_message(struct chatd_self *self, struct chatd_msg *msg)
{
    struct chatd_str text = chatd->msg_text(msg);
    if (begins(text, "wait"))
        return wait(self);
    if (begins(text, "at once")) {
        chatd_id token = chatd->defer(self, 1000, CHATD_DENY);
        int second = chatd->defer(self, 1000, CHATD_DENY) != 0;
        int first = chatd->resume(self, token, CHATD_PASS, NULL, NULL);
        int again = chatd->resume(self, token, CHATD_PASS, NULL, NULL);
        char out[64];
        int n = snprintf(out, sizeof(out), "%d %d %d", second, first, again == -ENOENT);
        chatd->msg_set_text(self, msg, out, (size_t)n);
        return CHATD_PENDING;
    }
    if (begins(text, "other verdict")) {
        chatd->defer(self, 1000, CHATD_DENY);
        return CHATD_PASS;
    }
    if (begins(text, "no token"))
        return CHATD_PENDING;
    return CHATD_PASS;
}

/* Behind on_message(): sees what it has let pass. */
static int on_late_message(struct chatd_self *self, struct chatd_msg *msg)
{
    struct chatd_str text = chatd->msg_text(msg);
    if (memchr(text.p, '2', text.n) != NULL && begins(text, "wait"))
        return wait(self);
    if (begins(text, "changed")) {
        char out[80];
        int n = snprintf(out, sizeof(out), "late %s", text.p);
        chatd->msg_set_text(self, msg, out, (size_t)n);
    }
    return CHATD_PASS;
}

static int on_deliver(struct chatd_self *self, struct chatd_msg *msg, struct chatd_user *to)
{
    (void)self;
    (void)msg;
    return begins(chatd->user_nick(to), "deaf") ? CHATD_DROP : CHATD_PASS;
}

static int on_join(struct chatd_self *self, struct chatd_join *join)
{
    return begins(chatd->room_name(chatd->join_room(join)), "wait") ? wait(self) : CHATD_PASS;
}

static int on_auth(struct chatd_self *self, struct chatd_login *login)
{
    struct chatd_str nick = chatd->login_nick(login);
    if (begins(nick, "wait"))
        return wait(self);
    if (begins(nick, "stranger"))
        return chatd->deny(self, "unauthorized", chatd->login_address(login).p);
    if (begins(nick, "alias"))
        return chatd->login_set_nick(self, login, "renamed", 7) == 0 &&
                       chatd->login_set_nick(self, login, "", 0) == -EINVAL &&
                       chatd->login_json(login) != NULL
                   ? CHATD_ACCEPT
                   : CHATD_DENY;
    return begins(nick, "known") ? CHATD_ACCEPT : CHATD_PASS;
}

static void on_presence(struct chatd_self *self, struct chatd_user *user, int online)
{
    chatd->log(self, CHATD_LOG_INFO, "%s is %s", chatd->user_nick(user).p,
               online ? "online" : "offline");
}

static int on_slow(struct chatd_self *self, struct chatd_call *call)
{
    (void)call;
    return wait(self);
}

/* ---- How it ends -------------------------------------------------------------------------- */

static int verdict_of(const char *word)
{
    static const char *const words[] = {"pass", "deny", "drop", "accept"};
    for (int i = 0; i < 4; i++)
        if (strcmp(word, words[i]) == 0)
            return i;
    return 77;
}

/* What waits, and, with a text: a message gets it, a caller sees it, a login takes it as its nick.
 */
static const char *touch(struct chatd_self *self, chatd_id token, const char *text)
{
    struct chatd_msg *msg = chatd->pending_msg(self, token);
    struct chatd_call *call = chatd->pending_call(self, token);
    struct chatd_login *login = chatd->pending_login(self, token);
    size_t n = strlen(text);
    if (msg != NULL) {
        if (n > 0)
            chatd->msg_set_text(self, msg, text, n);
        return "message";
    }
    if (call != NULL) {
        if (n > 0)
            chatd->call_reply(self, call, text, n);
        return "call";
    }
    if (login != NULL) {
        if (n > 0)
            chatd->login_set_nick(self, login, text, n);
        return "login";
    }
    return "other";
}

static int on_resume(struct chatd_self *self, struct chatd_call *call)
{
    char word[16] = "";
    char text[64] = "";
    char out[128];
    if (n_tokens == 0)
        return chatd->deny(self, "not_found", "nothing waits");
    chatd_id token = tokens[0];
    memmove(tokens, tokens + 1, --n_tokens * sizeof(tokens[0]));
    sscanf(chatd->call_text(call).p, "%15s %63[^\n]", word, text);
    const char *kind = touch(self, token, text);
    int result = chatd->resume(self, token, verdict_of(word), "said_no", "no, after a while");
    int n = snprintf(out, sizeof(out), "%s %d", kind, result);
    chatd->call_reply(self, call, out, (size_t)n);
    return CHATD_ACCEPT;
}

static void on_stats_of(struct chatd_self *self, const char *module, const char *point,
                        const struct chatd_stats *of, void *arg)
{
    char out[200];
    uint64_t calls = 0;
    for (size_t i = 0; i < sizeof(of->histogram) / sizeof(of->histogram[0]); i++)
        calls += of->histogram[i];
    int n = snprintf(out, sizeof(out), "%s %s calls=%d denied=%d dropped=%d pending=%d good=%d",
                     module, point, (int)of->calls, (int)of->denied, (int)of->dropped,
                     (int)of->pending, calls == of->calls && of->max_ns <= of->total_ns);
    chatd->call_reply(self, arg, out, (size_t)n);
}

static void on_counter(struct chatd_self *self, const char *name, uint64_t value, void *arg)
{
    char out[64];
    if (strcmp(name, "messages") != 0)
        return;
    int n = snprintf(out, sizeof(out), "messages %d", (int)value);
    chatd->call_reply(self, arg, out, (size_t)n);
}

static int on_stats(struct chatd_self *self, struct chatd_call *call)
{
    stats->each(self, on_stats_of, call);
    stats->counters_each(self, on_counter, call);
    return CHATD_ACCEPT;
}

static int on_crash(struct chatd_self *self, struct chatd_call *call)
{
    (void)self;
    (void)call;
    abort();
}

static void work_crash(void *arg)
{
    (void)arg;
    abort();
}

static int on_crash_job(struct chatd_self *self, struct chatd_call *call)
{
    (void)call;
    chatd->job(self, work_crash, NULL, NULL);
    return CHATD_ACCEPT;
}

/* ---- Tables ------------------------------------------------------------------------------- */

static const struct chatd_option options[] = {
    CHATD_OPTION_RANGE("timeout", CHATD_DURATION, "60s", 0, 3600000, "until it is otherwise"),
    CHATD_OPTION_ENUM("otherwise", "deny", "pass|deny|drop|accept", "the verdict then"),
    CHATD_END,
};

static const struct chatd_hook hooks[] = {
    CHATD_ON_MESSAGE(on_message, 0),
    CHATD_ON_MESSAGE(on_late_message, 5),
    CHATD_ON_DELIVER(on_deliver, 0),
    CHATD_ON_JOIN(on_join, 0),
    CHATD_ON_AUTH(on_auth, 0),
    CHATD_ON_PRESENCE(on_presence, 0),
    CHATD_END,
};

static const struct chatd_verb verbs[] = {
    CHATD_VERB("slow", CHATD_VERB_ROOM, 0, 0, on_slow),
    CHATD_END,
};

static const struct chatd_command commands[] = {
    CHATD_COMMAND("slow", "", "", on_slow),           CHATD_COMMAND("resume", "", "", on_resume),
    CHATD_COMMAND("stats", "", "", on_stats),         CHATD_COMMAND("crash", "", "", on_crash),
    CHATD_COMMAND("crash_job", "", "", on_crash_job), CHATD_END,
};

static const char *const auth[] = {"alias", NULL};

static int init(struct chatd_self *self)
{
    stats = chatd->iface(self, "stats", 1);
    return stats != NULL && chatd->defer(self, 1, CHATD_PASS) == 0 ? 0 : -1;
}

CHATD_MODULE(.name = "waiter", .version = "1.0", .about = "waits", .api = &chatd, .auth = auth,
             .options = options, .hooks = hooks, .verbs = verbs, .commands = commands,
             .init = init);
