#include "chat/login.h"

#include "chat/nick.h"

#include <errno.h>
#include <stdlib.h>

enum verdict login_check(struct login *login)
{
    login->subject.point = HOOK_AUTH;
    return login_decide(login, hub_filter(login->hub, &login->subject));
}

enum verdict login_decide(const struct login *login, enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_ACCEPT:
        return VERDICT_PASS;
    case VERDICT_PASS:
        if (login->hub->config->allow_guests.number)
            return VERDICT_PASS;
        return deny(login->subject.denial, "unauthorized", "guests are not allowed here");
    /* A login without an answer helps nobody. */
    case VERDICT_DROP:
        return deny(login->subject.denial, "unauthorized", "refused");
    case VERDICT_DENY:
    case VERDICT_PENDING:
        break;
    }
    return verdict;
}

int login_set_nick(struct login *login, struct slice nick)
{
    char *key;
    const char *why = nick_check(nick, (size_t)login->hub->config->max_nick_bytes.number, &key);

    if (why != NULL)
        return -EINVAL;
    free(key);
    char *copy = strndup(nick.p, nick.n);
    if (copy == NULL)
        return -ENOMEM;
    free(login->own_nick);
    login->own_nick = copy;
    login->nick = slice_of(copy, nick.n);
    return 0;
}

int login_set_user(struct login *login, struct slice id, const struct json *saved)
{
    struct json *copy = saved != NULL ? json_copy(saved) : NULL;

    if (!user_is_public_id(id) || (saved != NULL && copy == NULL)) {
        json_free(copy);
        return user_is_public_id(id) ? -ENOMEM : -EINVAL;
    }
    memcpy(login->user_id, id.p, PUBLIC_ID_DIGITS);
    login->user_id[PUBLIC_ID_DIGITS] = '\0';
    json_free(login->saved);
    login->saved = copy;
    return 0;
}

void login_deinit(struct login *login)
{
    if (login->hub != NULL)
        hub_forget(login->hub, &login->subject);
    free(login->own_nick);
    json_free(login->saved);
}
