#include "users.h"

#include "reader.h"
#include "writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Users who have gone and wait to be saved while nothing can be written. */
enum { MAX_GONE = 10000, LOGIN_MS = 10000 };

static int mark_slot; /* on those in `changed` */
static chatd_id *changed;
static size_t n_changed;
static size_t changed_size;
static struct user_row *gone; /* the one who went first is in front */
static struct user_row **last_gone = &gone;
static size_t n_gone;

/* ---- Saving ------------------------------------------------------------------------------- */

static void row_free(struct user_row *row)
{
    free(row->public_id);
    json->text_free(row->saved);
    free(row);
}

/* NULL without memory. */
static struct user_row *row_new(struct chatd_self *self, struct chatd_user *user, int64_t seen_ms)
{
    struct user_row *row = calloc(1, sizeof(*row));
    struct chatd_json *saved = store->user_save(self, user);

    if (row != NULL && saved != NULL) {
        row->user = chatd->user_id(user);
        row->public_id = strdup(chatd->user_public_id(user).p);
        row->saved = json->text(saved);
        row->seen_ms = seen_ms;
    }
    json->free(saved);
    if (row == NULL || (row->public_id != NULL && row->saved != NULL))
        return row;
    row_free(row);
    return NULL;
}

static void add_gone(struct user_row *row)
{
    if (row == NULL)
        return;
    if (n_gone == MAX_GONE) {
        row_free(row);
        return;
    }
    row->next = NULL;
    *last_gone = row;
    last_gone = &row->next;
    n_gone++;
}

static void add_changed(struct chatd_self *self, chatd_id user)
{
    static int mark;

    if (chatd->slot_get(self, mark_slot, user) != NULL)
        return;
    if (n_changed == changed_size) {
        size_t size = changed_size * 2 + 64;
        chatd_id *grown = realloc(changed, size * sizeof(*grown));
        if (grown == NULL)
            return;
        changed = grown;
        changed_size = size;
    }
    if (chatd->slot_set(self, mark_slot, user, &mark) == 0)
        changed[n_changed++] = user;
}

void users_changed(struct chatd_self *self, struct chatd_user *user, int here)
{
    if (chatd->user_is_bot(user))
        return;
    if (here)
        add_changed(self, chatd->user_id(user));
    else
        add_gone(row_new(self, user, chatd->now_ms(self)));
    writer_go_on(self);
}

int users_wait(void)
{
    return gone != NULL || n_changed > 0;
}

/* Who comes back in the same batch stands behind his own departure. */
struct user_row *users_take(struct chatd_self *self)
{
    struct user_row *rows = gone;
    struct user_row **last = gone != NULL ? last_gone : &rows;

    for (size_t i = 0; i < n_changed; i++) {
        struct chatd_user *user = chatd->user_by_id(self, changed[i]);
        struct user_row *row = user != NULL ? row_new(self, user, 0) : NULL;
        if (user != NULL)
            chatd->slot_set(self, mark_slot, changed[i], NULL);
        if (row == NULL)
            continue;
        *last = row;
        last = &row->next;
    }
    n_changed = 0;
    gone = NULL;
    last_gone = &gone;
    n_gone = 0;
    return rows;
}

/* Those who are gone stand before others who went meanwhile. */
void users_taken(struct chatd_self *self, struct user_row *rows, int are_written)
{
    struct user_row *later = gone;

    if (!are_written) {
        gone = NULL;
        last_gone = &gone;
        n_gone = 0;
    }
    while (rows != NULL) {
        struct user_row *row = rows;
        rows = row->next;
        if (!are_written && row->seen_ms != 0) {
            add_gone(row);
            continue;
        }
        if (!are_written && chatd->user_by_id(self, row->user) != NULL)
            add_changed(self, row->user);
        row_free(row);
    }
    while (!are_written && later != NULL) {
        struct user_row *row = later;
        later = row->next;
        add_gone(row);
    }
}

