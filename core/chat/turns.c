#include "chat/turns.h"

#include "base/counters.h"

/* So many may come at once as have their turns in this time. */
enum { BURST_US = 100000, SECOND_US = 1000000 };

int64_t turns_wait(struct hub *hub, int64_t *turn_ms, int64_t max_ms)
{
    const int64_t rate = hub->config->max_login_rate.number;
    const int64_t now_ms = loop_now_ms(hub->loop);
    const int64_t now_us = now_ms * 1000;

    if (rate == 0)
        return 0;
    if (*turn_ms > now_ms)
        return *turn_ms - now_ms;
    if (*turn_ms != 0) {
        *turn_ms = 0;
        return 0;
    }
    if (hub->next_login_us < now_us)
        hub->next_login_us = now_us;
    int64_t wait_ms = (hub->next_login_us - now_us - BURST_US + 999) / 1000;
    if (wait_ms > max_ms) {
        counter_add(COUNT_LOGINS_REFUSED);
        return -1;
    }
    hub->next_login_us += SECOND_US / rate;
    if (wait_ms <= 0)
        return 0;
    counter_add(COUNT_LOGINS_DELAYED);
    *turn_ms = now_ms + wait_ms;
    return wait_ms;
}

void turns_give_back(struct hub *hub, int64_t *turn_ms)
{
    const int64_t rate = hub->config->max_login_rate.number;

    if (*turn_ms > loop_now_ms(hub->loop) && rate > 0)
        hub->next_login_us -= SECOND_US / rate;
    *turn_ms = 0;
}
