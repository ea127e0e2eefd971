/* iface("websocket", 1): WebSocket endpoints of modules. */
#ifndef CHATD_PLUGIN_ENDPOINTS_H
#define CHATD_PLUGIN_ENDPOINTS_H

#include "plugin/module.h"

extern const struct chatd_websocket_api endpoints_api;

/* An endpoint at this path for http_exchange_upgrade(), which the module owns like those that it
 * serves; its connections are handed on in the same way. -EINVAL for ops that are wrong, -ENOMEM.
 */
int endpoints_add(struct chatd_self *self, const char *path, const struct chatd_ws_ops *ops,
                  const struct ws_endpoint **out);

/* What the module's handle stands for, and the link that goes by it, which is told when it is gone;
 * NULL for none. `encoding` is for the messages of topics; NULL: its own. */
struct websocket *endpoints_websocket(const struct chatd_ws *ws);
struct chatd_link *endpoints_link(const struct chatd_ws *ws);
void endpoints_set_link(struct chatd_ws *ws, struct chatd_link *link,
                        const struct encoding *encoding);

/* Takes the module's endpoints off the server. With their connections they become what `heir` has
 * inherited; when it is NULL, the connections are closed (1012). */
void endpoints_end(struct chatd_self *self, struct chatd_self *heir);

/* Ends what the module has inherited and not served again. */
void endpoints_end_inherited(struct chatd_self *self);

/* The path of the module's endpoint number `i`, NULL behind the last. */
const char *endpoints_path(const struct chatd_self *self, size_t i);

#endif
