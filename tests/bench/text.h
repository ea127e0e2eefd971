/* The texts of messages. Each begins with a tag: who sent it and when. The rest is the same in all.
 */
#ifndef CHATD_BENCH_TEXT_H
#define CHATD_BENCH_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TAG_BYTES = 22, TEXT_MAX = 32 * 1024 };

/* From now on, texts have n bytes, TAG_BYTES to TEXT_MAX. */
void text_set_bytes(size_t n);
size_t text_bytes(void);

/* Valid until the next call. */
const char *text_make(uint32_t sender, int64_t sent_at);

/* False when this is no text that text_make() made. */
bool text_read(const char *text, uint64_t *sender, int64_t *sent_at);

#endif
