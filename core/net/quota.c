#include "net/quota.h"

#include "base/counters.h"
#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

enum { SECOND_MS = 1000 };

struct account {
    UT_hash_handle hh;
    uint8_t network[16];
    size_t connections;
    size_t recent; /* new ones since `since_ms`, for a second */
    int64_t since_ms;
};

static void network_of(const struct address *address, uint8_t network[16])
{
    memcpy(network, address->ip, 16);
    if (!address_is_ipv4(address))
        memset(network + 8, 0, 8);
}

static struct account *find(struct quotas *quotas, const struct address *address)
{
    uint8_t network[16];
    struct account *account = NULL;

    network_of(address, network);
    HASH_FIND(hh, quotas->accounts, network, sizeof(network), account);
    return account;
}

static struct account *find_or_add(struct quotas *quotas, const struct address *address)
{
    struct account *account = find(quotas, address);

    if (account != NULL)
        return account;
    account = calloc(1, sizeof(*account));
    if (account == NULL)
        return NULL;
    network_of(address, account->network);
    HASH_ADD(hh, quotas->accounts, network, sizeof(account->network), account);
    return account;
}

static void forget(struct quotas *quotas, struct account *account)
{
    HASH_DEL(quotas->accounts, account);
    free(account);
}

/* Once a second, forgets the addresses that have nothing any more. */
static void sweep(struct quotas *quotas, int64_t now_ms)
{
    struct account *account;
    struct account *next;

    if (now_ms - quotas->swept_at_ms < SECOND_MS)
        return;
    quotas->swept_at_ms = now_ms;
    HASH_ITER (hh, quotas->accounts, account, next)
        if (account->connections == 0 && now_ms - account->since_ms >= SECOND_MS)
            forget(quotas, account);
}

static bool has_room(const struct quotas *quotas, const struct account *account)
{
    if (quotas->max_connections > 0 && account->connections >= quotas->max_connections) {
        counter_add(COUNT_ADDRESS_CONNECTIONS);
        return false;
    }
    if (quotas->max_rate > 0 && account->recent >= quotas->max_rate) {
        counter_add(COUNT_ADDRESS_RATE);
        return false;
    }
    return true;
}

bool quota_enter(struct quotas *quotas, const struct address *address, int64_t now_ms,
                 bool *counted)
{
    *counted = false;
    if ((quotas->max_connections == 0 && quotas->max_rate == 0) ||
        address_is_in(address, &quotas->unlimited))
        return true;
    sweep(quotas, now_ms);
    struct account *account = find_or_add(quotas, address);
    if (account == NULL)
        return false;
    if (now_ms - account->since_ms >= SECOND_MS) {
        account->since_ms = now_ms;
        account->recent = 0;
    }
    if (!has_room(quotas, account))
        return false;
    account->connections++;
    account->recent++;
    *counted = true;
    return true;
}

void quota_leave(struct quotas *quotas, const struct address *address)
{
    struct account *account = find(quotas, address);

    if (account != NULL && account->connections > 0)
        account->connections--;
}

void quotas_deinit(struct quotas *quotas)
{
    while (quotas->accounts != NULL)
        forget(quotas, quotas->accounts);
    address_ranges_deinit(&quotas->unlimited);
}
