/* Events on their way to the URL: in order, as often as it takes, within bounds. */
#ifndef WEBHOOK_QUEUE_H
#define WEBHOOK_QUEUE_H

#include <chatd-module.h>

extern const struct chatd_api *chatd;
extern const struct chatd_json_api *json;

/* After http_start(). `saved` as start() gets it. -EINVAL, -ENOMEM. */
int queue_start(struct chatd_self *self, const struct chatd_json *saved);

/* Before http_stop(). What has not been delivered goes into `save`, or to a file in the data folder
 * when it is NULL. */
void queue_stop(struct chatd_self *self, struct chatd_json *save);

/* An event, as JSON text. Lost (and counted) when too many wait. */
void queue_add(struct chatd_self *self, const char *event, size_t n);

#endif
