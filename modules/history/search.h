/* The verb `search`. */
#ifndef HISTORY_SEARCH_H
#define HISTORY_SEARCH_H

#include "history.h"

int search_on_search(struct chatd_self *self, struct chatd_call *call);

#endif
