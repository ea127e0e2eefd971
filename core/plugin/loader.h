/* Loading the modules that chatd.modules lists, and taking them through their life. */
#ifndef CHATD_PLUGIN_LOADER_H
#define CHATD_PLUGIN_LOADER_H

#include "plugin/module.h"

/* Everything is borrowed and outlives the plugins. The thread that calls this is the only one that
 * modules may call functions from. -ENOMEM. */
int plugins_init(struct plugins *plugins, struct hub *hub, struct http_server *http,
                 struct workers *workers, const struct config *config);

/* Opens the modules, reads their options, checks them and registers what they have; nothing has
 * effects outside the process. A module whose file is missing or does not fit is logged, counted
 * in plugins->n_broken and left out. A mistake in the configuration is logged with file and line:
 * -EINVAL. -ENOMEM. */
int plugins_load(struct plugins *plugins);

/* Makes data_dir and starts the modules; one that fails is logged and left out. */
void plugins_start(struct plugins *plugins);

/* Reads chatd.modules again, and makes the running modules those that it lists: new ones are
 * loaded, those that are gone are unloaded, those whose file or options have changed are replaced
 * by what they are now, with what they saved; the order is that of the file. When anything fails,
 * that is logged and all stays as it was. No connection is lost. With no module on the stack. */
void plugins_reload(struct plugins *plugins);

/* Stops the modules in the reverse order, waits for their jobs, and unloads them. All clients must
 * be gone. */
void plugins_end(struct plugins *plugins);

/* Prints the list of modules, the hook chains, commands, verbs and endpoints to standard output. */
void plugins_print(struct plugins *plugins);

#endif
