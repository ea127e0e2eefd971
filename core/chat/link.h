/* A link: the transport's side of a session, what carries its requests and events. */
#ifndef CHATD_CHAT_LINK_H
#define CHATD_CHAT_LINK_H

#include "net/topic.h"

struct link {
    const struct link_ops *ops;
    struct conn *conn; /* what subscribes to the topics of rooms */
};

struct link_ops {
    /* Sends one event, as JSON text, to this session. */
    void (*send)(struct link *link, struct slice json, enum send_class send_class);
    /* Ends the transport, and with it the session, at the end of the turn. */
    void (*close)(struct link *link, unsigned code, const char *reason);
    /* A request waits for its verdict: the next ones are not to come before release(). */
    void (*hold)(struct link *link);
    void (*release)(struct link *link);
    /* There is a client now, and somebody to wait for. */
    void (*logged_in)(struct link *link);
    /* The time to log in begins anew: the peer was told to ask again later. */
    void (*login_later)(struct link *link);
};

/* May the peer whose transport has closed with this code not come back? He said goodbye, or was
 * told not to (doc/protocol.md, "Close codes"). */
static inline bool link_ends_for_good(unsigned code)
{
    return code == 1000 || (code >= 4500 && code < 5000);
}

#endif
