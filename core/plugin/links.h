/* iface("link", 1): chat by protocols of modules. */
#ifndef CHATD_PLUGIN_LINKS_H
#define CHATD_PLUGIN_LINKS_H

#include "plugin/module.h"

extern const struct chatd_link_api links_api;

/* Ends a link, when the present dispatch is over. What is to be said at the end is the first that
 * was.
 */
void links_end_one(struct chatd_link *link, unsigned code, const char *reason);

/* The WebSocket of this link is gone, and so is the link. */
void links_lost(struct chatd_link *link, unsigned code);

/* Takes the module's kinds away. With their links they become what `heir` has inherited; when it is
 * NULL, the links end. */
void links_end(struct chatd_self *self, struct chatd_self *heir);

/* Ends what the module has inherited and not declared again. */
void links_end_inherited(struct chatd_self *self);

/* The server ends, and so do all links. */
void links_shut_down(struct plugins *plugins);

#endif
