/* The requests that the core answers itself: join, leave, rooms, message and ping. */
#ifndef CHATD_CHAT_CORE_VERBS_H
#define CHATD_CHAT_CORE_VERBS_H

#include "chat/hub.h"

/* -ENOMEM. */
int core_verbs_add(struct hub *hub);

#endif
