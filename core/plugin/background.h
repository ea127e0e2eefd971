/* Timers and jobs of modules. */
#ifndef CHATD_PLUGIN_BACKGROUND_H
#define CHATD_PLUGIN_BACKGROUND_H

#include "plugin/module.h"

/* For struct chatd_api. */
chatd_id background_timer_start(struct chatd_self *self, int64_t after_ms, int64_t every_ms,
                                chatd_timer_fn *fn, void *arg);
void background_timer_stop(struct chatd_self *self, chatd_id timer);
int background_job(struct chatd_self *self, chatd_work_fn *work, chatd_done_fn *done, void *arg);

/* Ends the module's timers. */
void background_stop_timers(struct chatd_self *self);

#endif
