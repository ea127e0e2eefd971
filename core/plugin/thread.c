#include "plugin/thread.h"

#include "base/log.h"

_Thread_local bool thread_servers;

void thread_is_the_servers(void)
{
    thread_servers = true;
}

/* Two threads that fail at the same time may both say so. */
bool thread_is_wrong(const char *function, bool *said)
{
    if (!__atomic_exchange_n(said, true, __ATOMIC_RELAXED))
        log_error("modules", "%s() was called from a thread where only post() may be", function);
    return true;
}
