#include "http/compression.h"

#include "base/counters.h"

void compression_configure(struct compression *compression, const struct config *config)
{
    compression->on = config->deflate.number != 0;
    compression->window_bits = (unsigned)config->deflate_window_bits.number;
    compression->memory.limit_bytes = (size_t)config->deflate_memory.number;
    for (unsigned bits = WS_DEFLATE_BITS_MIN; bits <= WS_DEFLATE_BITS_MAX; bits++)
        websocket_encoding_init(&compression->encodings[bits], &compression->deflater, bits,
                                (size_t)config->deflate_threshold.number);
}

void compression_deinit(struct compression *compression)
{
    ws_deflater_deinit(&compression->deflater);
}

struct websocket_compression compression_accept(struct compression *compression,
                                                const struct ws_deflate_offer *offer,
                                                char answer[WS_DEFLATE_ANSWER_MAX])
{
    struct websocket_compression accepted = {.encoding = &websocket_plain};

    answer[0] = '\0';
    if (!compression->on || !offer->valid)
        return accepted;
    struct ws_deflate_terms terms = ws_deflate_accept(offer, compression->window_bits);
    accepted.inflater = ws_inflater_new(&compression->memory, &terms);
    if (accepted.inflater == NULL)
        return accepted;
    if (terms.client_no_context_takeover && !offer->client_no_context_takeover)
        counter_add(COUNT_DEFLATE_NO_CONTEXT);
    accepted.encoding = &compression->encodings[terms.server_window_bits];
    ws_deflate_answer(&terms, answer);
    return accepted;
}