static int save_one(struct chatd_self *self, struct chatd_user *user, void *arg)
{
    (void)arg;
    users_changed(self, user, 1);
    return 0;
}

void users_save_all(struct chatd_self *self)
{
    chatd->users_each(self, save_one, NULL);
}

int users_init(struct chatd_self *self)
{
    mark_slot = chatd->slot_new(self, CHATD_SLOT_USER, NULL);
    return mark_slot >= 0 ? 0 : -1;
}

void users_stop(struct chatd_self *self)
{
    struct user_row *rows = users_take(self);

    users_taken(self, rows, 1);
    free(changed);
    changed = NULL;
    changed_size = 0;
}

/* ---- Coming back -------------------------------------------------------------------------- */

static const char not_now[] = "It cannot be seen now who you are.";

struct login {
    struct read read;
    chatd_id token; /* of the verdict */
    char *hash;     /* of the client's */
    char *saved;    /* NULL: nobody knows him */
};

static void find_saved(struct db *db, struct read *read)
{
    static const char sql[] = "SELECT saved FROM users JOIN tokens USING (public_id)"
                              " WHERE hash = ?1";
    struct login *login = (struct login *)read;
    sqlite3_stmt *stmt = db_statement(db, sql);

    db_bind_text(stmt, 1, login->hash, strlen(login->hash));
    struct chatd_str saved;
    int err = db_step(stmt);
    if (err == SQLITE_ROW &&
        (db_get_text(stmt, 0, &saved) != SQLITE_OK || (login->saved = strdup(saved.p)) == NULL))
        err = SQLITE_NOMEM;
    sqlite3_reset(stmt);
    read->err = err == SQLITE_ROW || err == SQLITE_DONE ? SQLITE_OK : err;
}

static void login_free(struct login *login)
{
    free(login->saved);
    free(login->hash);
    free(login);
}

/* -ENOMEM, or 0; also when what was saved is of no use. */
static int restore_login(struct chatd_self *self, struct chatd_login *who, const char *text)
{
    struct chatd_json *saved = json->parse(text, strlen(text));
    int err = saved != NULL ? store->login_restore(self, who, saved) : -EINVAL;

    json->free(saved);
    if (err == -EINVAL)
        chatd->log(self, CHATD_LOG_WARN, "what was saved of a user cannot be used: he is new");
    return err == -EINVAL ? 0 : err;
}

static void login_end(struct chatd_self *self, struct read *read)
{
    struct login *login = (struct login *)read;
    struct chatd_login *who = chatd->pending_login(self, login->token);
    int is_good = read->err == SQLITE_OK;

    if (who != NULL && login->saved != NULL)
        is_good = restore_login(self, who, login->saved) == 0;
    if (who != NULL)
        chatd->resume(self, login->token, is_good ? CHATD_PASS : CHATD_DENY, "unavailable",
                      not_now);
    login_free(login);
}

/* What he left behind may have to be written first. Nobody is let in as a stranger because it
 * cannot be seen who he is: he would lose for good what is his. */
int users_on_auth(struct chatd_self *self, struct chatd_login *who)
{
    struct chatd_str hash = store->login_token(who);

    if (hash.n == 0 || chatd->option_int(self, "remember") == 0)
        return CHATD_PASS;
    struct login *login = calloc(1, sizeof(*login));
    char *copy = strdup(hash.p);
    chatd_id token = login != NULL && copy != NULL ? chatd->defer(self, LOGIN_MS, CHATD_DENY) : 0;
    if (token == 0) {
        free(login);
        free(copy);
        return chatd->deny(self, "unavailable", not_now);
    }
    *login = (struct login){
        .read = {.work = find_saved,
                 .end = login_end,
                 .is_urgent = 1,
                 .after_batch = writer_ticket()},
        .token = token,
        .hash = copy,
    };
    (void)reader_add(self, &login->read);
    return CHATD_PENDING;
}
