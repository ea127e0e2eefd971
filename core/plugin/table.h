/* Tables and structs that a module hands over: arrays whose entries start with their size. */
#ifndef CHATD_PLUGIN_TABLE_H
#define CHATD_PLUGIN_TABLE_H

#include "plugin/module.h"

/* How long a struct was in the oldest header whose modules load, by its last member there. */
#define TABLE_LEAST(type, last) (offsetof(type, last) + sizeof(((type *)NULL)->last))

/* Copies a struct of the module's into `to`, which is as long as this server knows the struct to
 * be: a shorter one is filled up with zeros, a longer one is accepted when its unknown tail is
 * zero. -EINVAL when it is shorter than `least`, -E2BIG for a tail that is not zero. */
int table_copy(void *to, size_t known, size_t least, const void *from);

/* The same for one of `self`, whose failure is logged: its `what` ("verbs"). */
int table_take(const struct chatd_self *self, const char *what, void *to, size_t known,
               size_t least, const void *from);

/* Entry `i` of a table, NULL at its end or when `table` is NULL. */
const void *table_entry(const void *table, size_t i);

#endif
