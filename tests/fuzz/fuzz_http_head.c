/* The parser of request heads. The first byte says into pieces of how many bytes the rest is cut
 * (0: not at all); the result must be the one that comes byte by byte. */
#include "fuzz.h"
#include "http/parser.h"

#include <string.h>

/* Small, so that inputs reach them. */
static const struct http_limits limits = {
    .max_line_bytes = 200,
    .max_head_bytes = 800,
    .max_fields = 12,
};

struct outcome {
    enum http_result result;
    int status;
    size_t used;
};

static struct outcome parse(const uint8_t *p, size_t n, size_t size)
{
    struct outcome o = {.result = HTTP_MORE};
    struct http_parser ps;

    http_parser_init(&ps, &limits);
    while (o.result == HTTP_MORE && o.used < n) {
        size_t part = size < n - o.used ? size : n - o.used;
        size_t used;
        char *piece = malloc(part); /* of exactly its size, for the sanitizer */
        must(piece != NULL);
        memcpy(piece, p + o.used, part);
        o.result = http_parser_feed(&ps, piece, part, &used);
        free(piece);
        must(used <= part && (o.result != HTTP_MORE || used == part));
        o.used += used;
    }
    if (o.result == HTTP_FAIL) {
        must(ps.status >= 400 && ps.status <= 599 && ps.reason != NULL);
        o.status = ps.status;
    }
    http_parser_deinit(&ps);
    return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n < 2)
        return 0;
    struct outcome cut = parse(data + 1, n - 1, data[0] > 0 ? data[0] : n);
    struct outcome bytewise = parse(data + 1, n - 1, 1);

    must(cut.result == bytewise.result && cut.status == bytewise.status &&
         cut.used == bytewise.used);
    return 0;
}
