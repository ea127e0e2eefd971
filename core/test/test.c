/* The server of a module's test; see include/chatd-test.h. */
#include <chatd-test.h>

#include "base/json.h"
#include "base/log.h"
#include "chat/native.h"
#include "net/timer.h"
#include "plugin/loader.h"
#include "test/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MODULES_MAX = 8, ANSWER_MS = 10000, TICK_MS = 5, FIELDS = 16 };

/* One section of chatd.modules. */
struct section {
    char *name;
    char *options;
};

struct chatd_test {
    char folder[64];
    struct section sections[MODULES_MAX];
    size_t n_sections;
    struct loop loop;
    struct config config;
    struct http_server http;
    struct hub hub;
    struct workers *workers;
    struct plugins plugins;
    struct native_endpoint native;
    struct chatd_test_client *clients;
    struct timer tick;
    int64_t until_ms;
    int log_fd;
    char *log;
};

/* What a client got, in order. */
struct event {
    struct event *next;
    char *json;
};

struct chatd_test_client {
    struct chatd_test_client *next;
    struct chatd_test *test;
    struct peer peer;
    struct event *first;
    struct event **last;
    char *taken; /* what the test looks at */
    unsigned requests;
};

/* ---- The folder --------------------------------------------------------------------------- */

static int write_text(const struct chatd_test *test, const char *name, const char *text)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/%s", test->folder, name);
    FILE *file = fopen(path, "we");
    if (file == NULL)
        return -errno;
    int err = fputs(text, file) >= 0 ? 0 : -EIO;
    return fclose(file) == 0 ? err : -EIO;
}

static int write_modules(const struct chatd_test *test)
{
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);

    if (out == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < test->n_sections; i++)
        fprintf(out, "module %s {\n%s\n}\n", test->sections[i].name, test->sections[i].options);
    fclose(out);
    int err = write_text(test, "chatd.modules", text);
    free(text);
    return err;
}

/* The server looks for NAME.so in one folder. */
static int add_section(struct chatd_test *test, const char *so_file, const char *options)
{
    struct section *section = &test->sections[test->n_sections];
    const char *base = strrchr(so_file, '/') != NULL ? strrchr(so_file, '/') + 1 : so_file;
    const char *dot = strrchr(base, '.');
    char link_name[512];
    char *real = realpath(so_file, NULL);

    if (real == NULL || test->n_sections == MODULES_MAX) {
        fprintf(stderr, "%s: %s\n", so_file, real == NULL ? strerror(errno) : "too many modules");
        free(real);
        return -1;
    }
    *section =
        (struct section){.name = strndup(base, dot != NULL ? (size_t)(dot - base) : strlen(base)),
                         .options = strdup(options != NULL ? options : "")};
    snprintf(link_name, sizeof(link_name), "%s/%s.so", test->folder, section->name);
    int err = symlink(real, link_name);
    free(real);
    test->n_sections++;
    return err == 0 ? write_modules(test) : -1;
}

static void drop_section(struct chatd_test *test)
{
    struct section *section = &test->sections[--test->n_sections];
    char path[512];

    snprintf(path, sizeof(path), "%s/%s.so", test->folder, section->name);
    unlink(path);
    free(section->name);
    free(section->options);
}

static int make_folder(struct chatd_test *test)
{
    const char *tmp = getenv("TMPDIR");

    snprintf(test->folder, sizeof(test->folder), "%.40s/chatd-test-XXXXXX",
             tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(test->folder) == NULL)
        return -errno;
    return write_text(test, "chatd.conf",
                      "modules_file = \"chatd.modules\"\nmodule_dir = \".\"\nweb_root = \"web\"\n"
                      "data_dir = \"data\"\nping_interval = \"1d\"\nlogin_timeout = \"1d\"\n"
                      "resume_window = \"0s\"\n");
}

