/* Turns: when very many want to log in at the same time, each of them is given a time of its own,
 * as after a restart, so that the server and those who are in already hardly notice. */
#ifndef CHATD_CHAT_TURNS_H
#define CHATD_CHAT_TURNS_H

#include "chat/hub.h"

/* How long somebody has to wait for his turn, in ms; 0: it is now, and is taken. `*turn_ms` is
 * where he keeps it, 0 at first. -1 when it would be later than in `max_ms`: there is none. */
int64_t turns_wait(struct hub *hub, int64_t *turn_ms, int64_t max_ms);

/* Somebody goes who has not come in his turn: those who ask from now on may come earlier. */
void turns_give_back(struct hub *hub, int64_t *turn_ms);

#endif
