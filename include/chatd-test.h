/*
 * chatd-test.h: a chat server inside a test, for those who write modules.
 *
 *     struct chatd_test *test = chatd_test_new("./oracle.so", "nick = \"pythia\"");
 *     struct chatd_test_client *alice = chatd_test_login(test, "alice");
 *     chatd_test_join(alice, "lobby");
 *     const char *answer = chatd_test_say(alice, "lobby", "/ask Why?");
 *     if (strcmp(chatd_test_field(answer, "type"), "ok") != 0) ...
 *     const char *notice = chatd_test_event(alice, "notice");
 *     chatd_test_free(test);
 *
 * It is the real server, with the module loaded as there, but without a port, in a folder of its
 * own that ends with it, and in the test's own process: a debugger and the sanitizers see the
 * module, too. Link with `pkg-config --libs chatd-test`. One thread; one struct chatd_test at a
 * time.
 *
 * Texts that functions answer are JSON as clients get it, and belong to the test: they are valid
 * until the next call with the same client, those of chatd_test_field() for 16 calls of it.
 */
#ifndef CHATD_TEST_H
#define CHATD_TEST_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define CHATD_TEST_EXPORT __attribute__((visibility("default")))
#else
#define CHATD_TEST_EXPORT
#endif

struct chatd_test;
struct chatd_test_client; /* somebody who is connected */

/* Starts a server with the module in this file, and these options, written as between the braces in
 * chatd.modules; NULL or "" for none. NULL when the module cannot be loaded or does not start: what
 * the server would log is written to standard error. */
CHATD_TEST_EXPORT struct chatd_test *chatd_test_new(const char *so_file, const char *options);

/* Stops the module and ends the server. NULL is ignored. */
CHATD_TEST_EXPORT void chatd_test_free(struct chatd_test *test);

/* Loads another module beside those that are there, behind them. 0, or -1 when it does not start:
 * all is as it was then. */
CHATD_TEST_EXPORT int chatd_test_add(struct chatd_test *test, const char *so_file,
                                     const char *options);

/* Gives the first module other options, as an operator does with SIGHUP: it is stopped, and started
 * anew with what it saved. 0, or -1 when the server keeps the old one. */
CHATD_TEST_EXPORT int chatd_test_reload(struct chatd_test *test, const char *options);

/* What was logged so far, a line each. Valid until the next call. */
CHATD_TEST_EXPORT const char *chatd_test_log(struct chatd_test *test);

/* Lets the server run for so long: its timers and jobs take their real time. */
CHATD_TEST_EXPORT void chatd_test_run(struct chatd_test *test, int ms);

/* Connects somebody, and logs him in. NULL when he was refused: the error is logged. */
CHATD_TEST_EXPORT struct chatd_test_client *chatd_test_login(struct chatd_test *test,
                                                             const char *nick);

/* Connects somebody who has not logged in. */
CHATD_TEST_EXPORT struct chatd_test_client *chatd_test_connect(struct chatd_test *test);

/* Ends the connection, and forgets the client. Nobody comes back here: the user leaves at once. */
CHATD_TEST_EXPORT void chatd_test_leave(struct chatd_test_client *client);

/* Sends a request, {"type": ...} as in doc/protocol.md, and answers its answer: an object of the
 * type "ok", "error" or "welcome". NULL when none comes in 10 seconds. */
CHATD_TEST_EXPORT const char *chatd_test_request(struct chatd_test_client *client,
                                                 const char *json);
CHATD_TEST_EXPORT const char *chatd_test_join(struct chatd_test_client *client, const char *room);
CHATD_TEST_EXPORT const char *chatd_test_say(struct chatd_test_client *client, const char *room,
                                             const char *text);

/* Sends a request and does not wait for an answer, which becomes an event then. */
CHATD_TEST_EXPORT void chatd_test_send(struct chatd_test_client *client, const char *json);

/* The next event of this type (NULL: of any) that the client got and the test did not take yet;
 * NULL when there is none now. */
CHATD_TEST_EXPORT const char *chatd_test_event(struct chatd_test_client *client, const char *type);

/* 0 as long as the client is connected, then the close code (1006 without one). */
CHATD_TEST_EXPORT unsigned chatd_test_closed(struct chatd_test_client *client);

/* A member of a JSON object, in objects in it with dots ("from.nick"): a string's own text, and
 * other values as JSON. "" when there is none, or `json` is NULL. */
CHATD_TEST_EXPORT const char *chatd_test_field(const char *json, const char *name);

#ifdef __cplusplus
}
#endif

#endif
