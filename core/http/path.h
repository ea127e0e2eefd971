/* The path of a request as a name to look a file up by. */
#ifndef CHATD_HTTP_PATH_H
#define CHATD_HTTP_PATH_H

#include "base/buf.h"

/* Appends the absolute path `raw`, percent-decoded once (RFC 3986 2.1) and without its dot
 * segments (5.2.4), encoded ones included. Empty segments stay. The result begins with '/', has no
 * "." or ".." segment, and may hold any bytes but '\\' and control characters: it need not be
 * valid UTF-8.
 *
 * -EINVAL for a path that does not begin with '/', a bad escape, an encoded '/', a '\\' or a
 * control character in either form, and for ".." above the root. -EMSGSIZE and -ENOMEM as
 * buf_append(). `out` is unchanged on failure. */
int http_path_decode(struct slice raw, struct buf *out);

/* Is this what a request's path can be decoded to? To look for what has a '?' or '#' in it would be
 * a mistake, too. */
bool http_path_is_plain(struct slice path);

#endif
