/* The verb `history`. */
#ifndef HISTORY_PAGE_H
#define HISTORY_PAGE_H

#include "history.h"

int page_on_history(struct chatd_self *self, struct chatd_call *call);

/* What `limit` of the request asks for, within the options; 0 for what is no number of events. */
int64_t page_limit(struct chatd_self *self, const struct chatd_json *request);

/* How long an answer may take, and how long its events may be together. */
enum { PAGE_MS = 30000, PAGE_BYTES = 256 << 10 };

#endif
