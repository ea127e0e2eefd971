#include "http/mime.h"

#include <check.h>

Suite *suite(void);

static const struct {
    struct slice path;
    const char *type;
} files[] = {
    {SLICE_INIT("/index.html"), "text/html; charset=utf-8"},
    {SLICE_INIT("/index.htm"), "text/html; charset=utf-8"},
    {SLICE_INIT("/app.js"), "text/javascript; charset=utf-8"},
    {SLICE_INIT("/app.mjs"), "text/javascript; charset=utf-8"},
    {SLICE_INIT("/style.css"), "text/css; charset=utf-8"},
    {SLICE_INIT("/notes.txt"), "text/plain; charset=utf-8"},
    {SLICE_INIT("/icon.svg"), "image/svg+xml"},
    {SLICE_INIT("/icon.png"), "image/png"},
    {SLICE_INIT("/photo.jpg"), "image/jpeg"},
    {SLICE_INIT("/photo.jpeg"), "image/jpeg"},
    {SLICE_INIT("/photo.gif"), "image/gif"},
    {SLICE_INIT("/photo.webp"), "image/webp"},
    {SLICE_INIT("/favicon.ico"), "image/vnd.microsoft.icon"},
    {SLICE_INIT("/data.json"), "application/json"},
    {SLICE_INIT("/app.js.map"), "application/json"},
    {SLICE_INIT("/site.webmanifest"), "application/manifest+json"},
    {SLICE_INIT("/font.woff2"), "font/woff2"},
    {SLICE_INIT("/font.woff"), "font/woff"},
    {SLICE_INIT("/code.wasm"), "application/wasm"},
    {SLICE_INIT("/ping.ogg"), "audio/ogg"},
    /* How the extension is found. */
    {SLICE_INIT("app.js"), "text/javascript; charset=utf-8"},
    {SLICE_INIT("/APP.JS"), "text/javascript; charset=utf-8"},
    {SLICE_INIT("/a.b/c.Html"), "text/html; charset=utf-8"},
    {SLICE_INIT("/.html"), "text/html; charset=utf-8"},
    {SLICE_INIT("/archive.tar.html"), "text/html; charset=utf-8"},
    {SLICE_INIT("/a.html/file"), "application/octet-stream"},
    {SLICE_INIT("/a.html/"), "application/octet-stream"},
    {SLICE_INIT("/html"), "application/octet-stream"},
    {SLICE_INIT("/a."), "application/octet-stream"},
    {SLICE_INIT("/a.html."), "application/octet-stream"},
    {SLICE_INIT("/a.htmlx"), "application/octet-stream"},
    {SLICE_INIT("/a.xhtml5"), "application/octet-stream"},
    {SLICE_INIT("/a.js\0"), "application/octet-stream"},
    {SLICE_INIT("/strange.zzz"), "application/octet-stream"},
    {SLICE_INIT("/big.bin"), "application/octet-stream"},
    {SLICE_INIT("/"), "application/octet-stream"},
    {SLICE_INIT("."), "application/octet-stream"},
    {SLICE_INIT(""), "application/octet-stream"},
};

START_TEST(http_mime_type_by_extension)
{
    ck_assert_str_eq(http_mime_type(files[_i].path), files[_i].type);
}
END_TEST

START_TEST(http_mime_type_of_no_path_is_the_default)
{
    ck_assert_str_eq(http_mime_type(slice_of(NULL, 0)), "application/octet-stream");
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("http_mime");
    TCase *tc = tcase_create("type");

    tcase_add_loop_test(tc, http_mime_type_by_extension, 0, sizeof(files) / sizeof(files[0]));
    tcase_add_test(tc, http_mime_type_of_no_path_is_the_default);
    suite_add_tcase(s, tc);
    return s;
}