/* Modules may have written into data/, but not below it. */
static void remove_folder(struct chatd_test *test)
{
    char command[160];

    snprintf(command, sizeof(command), "rm -rf '%s'", test->folder);
    if (system(command) != 0)
        fprintf(stderr, "%s is left behind\n", test->folder);
}

/* ---- The server --------------------------------------------------------------------------- */

static int read_config(struct chatd_test *test)
{
    char path[128];
    char web[128];
    const struct config_paths paths = {.web_root = web, .data_dir = "", .module_dir = ""};

    snprintf(path, sizeof(path), "%s/chatd.conf", test->folder);
    snprintf(web, sizeof(web), "%s/web", test->folder);
    (void)mkdir(web, 0700);
    return config_read(path, &paths, &test->config);
}

static void on_tick(void *arg)
{
    (void)arg;
}

static int start_server(struct chatd_test *test)
{
    int err = read_config(test);

    if (err != 0)
        return err;
    err = loop_init(&test->loop, 100);
    if (err != 0)
        return err;
    test->loop.outbox_limit = (size_t)test->config.outbox_bytes.number;
    test->loop.outbox_memory_limit = (size_t)test->config.outbox_memory.number;
    timer_init(&test->tick, &test->loop, on_tick, test);
    err = http_server_init(&test->http, &test->loop, &test->config);
    if (err == 0)
        err = hub_init(&test->hub, &test->loop, &test->config);
    if (err != 0)
        return err;
    test->workers = workers_new(&test->loop, 2, (size_t)test->config.max_jobs.number);
    if (test->workers == NULL)
        return -ENOMEM;
    err = plugins_init(&test->plugins, &test->hub, &test->http, test->workers, &test->config);
    if (err == 0)
        err = native_init(&test->native, &test->hub);
    if (err == 0)
        err = http_server_add_websocket(&test->http, &test->native.ws);
    if (err == 0)
        err = plugins_load(&test->plugins);
    if (err == 0 && test->plugins.n_broken > 0)
        err = -EINVAL;
    if (err != 0)
        return err;
    plugins_start(&test->plugins);
    if (test->plugins.set.n > 0 && test->plugins.set.modules[0]->state != MODULE_RUNNING)
        return -EINVAL;
    return native_configure(&test->native);
}

static void turn(struct chatd_test *test)
{
    loop_turn(&test->loop, false);
}

static void end_server(struct chatd_test *test)
{
    if (test->loop.ev == NULL)
        return;
    if (test->hub.loop != NULL) {
        loop_end_conns(&test->loop);
        if (test->plugins.hub != NULL)
            plugins_end(&test->plugins);
    }
    workers_free(test->workers);
    native_deinit(&test->native);
    if (test->hub.loop != NULL)
        hub_deinit(&test->hub);
    http_server_deinit(&test->http);
    timer_stop(&test->tick);
    loop_deinit(&test->loop);
}

static void copy_log(struct chatd_test *test)
{
    fputs(chatd_test_log(test), stderr);
}

struct chatd_test *chatd_test_new(const char *so_file, const char *options)
{
    struct chatd_test *test = calloc(1, sizeof(*test));

    if (test == NULL)
        return NULL;
    test->log_fd = memfd_create("chatd-test.log", MFD_CLOEXEC);
    log_set_descriptor(test->log_fd);
    if (make_folder(test) == 0 && add_section(test, so_file, options) == 0 &&
        start_server(test) == 0)
        return test;
    copy_log(test);
    chatd_test_free(test);
    return NULL;
}

void chatd_test_free(struct chatd_test *test)
{
    if (test == NULL)
        return;
    while (test->clients != NULL)
        chatd_test_leave(test->clients);
    end_server(test);
    config_deinit(&test->config);
    while (test->n_sections > 0)
        drop_section(test);
    remove_folder(test);
    log_set_descriptor(STDERR_FILENO);
    close(test->log_fd);
    free(test->log);
    free(test);
}

