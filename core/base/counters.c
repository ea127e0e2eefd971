#include "base/counters.h"

#include "base/buf.h"
#include "base/log.h"

#include <inttypes.h>

static const char *const names[COUNTERS] = {
    [COUNT_ACCEPTED] = "accepted",
    [COUNT_REFUSED_CONNECTIONS] = "refused_connections",
    [COUNT_ACCEPT_PAUSES] = "accept_pauses",
    [COUNT_ACCEPT_RATE] = "accept_rate",
    [COUNT_ADDRESS_CONNECTIONS] = "address_connections",
    [COUNT_ADDRESS_RATE] = "address_rate",
    [COUNT_TLS_FAILED] = "tls_failed",
    [COUNT_PROXY_FAILED] = "proxy_failed",
    [COUNT_HTTP_REQUESTS] = "http_requests",
    [COUNT_HTTP_BAD_REQUESTS] = "http_bad_requests",
    [COUNT_HTTP_TOO_LARGE] = "http_too_large",
    [COUNT_HTTP_TIMEOUTS] = "http_timeouts",
    [COUNT_REQUEST_MEMORY] = "request_memory",
    [COUNT_REQUEST_TIMEOUTS] = "request_timeouts",
    [COUNT_WS_OPENED] = "ws_opened",
    [COUNT_WS_REFUSED] = "ws_refused",
    [COUNT_WS_FAILED] = "ws_failed",
    [COUNT_WS_TOO_LARGE] = "ws_too_large",
    [COUNT_DEFLATE_MESSAGES] = "deflate_messages",
    [COUNT_DEFLATE_NO_CONTEXT] = "deflate_no_context",
    [COUNT_DEFLATE_NO_MEMORY] = "deflate_no_memory",
    [COUNT_PING_TIMEOUTS] = "ping_timeouts",
    [COUNT_MESSAGE_TIMEOUTS] = "message_timeouts",
    [COUNT_LOGIN_TIMEOUTS] = "login_timeouts",
    [COUNT_SLOW_READERS] = "slow_readers",
    [COUNT_LINKS_REFUSED] = "links_refused",
    [COUNT_AWAY_LIMIT] = "away_limit",
    [COUNT_REPLAY_MEMORY] = "replay_memory",
    [COUNT_STORING_MEMORY] = "storing_memory",
    [COUNT_RESUMED] = "resumed",
    [COUNT_EPHEMERAL_DROPPED] = "ephemeral_dropped",
    [COUNT_OUTBOX_MEMORY] = "outbox_memory",
    [COUNT_CLOSE_TIMEOUTS] = "close_timeouts",
    [COUNT_LOGINS] = "logins",
    [COUNT_LOGINS_DELAYED] = "logins_delayed",
    [COUNT_LOGINS_REFUSED] = "logins_refused",
    [COUNT_MESSAGES] = "messages",
    [COUNT_DUPLICATE_MESSAGES] = "duplicate_messages",
    [COUNT_BAD_REQUESTS] = "bad_requests",
    [COUNT_RATE_LIMITED] = "rate_limited",
    [COUNT_OVER_LIMIT] = "over_limit",
    [COUNT_DENIED] = "denied",
    [COUNT_DROPPED] = "dropped",
    [COUNT_HOP_LIMIT] = "hop_limit",
};

static uint64_t values[COUNTERS];

void counter_add(enum counter counter)
{
    values[counter]++;
}

uint64_t counter_get(enum counter counter)
{
    return values[counter];
}

const char *counter_name(enum counter counter)
{
    return names[counter];
}

void counters_log(void)
{
    struct buf line;

    buf_init(&line, 1900);
    for (int i = 0; i < COUNTERS; i++)
        if (values[i] > 0)
            (void)buf_printf(&line, " %s=%" PRIu64, names[i], values[i]);
    const char *text = buf_cstr(&line);
    log_info("counters", "%s", text != NULL && line.n > 0 ? text + 1 : "none");
    buf_deinit(&line);
}
