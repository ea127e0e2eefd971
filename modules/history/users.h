/* Users: those who are to be saved with the next batch, those who come back after a long time. */
#ifndef HISTORY_USERS_H
#define HISTORY_USERS_H

#include "batch.h"

/* In init(). 0 or -1. */
int users_init(struct chatd_self *self);
/* In start(), when the server has run without this module: all who are here are to be saved. */
void users_save_all(struct chatd_self *self);
void users_stop(struct chatd_self *self);

/* The op user() of the store. */
void users_changed(struct chatd_self *self, struct chatd_user *user, int here);

/* Is there somebody to be saved? */
int users_wait(void);
/* All of them, those who are gone first. */
struct user_row *users_take(struct chatd_self *self);
/* The end of what was taken. Those who could not be written are to be saved again. */
void users_taken(struct chatd_self *self, struct user_row *rows, int are_written);

/* The filter of logins: whoever was here before is the same user. */
int users_on_auth(struct chatd_self *self, struct chatd_login *login);

#endif
