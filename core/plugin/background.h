/* Timers, watches, posts and jobs of modules. */
#ifndef CHATD_PLUGIN_BACKGROUND_H
#define CHATD_PLUGIN_BACKGROUND_H

#include "plugin/module.h"

/* For struct chatd_api. */
chatd_id background_timer_start(struct chatd_self *self, int64_t after_ms, int64_t every_ms,
                                chatd_timer_fn *fn, void *arg);
void background_timer_stop(struct chatd_self *self, chatd_id timer);
chatd_id background_watch_start(struct chatd_self *self, int fd, unsigned events,
                                chatd_watch_fn *fn, void *arg);
int background_watch_set(struct chatd_self *self, chatd_id watch, unsigned events);
void background_watch_stop(struct chatd_self *self, chatd_id watch);
int background_post(struct chatd_self *self, chatd_post_fn *fn, void *arg);
int background_job(struct chatd_self *self, chatd_work_fn *work, chatd_done_fn *done, void *arg);

/* Ends the module's timers and watches, which is logged, and drops what it has posted. Jobs go
 * on. */
void background_end(struct chatd_self *self);

#endif
