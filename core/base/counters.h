/* What happened since the start, for the operator: each limit counts how often it struck.
 * Written to the log on SIGUSR2 and at the end. */
#ifndef CHATD_BASE_COUNTERS_H
#define CHATD_BASE_COUNTERS_H

#include <stdint.h>

enum counter {
    COUNT_ACCEPTED,
    COUNT_REFUSED_CONNECTIONS,
    COUNT_ACCEPT_PAUSES,
    COUNT_ACCEPT_RATE,
    COUNT_ADDRESS_CONNECTIONS,
    COUNT_ADDRESS_RATE,
    COUNT_TLS_FAILED,
    COUNT_PROXY_FAILED,
    COUNT_HTTP_REQUESTS,
    COUNT_HTTP_BAD_REQUESTS,
    COUNT_HTTP_TOO_LARGE,
    COUNT_HTTP_TIMEOUTS,
    COUNT_REQUEST_MEMORY,
    COUNT_REQUEST_TIMEOUTS,
    COUNT_WS_OPENED,
    COUNT_WS_REFUSED,
    COUNT_WS_FAILED,
    COUNT_WS_TOO_LARGE,
    COUNT_DEFLATE_MESSAGES,
    COUNT_DEFLATE_NO_CONTEXT,
    COUNT_DEFLATE_NO_MEMORY,
    COUNT_PING_TIMEOUTS,
    COUNT_MESSAGE_TIMEOUTS,
    COUNT_LOGIN_TIMEOUTS,
    COUNT_SLOW_READERS,
    COUNT_LINKS_REFUSED,
    COUNT_AWAY_LIMIT,
    COUNT_REPLAY_MEMORY,
    COUNT_RESUMED,
    COUNT_EPHEMERAL_DROPPED,
    COUNT_OUTBOX_MEMORY,
    COUNT_CLOSE_TIMEOUTS,
    COUNT_LOGINS,
    COUNT_MESSAGES,
    COUNT_DUPLICATE_MESSAGES,
    COUNT_BAD_REQUESTS,
    COUNT_RATE_LIMITED,
    COUNT_OVER_LIMIT,
    COUNT_DENIED,
    COUNT_DROPPED,
    COUNT_HOP_LIMIT,
    COUNTERS
};

void counter_add(enum counter counter);
uint64_t counter_get(enum counter counter);
const char *counter_name(enum counter counter);

/* Logs every counter that is not zero, in one line. */
void counters_log(void);

#endif
