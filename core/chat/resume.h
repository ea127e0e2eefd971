/* Users whose connections break: for `resume_window` they stay who and where they are, and whoever
 * has the token of one of their sessions is that user again. */
#ifndef CHATD_CHAT_RESUME_H
#define CHATD_CHAT_RESUME_H

#include "chat/client.h"
#include "chat/limits.h"

/* Gives a session its token, if resume_window is not 0; else `token` is "". That is the one by
 * which the peer has come, as long as it is one of his user's: a welcome may get lost, and the
 * server may crash before another token is stored. -EIO when there is no SHA-256. */
int resume_give_token(struct client *client, struct slice offered,
                      char token[RESUME_TOKEN_BYTES + 1]);

/* Whose session this token is of; NULL for nobody's. */
struct user *resume_find(struct hub *hub, struct slice token);

/* A token as a store knows it: its hash in hexadecimal digits, "" when it can be none. */
enum { TOKEN_HASH_DIGITS = 2 * sizeof(struct token_hash) };
void resume_hash_token(struct slice token, char digits[TOKEN_HASH_DIGITS + 1]);

/* All tokens of a user, as a store knows them, in an array. NULL without memory. */
struct json *resume_save_tokens(const struct user *user);

/* A user who was on the server when it ended is away from now on, with these tokens. False, and
 * nothing is changed, when nobody can be. */
bool resume_restore(struct user *user, const struct json *tokens);

/* A user whom a store knows has come: with these tokens he may come again, for the welcome of the
 * new one may get lost. */
void resume_restore_tokens(struct user *user, const struct json *tokens);

/* A session ends that may come back: keeps its token, and the user, who is away when it was his
 * last one. False when the user has to end now: no window, no memory, the server ends. */
bool resume_keep(struct client *client);

/* A session of the user has begun: he is not away any more. Was he? */
bool resume_return(struct user *user);

/* The user ends. */
void resume_forget(struct user *user);

/* For hub.c: the time of somebody who is away is over. `arg` is the hub. */
void resume_on_timer(void *arg);

/* The server ends: nobody who is away comes back, unless there is a store that knows him. */
void resume_end_all(struct hub *hub);

#endif
