/* Media types of files. */
#ifndef CHATD_HTTP_MIME_H
#define CHATD_HTTP_MIME_H

#include "base/slice.h"

/* The Content-Type (RFC 9110 8.3) for a file of this name or path, by its extension and whatever
 * the case; text has charset=utf-8. "application/octet-stream" when the extension is not known.
 * Static. */
const char *http_mime_type(struct slice path);

#endif
