/* iface("stats", 1). */
#ifndef CHATD_PLUGIN_STATS_API_H
#define CHATD_PLUGIN_STATS_API_H

#include <chatd-module.h>

extern const struct chatd_stats_api stats_api;

#endif
