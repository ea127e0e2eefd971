/* Time in whole milli-, micro- or nanoseconds. */
#ifndef CHATD_BASE_CLOCK_H
#define CHATD_BASE_CLOCK_H

#include <stdint.h>

/* Since the Unix epoch. */
int64_t clock_wall_ms(void);

/* Since some fixed point in the past; never goes back. */
int64_t clock_monotonic_ms(void);
int64_t clock_monotonic_us(void);
int64_t clock_monotonic_ns(void);

enum { CLOCK_TEXT_BYTES = sizeof("2026-11-23T00:40:00.123Z") + 8 };

/* ISO 8601 in UTC with milliseconds. */
void clock_text(int64_t wall_ms, char out[CLOCK_TEXT_BYTES]);

#endif
