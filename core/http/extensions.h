/* Reads Sec-WebSocket-Extensions (RFC 6455 9.1): the names and parameters of the extensions that a
 * client offers, the preferred one first. Pure. */
#ifndef CHATD_HTTP_EXTENSIONS_H
#define CHATD_HTTP_EXTENSIONS_H

#include "base/slice.h"

enum extension_item {
    EXTENSION_NAME,  /* an offer begins: name */
    EXTENSION_PARAM, /* of that offer: name, value */
    EXTENSION_END,
    EXTENSION_BAD, /* the value is malformed; nothing is read after it */
};

struct extensions {
    struct slice name;
    struct slice value; /* without its quotes; {NULL, 0} when there is none. A longer one than any
                           that is known here is cut. Valid until the next call. */
    /* The reader's own. */
    struct slice rest;
    bool in_offer;
    char unquoted[32];
};

/* At the start of the value of one field. */
void extensions_init(struct extensions *extensions, struct slice field);

enum extension_item extensions_next(struct extensions *extensions);

#endif
