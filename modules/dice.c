/*
 * dice: a bot that rolls dice.
 *
 * `/roll 2d6` makes it say to the room: "alice rolls 2d6: 3 + 5 = 8". Without a count it is one
 * die, without sides it has six: `/roll d20`, `/roll 3d`, `/roll`.
 */
#include <chatd-module.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#define COUNT_MAX 100
#define SIDES_MAX 1000

static const struct chatd_api *chatd;
static chatd_id bot;

/* Reads the number at *p, or takes the default when there is none. */
static long read_number(const char **p, long fallback)
{
    char *end;

    if (**p < '0' || **p > '9')
        return fallback;
    long number = strtol(*p, &end, 10); /* LONG_MAX when it is too large, which is too large */
    *p = end;
    return number;
}

static int read_dice(const char *text, long *count, long *sides)
{
    *count = read_number(&text, 1);
    if (*text == 'd' || *text == 'D')
        text++;
    else if (*text != '\0' || *count != 1)
        return -1;
    *sides = read_number(&text, 6);
    return *text == '\0' ? 0 : -1;
}

/* 1 ... sides, each as likely as the others; 0 when the system has no random numbers. */
static long roll(long sides)
{
    uint32_t number;
    uint32_t fair = UINT32_MAX - UINT32_MAX % (uint32_t)sides; /* a multiple of `sides` */

    do {
        if (getrandom(&number, sizeof(number), 0) != sizeof(number))
            return 0;
    } while (number >= fair);
    return 1 + (long)(number % (uint32_t)sides);
}

static int on_roll(struct chatd_self *self, struct chatd_call *call)
{
    char text[64 + 8 * COUNT_MAX + 256];
    long count, sides, sum = 0;
    int n;

    if (read_dice(chatd->call_text(call).p, &count, &sides) != 0 || count < 1 ||
        count > COUNT_MAX || sides < 1 || sides > SIDES_MAX) {
        n = snprintf(text, sizeof(text),
                     "I know dice like 2d6 or d20: up to %d dice of up to %d sides.", COUNT_MAX,
                     SIDES_MAX);
        chatd->call_reply(self, call, text, (size_t)n);
        return CHATD_ACCEPT;
    }
    n = snprintf(text, sizeof(text),
                 "%.256s rolls %ldd%ld: ", chatd->user_nick(chatd->call_user(call)).p, count,
                 sides);
    for (long i = 0; i < count; i++) {
        long points = roll(sides);
        if (points == 0)
            return chatd->deny(self, "unavailable", "the dice are lost");
        sum += points;
        n += snprintf(text + n, sizeof(text) - (size_t)n, "%s%ld", i > 0 ? " + " : "", points);
    }
    if (count > 1)
        n += snprintf(text + n, sizeof(text) - (size_t)n, " = %ld", sum);
    if (chatd->say(self, bot, chatd->call_room(call), text, (size_t)n) != 0)
        return chatd->deny(self, "unavailable", "nobody can see these dice");
    return CHATD_ACCEPT;
}

static const struct chatd_option options[] = {
    CHATD_OPTION("nick", CHATD_STRING, "dice", "the name of the bot"),
    CHATD_END,
};

static const struct chatd_command commands[] = {
    CHATD_COMMAND("roll", "[COUNT]d[SIDES]", "Rolls dice for all to see", on_roll),
    CHATD_END,
};

static int init(struct chatd_self *self)
{
    bot = chatd->bot_new(self, chatd->option_str(self, "nick").p);
    return bot != 0 ? 0 : -1;
}

CHATD_MODULE(.name = "dice", .version = "1.0", .about = "rolls dice", .api = &chatd,
             .options = options, .commands = commands, .init = init);
