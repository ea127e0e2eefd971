/* "hello": what a client is told first. */
#ifndef CHATD_CHAT_HELLO_H
#define CHATD_CHAT_HELLO_H

#include "chat/hub.h"

/* Initialises `out`, and writes the event into it. -ENOMEM; -EMSGSIZE when the names of the
 * features are too long. */
int hello_write(const struct hub *hub, struct buf *out);

#endif
