/* What plugins_reload() needs, and leaves behind. */
#ifndef CHATD_PLUGIN_RELOAD_H
#define CHATD_PLUGIN_RELOAD_H

#include "plugin/module.h"

void reload_init(struct plugins *plugins);

/* Frees modules that were replaced and whose code has not been unloaded yet. */
void reload_deinit(struct plugins *plugins);

#endif
