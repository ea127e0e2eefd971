/* Connections by address: how many each has, and how many new ones lately. IPv6 counts by network
 * (the first 64 bits), for everybody has a whole one. */
#ifndef CHATD_NET_QUOTA_H
#define CHATD_NET_QUOTA_H

#include "net/address.h"

#include <stddef.h>

struct account;

struct quotas {
    size_t max_connections; /* of one address; 0: no limit */
    size_t max_rate;        /* new ones of one address in a second; 0: no limit */
    struct address_ranges unlimited;
    struct account *accounts;
    int64_t swept_at_ms;
};

/* All zero has no limits. */
void quotas_deinit(struct quotas *quotas);

/* Is there room for another connection of this address? It is counted then; `*counted` says whether
 * quota_leave() is to be called at its end: those of unlimited addresses are not. */
bool quota_enter(struct quotas *quotas, const struct address *address, int64_t now_ms,
                 bool *counted);
void quota_leave(struct quotas *quotas, const struct address *address);

#endif
