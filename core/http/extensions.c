#include "http/extensions.h"

#include "http/request.h"

void extensions_init(struct extensions *extensions, struct slice field)
{
    *extensions = (struct extensions){.rest = slice_trim(field)};
}

/* RFC 2616 2.1, whose grammar RFC 6455 uses: white space may stand between any two words. */
static void skip(struct extensions *e, size_t n)
{
    e->rest = slice_trim(slice_of(e->rest.p + n, e->rest.n - n));
}

static bool is_at(const struct extensions *e, char c)
{
    return e->rest.n > 0 && e->rest.p[0] == c;
}

static bool take_token(struct extensions *e, struct slice *token)
{
    size_t n = 0;

    while (n < e->rest.n && http_is_tchar((unsigned char)e->rest.p[n]))
        n++;
    *token = slice_of(e->rest.p, n);
    skip(e, n);
    return n > 0;
}

/* "When using the quoted-string syntax variant, the value after quoted-string unescaping MUST
 * conform to the 'token' ABNF." */
static bool take_quoted(struct extensions *e, struct slice *value)
{
    const struct slice in = e->rest;
    size_t at = 1;
    size_t n = 0;

    while (at < in.n && in.p[at] != '"') {
        if (in.p[at] == '\\')
            at++;
        if (at == in.n || !http_is_tchar((unsigned char)in.p[at]))
            return false;
        if (n < sizeof(e->unquoted))
            e->unquoted[n++] = in.p[at];
        at++;
    }
    if (at == in.n || n == 0)
        return false;
    skip(e, at + 1);
    *value = slice_of(e->unquoted, n);
    return true;
}

static bool take_param(struct extensions *e)
{
    skip(e, 1);
    e->value = (struct slice){NULL, 0};
    if (!take_token(e, &e->name))
        return false;
    if (!is_at(e, '='))
        return true;
    skip(e, 1);
    return is_at(e, '"') ? take_quoted(e, &e->value) : take_token(e, &e->value);
}

enum extension_item extensions_next(struct extensions *e)
{
    if (e->in_offer && is_at(e, ';'))
        return take_param(e) ? EXTENSION_PARAM : EXTENSION_BAD;
    if (e->in_offer && e->rest.n > 0 && !is_at(e, ','))
        return EXTENSION_BAD;
    while (is_at(e, ',')) /* empty elements do not count */
        skip(e, 1);
    if (e->rest.n == 0)
        return EXTENSION_END;
    e->in_offer = true;
    return take_token(e, &e->name) ? EXTENSION_NAME : EXTENSION_BAD;
}
