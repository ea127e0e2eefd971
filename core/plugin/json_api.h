/* iface("json", 1). */
#ifndef CHATD_PLUGIN_JSON_API_H
#define CHATD_PLUGIN_JSON_API_H

#include <chatd-module.h>

extern const struct chatd_json_api json_api;

#endif
