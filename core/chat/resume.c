#include "chat/resume.h"

#include "base/counters.h"
#include "base/random.h"
#include "chat/room.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    SECRET_DIGITS = 32,
    /* So many connections may break until one of them comes back. */
    PAST_SESSIONS = 8,
};

_Static_assert(RESUME_TOKEN_BYTES == PUBLIC_ID_DIGITS + SECRET_DIGITS, "an id and a secret");

/* A user some of whose sessions have ended and may come back. */
struct absence {
    struct absence *prev; /* of hub->away */
    struct absence *next;
    struct user *user;
    int64_t until_ms; /* 0: he is not away */
    struct token_hash past[PAST_SESSIONS];
    uint32_t n_past;
};

/* ---- Tokens ------------------------------------------------------------------------------- */

static int hash(struct slice token, struct token_hash *out)
{
    unsigned char digest[EVP_MAX_MD_SIZE];

    if (EVP_Digest(token.p, token.n, digest, NULL, EVP_sha256(), NULL) != 1)
        return -EIO;
    memcpy(out->bytes, digest, sizeof(out->bytes));
    return 0;
}

static bool equals(const struct token_hash *a, const struct token_hash *b)
{
    return CRYPTO_memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static bool is_of(const struct user *user, const struct token_hash *token)
{
    for (const struct client *client = user->clients; client != NULL; client = client->next)
        if (equals(&client->token, token))
            return true;
    for (size_t i = 0; user->absence != NULL && i < PAST_SESSIONS; i++)
        if (i < user->absence->n_past && equals(&user->absence->past[i], token))
            return true;
    return false;
}

int resume_give_token(struct client *client, struct slice offered,
                      char token[RESUME_TOKEN_BYTES + 1])
{
    const struct user *user = client->user;

    token[0] = '\0';
    if (user->hub->config->resume_window.number == 0)
        return 0;
    if (resume_find(user->hub, offered) == user) {
        memcpy(token, offered.p, offered.n);
        token[offered.n] = '\0';
    } else {
        memcpy(token, user->public_id, PUBLIC_ID_DIGITS);
        random_hex(token + PUBLIC_ID_DIGITS, SECRET_DIGITS);
    }
    return hash(slice_of(token, RESUME_TOKEN_BYTES), &client->token);
}

struct user *resume_find(struct hub *hub, struct slice token)
{
    struct token_hash hashed;

    if (token.n != RESUME_TOKEN_BYTES || hash(token, &hashed) != 0)
        return NULL;
    struct user *user = user_by_public_id(hub, slice_of(token.p, PUBLIC_ID_DIGITS));
    return user != NULL && is_of(user, &hashed) ? user : NULL;
}

/* ---- For stores --------------------------------------------------------------------------- */

static void write_digits(const struct token_hash *token, char digits[TOKEN_HASH_DIGITS + 1])
{
    for (size_t i = 0; i < sizeof(token->bytes); i++)
        snprintf(&digits[2 * i], 3, "%02x", token->bytes[i]);
}

static bool read_digits(const char *digits, struct token_hash *token)
{
    if (digits == NULL || strlen(digits) != TOKEN_HASH_DIGITS)
        return false;
    for (size_t i = 0; i < sizeof(token->bytes); i++) {
        unsigned byte;
        if (sscanf(&digits[2 * i], "%2x", &byte) != 1)
            return false;
        token->bytes[i] = (uint8_t)byte;
    }
    return true;
}

void resume_hash_token(struct slice token, char digits[TOKEN_HASH_DIGITS + 1])
{
    struct token_hash hashed;

    digits[0] = '\0';
    if (token.n == RESUME_TOKEN_BYTES && hash(token, &hashed) == 0)
        write_digits(&hashed, digits);
}

static int add_token(struct json *tokens, const struct token_hash *token)
{
    static const struct token_hash none;
    char digits[TOKEN_HASH_DIGITS + 1];

    if (equals(token, &none))
        return 0;
    write_digits(token, digits);
    return json_add_str(tokens, slice_str(digits));
}

/* Those of sessions that have ended first. */
struct json *resume_save_tokens(const struct user *user)
{
    const struct absence *absence = user->absence;
    struct json *tokens = json_array();
    int err = 0;

    for (uint32_t i = 0; err == 0 && absence != NULL && i < absence->n_past; i++)
        err = add_token(tokens, &absence->past[i]);
    for (const struct client *at = user->clients; err == 0 && at != NULL; at = at->next)
        err = add_token(tokens, &at->token);
    if (err == 0)
        return tokens;
    json_free(tokens);
    return NULL;
}

/* ---- Away --------------------------------------------------------------------------------- */

static void leave_list(struct absence *absence)
{
    struct hub *hub = absence->user->hub;

    if (absence->until_ms == 0)
        return;
    absence->until_ms = 0;
    if (absence->prev != NULL)
        absence->prev->next = absence->next;
    else
        hub->away = absence->next;
    if (absence->next != NULL)
        absence->next->prev = absence->prev;
    else
        hub->last_away = absence->prev;
    hub->n_away--;
}

static void enter_list(struct absence *absence)
{
    struct hub *hub = absence->user->hub;

    absence->until_ms = loop_now_ms(hub->loop) + hub->config->resume_window.number;
    absence->next = NULL;
    absence->prev = hub->last_away;
    if (absence->prev != NULL)
        absence->prev->next = absence;
    else
        hub->away = absence;
    hub->last_away = absence;
    hub->n_away++;
}

static void end_first(struct hub *hub)
{
    struct user *user = hub->away->user;

    leave_list(hub->away);
    user_end(user);
}

static void end_until(struct hub *hub, int64_t now_ms)
{
    while (hub->away != NULL && hub->away->until_ms <= now_ms)
        end_first(hub);
    if (hub->away != NULL)
        timer_start(&hub->away_timer, hub->away->until_ms - now_ms, 0);
    else
        timer_stop(&hub->away_timer);
}

void resume_on_timer(void *arg)
{
    struct hub *hub = arg;

    end_until(hub, loop_now_ms(hub->loop));
}

void resume_end_all(struct hub *hub)
{
    hub->ending = true;
    if (hub->store == NULL)
        end_until(hub, INT64_MAX);
    else
        timer_stop(&hub->away_timer);
}

/* NULL without memory. */
static struct absence *absence_of(struct user *user)
{
    if (user->absence == NULL) {
        user->absence = calloc(1, sizeof(*user->absence));
        if (user->absence != NULL)
            user->absence->user = user;
    }
    return user->absence;
}

static void remember_token(struct absence *absence, const struct token_hash *token)
{
    struct token_hash *past = absence->past;

    for (uint32_t i = 0; i < absence->n_past; i++)
        if (equals(&past[i], token))
            return;
    if (absence->n_past == PAST_SESSIONS)
        memmove(&past[0], &past[1], (--absence->n_past) * sizeof(past[0]));
    past[absence->n_past++] = *token;
}

static bool may_be_away(const struct hub *hub)
{
    return hub->config->resume_window.number > 0 && hub->config->max_away.number > 0 &&
           (!hub->ending || hub->store != NULL);
}

static void go_away(struct absence *absence)
{
    struct hub *hub = absence->user->hub;
    const struct config *config = hub->config;

    if (hub->n_away >= (size_t)config->max_away.number) {
        counter_add(COUNT_AWAY_LIMIT);
        end_first(hub);
    }
    enter_list(absence);
    if (hub->away == absence && !hub->ending)
        timer_start(&hub->away_timer, config->resume_window.number, 0);
}

bool resume_keep(struct client *client)
{
    struct user *user = client->user;
    struct absence *absence = may_be_away(user->hub) ? absence_of(user) : NULL;

    if (absence == NULL)
        return false;
    remember_token(absence, &client->token);
    if (user->clients == client && client->next == NULL)
        go_away(absence);
    return true;
}

static void remember_tokens(struct absence *absence, const struct json *tokens)
{
    struct token_hash token;

    for (size_t i = 0; i < json_count(tokens); i++)
        if (read_digits(json_str(json_item(tokens, i)), &token))
            remember_token(absence, &token);
}

bool resume_restore(struct user *user, const struct json *tokens)
{
    const struct hub *hub = user->hub;
    bool may = may_be_away(hub) && hub->n_away < (size_t)hub->config->max_away.number;
    struct absence *absence = may ? absence_of(user) : NULL;

    if (absence == NULL)
        return false;
    remember_tokens(absence, tokens);
    go_away(absence);
    return true;
}

void resume_restore_tokens(struct user *user, const struct json *tokens)
{
    struct absence *absence = may_be_away(user->hub) ? absence_of(user) : NULL;

    if (absence != NULL)
        remember_tokens(absence, tokens);
}

bool resume_return(struct user *user)
{
    bool was_away = user->absence != NULL && user->absence->until_ms != 0;

    if (was_away)
        leave_list(user->absence);
    return was_away;
}

void resume_forget(struct user *user)
{
    if (user->absence == NULL)
        return;
    leave_list(user->absence);
    free(user->absence);
    user->absence = NULL;
}
