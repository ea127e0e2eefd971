/* What somebody missed who comes back: told from the logs of his rooms, or not at all. */
#ifndef CHATD_CHAT_CATCH_UP_H
#define CHATD_CHAT_CATCH_UP_H

#include "chat/client.h"

/* Puts the state of each room that the client's user is in as items of an array, with "recovered"
 * and "missed". `positions` is what the client says of where it stands: {ROOM: {"epoch", "seq"}};
 * it may be anything. */
void catch_up_put_rooms(struct client *client, const struct json *positions, struct json_writer *w);

/* Sends what was missed in those rooms that are recovered, and "caught_up". To be called with the
 * same `positions` before anything else happens. */
void catch_up_send(struct client *client, const struct json *positions);

#endif
