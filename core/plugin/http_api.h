/* iface("http", 1): requests that modules answer. */
#ifndef CHATD_PLUGIN_HTTP_API_H
#define CHATD_PLUGIN_HTTP_API_H

#include "plugin/module.h"

extern const struct chatd_http_api http_api;

/* For http_server->ops, with the plugins as its argument. */
extern const struct http_server_ops http_api_server_ops;

/* Takes the module's paths off the server. What waits for it is answered with 503. */
void http_api_end(struct chatd_self *self);

/* The path number `i` of the module, NULL behind the last. */
const char *http_api_path(const struct chatd_self *self, size_t i);

#endif
