/* Names of users and rooms: which are allowed, and which count as the same. */
#ifndef CHATD_CHAT_NICK_H
#define CHATD_CHAT_NICK_H

#include "base/slice.h"

/* Checks a nick and makes the key by which nicks are compared: NFKC with case folding and without
 * ignorable characters (Unicode 15 3.13), so that "ALICE" and full-width "Alice" clash with
 * "alice". `*key` is heap. Answers NULL, or why the nick is refused. */
const char *nick_check(struct slice nick, size_t max_bytes, char **key);

/* Checks a room's name: as a nick, but without spaces, and already in the form NFC. Names of rooms
 * are compared byte by byte. Answers NULL, or why it is refused. */
const char *room_name_check(struct slice name, size_t max_bytes);

#endif