const char *chatd_test_log(struct chatd_test *test)
{
    struct stat st;

    free(test->log);
    test->log = NULL;
    if (fstat(test->log_fd, &st) != 0)
        return "";
    test->log = calloc(1, (size_t)st.st_size + 1);
    if (test->log == NULL || pread(test->log_fd, test->log, (size_t)st.st_size, 0) != st.st_size)
        return "";
    return test->log;
}

/* Does the server have what chatd.modules says? */
static int reload(struct chatd_test *test)
{
    size_t n = strlen(chatd_test_log(test));

    plugins_reload(&test->plugins);
    turn(test);
    (void)native_configure(&test->native);
    return strstr(chatd_test_log(test) + n, "the modules stay as they were") == NULL ? 0 : -1;
}

int chatd_test_add(struct chatd_test *test, const char *so_file, const char *options)
{
    if (add_section(test, so_file, options) != 0)
        return -1;
    if (reload(test) == 0)
        return 0;
    drop_section(test);
    (void)write_modules(test);
    return -1;
}

int chatd_test_reload(struct chatd_test *test, const char *options)
{
    struct section *section = &test->sections[0];
    char *before = section->options;

    section->options = strdup(options != NULL ? options : "");
    if (section->options != NULL && write_modules(test) == 0 && reload(test) == 0) {
        free(before);
        return 0;
    }
    free(section->options);
    section->options = before;
    (void)write_modules(test);
    return -1;
}

/* ---- Clients ------------------------------------------------------------------------------ */

static void on_message(void *arg, struct slice text)
{
    struct chatd_test_client *client = arg;
    struct event *event = calloc(1, sizeof(*event));

    if (event == NULL)
        return;
    event->json = strndup(text.p, text.n);
    *client->last = event;
    client->last = &event->next;
}

/* Until nothing moves any more. */
static void settle(struct chatd_test *test)
{
    bool moves = true;

    while (moves) {
        turn(test);
        turn(test);
        moves = false;
        for (struct chatd_test_client *at = test->clients; at != NULL; at = at->next)
            moves |= peer_receive(&at->peer, on_message, at);
    }
}

static void wait_a_little(struct chatd_test *test)
{
    timer_start(&test->tick, TICK_MS, 0);
    loop_turn(&test->loop, true);
    settle(test);
}

void chatd_test_run(struct chatd_test *test, int ms)
{
    settle(test);
    int64_t until_ms = loop_now_ms(&test->loop) + ms;
    while (loop_now_ms(&test->loop) < until_ms)
        wait_a_little(test);
}

struct chatd_test_client *chatd_test_connect(struct chatd_test *test)
{
    struct chatd_test_client *client = calloc(1, sizeof(*client));

    if (client == NULL)
        return NULL;
    client->test = test;
    client->last = &client->first;
    if (peer_init(&client->peer, &test->http, &test->native.ws) != 0) {
        free(client);
        return NULL;
    }
    client->next = test->clients;
    test->clients = client;
    settle(test);
    return client;
}

struct chatd_test_client *chatd_test_login(struct chatd_test *test, const char *nick)
{
    struct chatd_test_client *client = chatd_test_connect(test);
    struct json *request = json_object();

    json_set_str(request, "type", SLICE("login"));
    json_set_str(request, "nick", slice_str(nick));
    char *text = json_text(request);
    const char *answer = client != NULL && text != NULL ? chatd_test_request(client, text) : NULL;
    json_text_free(text);
    json_free(request);
    if (strcmp(chatd_test_field(answer, "type"), "welcome") == 0) {
        while (chatd_test_event(client, "hello") != NULL)
            ;
        return client;
    }
    log_error("test", "%s was refused: %s", nick, chatd_test_field(answer, "message"));
    if (client != NULL)
        chatd_test_leave(client);
    return NULL;
}

void chatd_test_leave(struct chatd_test_client *client)
{
    struct chatd_test *test = client->test;
    struct chatd_test_client **at = &test->clients;

    while (*at != client)
        at = &(*at)->next;
    *at = client->next;
    peer_deinit(&client->peer);
    while (client->first != NULL) {
        struct event *event = client->first;
        client->first = event->next;
        free(event->json);
        free(event);
    }
    free(client->taken);
    free(client);
    settle(test);
}

