#include "net/mailbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct mailbox {
    struct loop *loop;
    ev_async wake;
    pthread_mutex_t lock;
    struct letter *first;
    struct letter **last;
    size_t n;
    size_t max;
};

/* One at a time, for the letter may end its sender, and what else that has posted. */
static struct letter *take(struct mailbox *mailbox)
{
    pthread_mutex_lock(&mailbox->lock);
    struct letter *letter = mailbox->first;
    if (letter != NULL) {
        mailbox->first = letter->next;
        if (mailbox->first == NULL)
            mailbox->last = &mailbox->first;
        mailbox->n--;
    }
    pthread_mutex_unlock(&mailbox->lock);
    return letter;
}

/* As many as there were: whoever posts without end does not stop the loop. */
static void on_wake(struct ev_loop *ev, ev_async *watcher, int events)
{
    struct mailbox *mailbox = watcher->data;
    struct letter *letter;

    (void)events;
    pthread_mutex_lock(&mailbox->lock);
    size_t n = mailbox->n;
    pthread_mutex_unlock(&mailbox->lock);
    while (n-- > 0 && (letter = take(mailbox)) != NULL)
        letter->deliver(letter);
    pthread_mutex_lock(&mailbox->lock);
    if (mailbox->n > 0)
        ev_async_send(ev, &mailbox->wake);
    pthread_mutex_unlock(&mailbox->lock);
}

struct mailbox *mailbox_new(struct loop *loop, size_t max)
{
    struct mailbox *mailbox = calloc(1, sizeof(*mailbox));

    if (mailbox == NULL)
        return NULL;
    mailbox->loop = loop;
    mailbox->max = max;
    mailbox->last = &mailbox->first;
    pthread_mutex_init(&mailbox->lock, NULL);
    ev_async_init(&mailbox->wake, on_wake);
    mailbox->wake.data = mailbox;
    ev_async_start(loop->ev, &mailbox->wake);
    return mailbox;
}

void mailbox_free(struct mailbox *mailbox)
{
    struct letter *letter;

    if (mailbox == NULL)
        return;
    while ((letter = take(mailbox)) != NULL)
        free(letter);
    ev_async_stop(mailbox->loop->ev, &mailbox->wake);
    pthread_mutex_destroy(&mailbox->lock);
    free(mailbox);
}

int mailbox_post(struct mailbox *mailbox, struct letter *letter)
{
    int err = -EAGAIN;

    letter->next = NULL;
    pthread_mutex_lock(&mailbox->lock);
    if (mailbox->n < mailbox->max) {
        *mailbox->last = letter;
        mailbox->last = &letter->next;
        mailbox->n++;
        ev_async_send(mailbox->loop->ev, &mailbox->wake);
        err = 0;
    }
    pthread_mutex_unlock(&mailbox->lock);
    return err;
}

void mailbox_forget(struct mailbox *mailbox, const void *sender)
{
    pthread_mutex_lock(&mailbox->lock);
    struct letter **at = &mailbox->first;
    while (*at != NULL) {
        struct letter *letter = *at;
        if (letter->sender != sender) {
            at = &letter->next;
            continue;
        }
        *at = letter->next;
        mailbox->n--;
        free(letter);
    }
    mailbox->last = at;
    pthread_mutex_unlock(&mailbox->lock);
}
