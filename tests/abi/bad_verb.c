/* Has a verb that probe has already. */
#include "chatd-module.h"

static const struct chatd_api *chatd;

static int on_verb(struct chatd_self *self, struct chatd_call *call)
{
    (void)self, (void)call;
    return CHATD_ACCEPT;
}

static const struct chatd_verb verbs[] = {CHATD_VERB("probe", 0, 10, 1000, on_verb), CHATD_END};

CHATD_MODULE(.name = "bad_verb", .version = "1.0", .api = &chatd, .verbs = verbs);
