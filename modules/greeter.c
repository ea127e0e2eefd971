/*
 * greeter: a bot that welcomes everybody who joins a room.
 *
 * In its text, %nick% and %room% stand for the name of who joins and of the room. Other bots are
 * not greeted.
 */
#include <chatd-module.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct chatd_api *chatd;
static chatd_id bot;

/* Writes the text with its placeholders filled in. */
static void fill_in(FILE *out, const char *text, const char *nick, const char *room)
{
    while (*text != '\0') {
        if (strncmp(text, "%nick%", 6) == 0) {
            fputs(nick, out);
            text += 6;
        } else if (strncmp(text, "%room%", 6) == 0) {
            fputs(room, out);
            text += 6;
        } else {
            fputc(*text++, out);
        }
    }
}

static void on_joined(struct chatd_self *self, struct chatd_user *user, struct chatd_room *room)
{
    char *text = NULL;
    size_t n = 0;

    if (chatd->user_is_bot(user) || chatd->room_is_direct(room))
        return;
    FILE *out = open_memstream(&text, &n);
    if (out == NULL)
        return;
    fill_in(out, chatd->option_str(self, "text").p, chatd->user_nick(user).p,
            chatd->room_name(room).p);
    if (fclose(out) == 0) {
        if (chatd->option_int(self, "private"))
            chatd->notice(self, bot, user, room, text, n);
        else
            chatd->say(self, bot, room, text, n);
    }
    free(text);
}

static const struct chatd_option options[] = {
    CHATD_OPTION("text", CHATD_STRING, "Welcome, %nick%!", "what it says"),
    CHATD_OPTION("nick", CHATD_STRING, "greeter", "the name of the bot"),
    CHATD_OPTION("private", CHATD_BOOL, "true", "only who joins sees it, not the whole room"),
    CHATD_END,
};

static const struct chatd_hook hooks[] = {
    CHATD_ON_JOINED(on_joined, 0),
    CHATD_END,
};

static int check(struct chatd_self *self)
{
    if (chatd->option_str(self, "text").n == 0)
        return chatd->option_error(self, "text", "is empty");
    return 0;
}

static int init(struct chatd_self *self)
{
    bot = chatd->bot_new(self, chatd->option_str(self, "nick").p);
    return bot != 0 ? 0 : -1;
}

CHATD_MODULE(.name = "greeter", .version = "1.0", .about = "welcomes who joins", .api = &chatd,
             .need_minor = 10, .options = options, .hooks = hooks, .check = check, .init = init);