unsigned chatd_test_closed(struct chatd_test_client *client)
{
    settle(client->test);
    return client->peer.closed;
}

/* ---- Requests and events ------------------------------------------------------------------ */

/* Takes the first event whose member has this value (NULL: any). */
static const char *take(struct chatd_test_client *client, const char *member, const char *value)
{
    struct event **at = &client->first;

    while (*at != NULL && value != NULL &&
           strcmp(chatd_test_field((*at)->json, member), value) != 0)
        at = &(*at)->next;
    struct event *event = *at;
    if (event == NULL)
        return NULL;
    *at = event->next;
    if (*at == NULL)
        client->last = at;
    free(client->taken);
    client->taken = event->json;
    free(event);
    return client->taken;
}

const char *chatd_test_event(struct chatd_test_client *client, const char *type)
{
    settle(client->test);
    return take(client, "type", type);
}

void chatd_test_send(struct chatd_test_client *client, const char *json)
{
    if (peer_send(&client->peer, slice_str(json)) != 0)
        log_error("test", "the server takes nothing more from this client");
    settle(client->test);
}

const char *chatd_test_request(struct chatd_test_client *client, const char *json)
{
    struct chatd_test *test = client->test;
    struct json *request = json_parse(slice_str(json));
    char id[24];
    const char *answer = NULL;

    if (!json_is_object(request)) {
        log_error("test", "this is no JSON object: %s", json);
        json_free(request);
        return NULL;
    }
    snprintf(id, sizeof(id), "test-%u", ++client->requests);
    json_set_str(request, "id", slice_str(id));
    char *text = json_text(request);
    json_free(request);
    if (text != NULL)
        chatd_test_send(client, text);
    json_text_free(text);
    int64_t until_ms = loop_now_ms(&test->loop) + ANSWER_MS;
    while ((answer = take(client, "id", id)) == NULL && client->peer.closed == 0 &&
           loop_now_ms(&test->loop) < until_ms)
        wait_a_little(test);
    return answer;
}

static const char *request_in_room(struct chatd_test_client *client, const char *type,
                                   const char *room, const char *text)
{
    struct json *request = json_object();

    json_set_str(request, "type", slice_str(type));
    json_set_str(request, "room", slice_str(room));
    if (text != NULL)
        json_set_str(request, "text", slice_str(text));
    char *json = json_text(request);
    json_free(request);
    const char *answer = json != NULL ? chatd_test_request(client, json) : NULL;
    json_text_free(json);
    return answer;
}

const char *chatd_test_join(struct chatd_test_client *client, const char *room)
{
    return request_in_room(client, "join", room, NULL);
}

const char *chatd_test_say(struct chatd_test_client *client, const char *room, const char *text)
{
    return request_in_room(client, "message", room, text);
}

/* The member that a name with dots leads to. */
static const struct json *follow(const struct json *json, const char *name)
{
    char part[64];

    while (json != NULL && *name != '\0') {
        size_t n = strcspn(name, ".");
        if (n >= sizeof(part))
            return NULL;
        memcpy(part, name, n);
        part[n] = '\0';
        json = json_get(json, part);
        name += name[n] == '.' ? n + 1 : n;
    }
    return json;
}

const char *chatd_test_field(const char *json, const char *name)
{
    static char *answers[FIELDS];
    static unsigned turns;
    char **answer = &answers[turns++ % FIELDS];
    struct json *parsed = json != NULL ? json_parse(slice_str(json)) : NULL;
    const struct json *field = follow(parsed, name);

    free(*answer);
    *answer = NULL;
    if (field != NULL && json_str(field) != NULL)
        *answer = strdup(json_str(field));
    else if (field != NULL)
        *answer = json_text(field);
    json_free(parsed);
    return *answer != NULL ? *answer : "";
}
