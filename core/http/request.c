#include "http/request.h"

#include <arpa/inet.h>

/* ---- Character classes -------------------------------------------------------------------- */

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(unsigned char c)
{
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static bool is_one_of(unsigned char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

bool http_is_tchar(unsigned char c)
{
    return is_alnum(c) || is_one_of(c, "!#$%&'*+-.^_`|~");
}

bool http_is_token(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!http_is_tchar((unsigned char)s.p[i]))
            return false;
    return s.n > 0;
}

bool http_is_value_char(unsigned char c)
{
    return (c >= 0x20 && c != 0x7f) || c == '\t';
}

/* ---- Authority ---------------------------------------------------------------------------- */

/* IP-literal of RFC 3986 3.2.2, without the version to come. */
static bool is_ipv6(struct slice host)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr address;

    if (host.n < 2 || host.p[host.n - 1] != ']' || host.n - 2 >= sizeof(text))
        return false;
    memcpy(text, host.p + 1, host.n - 2);
    text[host.n - 2] = '\0';
    return memchr(text, '\0', host.n - 2) == NULL && inet_pton(AF_INET6, text, &address) == 1;
}

static bool is_hex(unsigned char c)
{
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* reg-name of RFC 3986 3.2.2, which an IPv4 address is, too. */
static bool is_reg_name(struct slice host)
{
    for (size_t i = 0; i < host.n; i++) {
        unsigned char c = (unsigned char)host.p[i];
        if (is_alnum(c) || is_one_of(c, "-._~!$&'()*+,;="))
            continue;
        if (c != '%' || host.n - i < 3 || !is_hex((unsigned char)host.p[i + 1]) ||
            !is_hex((unsigned char)host.p[i + 2]))
            return false;
    }
    return true;
}

static bool read_port(struct slice digits, int *port)
{
    int value = 0;

    for (size_t i = 0; i < digits.n; i++) {
        if (!is_digit((unsigned char)digits.p[i]))
            return false;
        value = value * 10 + (digits.p[i] - '0');
        if (value > 65535)
            return false;
    }
    *port = digits.n > 0 ? value : -1;
    return true;
}

bool http_authority_split(struct slice authority, struct slice *host, int *port)
{
    struct slice name = authority;
    struct slice digits = {NULL, 0};
    int number = -1;

    for (size_t i = authority.n; i > 0 && authority.p[i - 1] != ']'; i--) {
        if (authority.p[i - 1] != ':')
            continue;
        name = slice_of(authority.p, i - 1);
        digits = slice_of(authority.p + i, authority.n - i);
        break;
    }
    bool literal = name.n > 0 && name.p[0] == '[';
    if (!(literal ? is_ipv6(name) : is_reg_name(name)) || !read_port(digits, &number))
        return false;
    *host = name;
    *port = number;
    return true;
}

/* ---- Fields of a request ------------------------------------------------------------------ */

const struct http_field *http_field_find(const struct http_request *request, const char *name,
                                         const struct http_field *after)
{
    size_t i = after != NULL ? (size_t)(after - request->fields) + 1 : 0;

    for (; i < request->n_fields; i++)
        if (slice_ieq(request->fields[i].name, slice_str(name)))
            return &request->fields[i];
    return NULL;
}

struct slice http_request_field(const struct http_request *request, const char *name)
{
    const struct http_field *field = http_field_find(request, name, NULL);

    return field != NULL ? field->value : (struct slice){NULL, 0};
}

size_t http_field_count(const struct http_request *request, const char *name)
{
    const struct http_field *field = NULL;
    size_t n = 0;

    while ((field = http_field_find(request, name, field)) != NULL)
        n++;
    return n;
}

void http_list_init(struct http_list *list, const struct http_request *request, const char *name)
{
    *list = (struct http_list){.request = request, .name = name};
    list->field = http_field_find(request, name, NULL);
    if (list->field != NULL)
        list->rest = list->field->value;
}

bool http_list_next(struct http_list *list, struct slice *item)
{
    if (list->rest.p == NULL && list->field != NULL) {
        list->field = http_field_find(list->request, list->name, list->field);
        if (list->field != NULL)
            list->rest = list->field->value;
    }
    if (list->field == NULL)
        return false;
    *item = slice_trim(slice_cut(&list->rest, ','));
    return true;
}

bool http_field_has_token(const struct http_request *request, const char *name, const char *token)
{
    struct http_list list;
    struct slice item;

    http_list_init(&list, request, name);
    while (http_list_next(&list, &item))
        if (slice_ieq(item, slice_str(token)))
            return true;
    return false;
}

bool http_request_has_body(const struct http_request *request)
{
    return request->chunked || request->content_length > 0;
}

/* ---- Target ------------------------------------------------------------------------------- */

static size_t scheme_bytes(struct slice target)
{
    static const char *const schemes[] = {"http://", "https://"};

    for (size_t i = 0; i < 2; i++) {
        struct slice scheme = slice_str(schemes[i]);
        if (target.n >= scheme.n && slice_ieq(slice_of(target.p, scheme.n), scheme))
            return scheme.n;
    }
    return 0;
}

const char *http_request_split_target(struct http_request *request)
{
    struct slice rest = request->target;
    int port;

    if (slice_eq(rest, SLICE("*"))) {
        request->path = rest;
        return slice_eq(request->method, SLICE("OPTIONS")) ? NULL : "target * is for OPTIONS";
    }
    if (rest.p[0] != '/') {
        size_t scheme = scheme_bytes(rest);
        if (scheme == 0)
            return "target is neither a path nor an http URI";
        size_t end = scheme;
        while (end < rest.n && rest.p[end] != '/' && rest.p[end] != '?')
            end++;
        struct slice authority = slice_of(rest.p + scheme, end - scheme);
        struct slice host;
        if (!http_authority_split(authority, &host, &port) || host.n == 0)
            return "invalid host in target";
        request->host = authority;
        rest = slice_of(rest.p + end, rest.n - end);
    }
    request->path = slice_cut(&rest, '?');
    request->query = rest;
    if (request->path.n == 0)
        request->path = SLICE("/");
    return NULL;
}
