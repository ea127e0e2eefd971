/* The API table that modules get. */
#ifndef CHATD_PLUGIN_API_H
#define CHATD_PLUGIN_API_H

#include <chatd-module.h>

extern const struct chatd_api api_table;

#endif
