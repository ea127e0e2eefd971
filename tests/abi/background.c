/* Watches a pipe, and posts from a thread of its own. */
#include "chatd-module.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct chatd_api *chatd;
static chatd_id watch;
static int ends[2];
static pthread_t thread;

/* ---- Watches ------------------------------------------------------------------------------ */

static void on_readable(struct chatd_self *self, int fd, unsigned events, void *arg)
{
    char text[64];
    ssize_t n = read(fd, text, sizeof(text) - 1);

    if (n < 0)
        abort();
    text[n] = '\0';
    chatd->log(self, CHATD_LOG_INFO, "read %s %u %s", text, events, (const char *)arg);
    if (strcmp(text, "stop") == 0)
        chatd->watch_stop(self, watch);
    if (strcmp(text, "pause") == 0)
        chatd->watch_set(self, watch, 0);
}

static void on_writable(struct chatd_self *self, int fd, unsigned events, void *arg)
{
    (void)fd;
    chatd->log(self, CHATD_LOG_INFO, "writable %u", events);
    chatd->watch_stop(self, *(chatd_id *)arg);
}

static int on_write(struct chatd_self *self, struct chatd_call *call)
{
    struct chatd_str text = chatd->call_text(call);
    static chatd_id writing;

    if (strcmp(text.p, "again") == 0) {
        int err = chatd->watch_set(self, watch, CHATD_READ);
        chatd->log(self, CHATD_LOG_INFO, "set %d", err);
    }
    if (strcmp(text.p, "writable") == 0)
        writing = chatd->watch_start(self, ends[1], CHATD_WRITE, on_writable, &writing);
    return write(ends[1], text.p, text.n) == (ssize_t)text.n ? CHATD_ACCEPT : CHATD_DENY;
}

/* ---- Posts -------------------------------------------------------------------------------- */

static void on_post(struct chatd_self *self, void *arg)
{
    static uintptr_t next = 1;

    if ((uintptr_t)arg != next++)
        chatd->log(self, CHATD_LOG_ERROR, "out of order");
    if ((uintptr_t)arg % 1000 == 0)
        chatd->log(self, CHATD_LOG_INFO, "post %d", (int)(uintptr_t)arg);
}

static void *run(void *arg)
{
    for (uintptr_t i = 1; i <= 10000;)
        if (chatd->post(arg, on_post, (void *)i) == 0)
            i++;
        else
            usleep(100);
    return NULL;
}

static int on_post_all(struct chatd_self *self, struct chatd_call *call)
{
    (void)call;
    return pthread_create(&thread, NULL, run, self) == 0 ? CHATD_ACCEPT : CHATD_DENY;
}

static void too_late(struct chatd_self *self, void *arg)
{
    (void)self, (void)arg;
    abort();
}

/* ---- Life --------------------------------------------------------------------------------- */

static int start(struct chatd_self *self, const struct chatd_json *saved)
{
    (void)saved;
    if (pipe(ends) != 0)
        return -errno;
    watch = chatd->watch_start(self, ends[0], CHATD_READ, on_readable, (void *)"well");
    return watch != 0 && chatd->watch_start(self, -1, CHATD_READ, on_readable, NULL) == 0 ? 0 : -1;
}

static void stop(struct chatd_self *self, struct chatd_json *save)
{
    (void)save;
    if (thread != 0)
        pthread_join(thread, NULL);
    chatd->post(self, too_late, NULL);
    chatd->watch_stop(self, watch);
    chatd->watch_stop(self, watch);
    close(ends[0]);
    close(ends[1]);
}

static const struct chatd_command commands[] = {
    CHATD_COMMAND("write", "", "", on_write),
    CHATD_COMMAND("post", "", "", on_post_all),
    CHATD_END,
};

CHATD_MODULE(.name = "background", .version = "1.0", .about = "waits", .api = &chatd,
             .commands = commands, .start = start, .stop = stop);
