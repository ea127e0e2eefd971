#include "http/mime.h"

struct type {
    struct slice extension;
    const char *name;
};

static const struct type types[] = {
    {SLICE_INIT("html"), "text/html; charset=utf-8"},
    {SLICE_INIT("htm"), "text/html; charset=utf-8"},
    {SLICE_INIT("js"), "text/javascript; charset=utf-8"}, /* RFC 9239 */
    {SLICE_INIT("mjs"), "text/javascript; charset=utf-8"},
    {SLICE_INIT("css"), "text/css; charset=utf-8"},
    {SLICE_INIT("txt"), "text/plain; charset=utf-8"},
    {SLICE_INIT("md"), "text/markdown; charset=utf-8"},
    {SLICE_INIT("csv"), "text/csv; charset=utf-8"},
    {SLICE_INIT("xml"), "text/xml; charset=utf-8"},
    {SLICE_INIT("json"), "application/json"},
    {SLICE_INIT("map"), "application/json"},
    {SLICE_INIT("webmanifest"), "application/manifest+json"},
    {SLICE_INIT("wasm"), "application/wasm"},
    {SLICE_INIT("pdf"), "application/pdf"},
    {SLICE_INIT("svg"), "image/svg+xml"},
    {SLICE_INIT("png"), "image/png"},
    {SLICE_INIT("jpg"), "image/jpeg"},
    {SLICE_INIT("jpeg"), "image/jpeg"},
    {SLICE_INIT("gif"), "image/gif"},
    {SLICE_INIT("webp"), "image/webp"},
    {SLICE_INIT("avif"), "image/avif"},
    {SLICE_INIT("ico"), "image/vnd.microsoft.icon"},
    {SLICE_INIT("woff"), "font/woff"},
    {SLICE_INIT("woff2"), "font/woff2"},
    {SLICE_INIT("ttf"), "font/ttf"},
    {SLICE_INIT("otf"), "font/otf"},
    {SLICE_INIT("mp3"), "audio/mpeg"},
    {SLICE_INIT("ogg"), "audio/ogg"},
    {SLICE_INIT("wav"), "audio/wav"},
    {SLICE_INIT("mp4"), "video/mp4"},
    {SLICE_INIT("webm"), "video/webm"},
};

/* What follows the last dot of the last path segment; empty without one. */
static struct slice extension_of(struct slice path)
{
    for (size_t i = path.n; i > 0 && path.p[i - 1] != '/'; i--)
        if (path.p[i - 1] == '.')
            return slice_of(path.p + i, path.n - i);
    return SLICE("");
}

const char *http_mime_type(struct slice path)
{
    struct slice extension = extension_of(path);

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (slice_ieq(types[i].extension, extension))
            return types[i].name;
    return "application/octet-stream";
}
