#include "server.h"

#include "base/config.h"
#include "base/counters.h"
#include "base/log.h"
#include "chat/hub.h"
#include "chat/native.h"
#include "chat/resume.h"
#include "chat/room.h"
#include "http/server.h"
#include "net/address.h"
#include "net/listener.h"
#include "net/timeout.h"
#include "net/timer.h"
#include "net/workers.h"
#include "places.h"
#include "plugin/hooks.h"
#include "plugin/links.h"
#include "plugin/loader.h"

#include <config.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <sys/resource.h>
#include <unistd.h>

enum { SPARE_DESCRIPTORS = 64, CHECK_SHUTDOWN_MS = 20 };

struct server {
    const struct server_options *options;
    const char *config_file;
    struct places places;
    struct config config;
    struct loop loop;
    struct http_server http;
    struct hub hub;
    struct native_endpoint native;
    struct workers *workers;
    struct plugins plugins;
    struct listener **listeners;
    size_t n_listeners;
    ev_signal signals[5];
    struct timer shutdown_poll;
    int64_t shutdown_until_ms;
    bool ending;
};

static void apply_log_level(const struct server *server)
{
    log_set_level(server->options->verbose ? LOG_LEVEL_DEBUG
                                           : (enum log_level)server->config.log_level.number);
}

/* One entry of `listen`. Looking names up would hold everybody up, and where it listens does not
 * change any more when it is running. */
static const char *check_listen(const char *text, bool has_certificate, bool running)
{
    struct listen_entry entry;
    struct addrinfo *list = NULL;
    const char *why = listen_entry_read(text, &entry);

    if (why == NULL && entry.tls && !has_certificate)
        why = "there is no tls_certificate";
    if (why != NULL || running)
        return why;
    why = address_resolve(entry.address, &list);
    if (why == NULL)
        freeaddrinfo(list);
    return why;
}

/* What only other layers understand: addresses and origins. */
static int check_config(const struct server *server, const struct config *config)
{
    bool running = server->n_listeners > 0;
    const char *file = server->config_file;
    const struct option_value *listen = &config->listen;
    const struct option_value *origins = &config->allowed_origins;
    const char *listen_where = listen->where != NULL ? listen->where : file;
    int err = 0;

    if (listen->n_items == 0) {
        log_error(listen_where, "listen: there is no address");
        err = -EINVAL;
    }
    for (size_t i = 0; i < listen->n_items; i++) {
        const char *why =
            check_listen(listen->items[i], config->tls_certificate.n_items > 0, running);
        if (why == NULL)
            continue;
        log_error(listen_where, "listen: %s: %s", log_escape(slice_str(listen->items[i])), why);
        err = -EINVAL;
    }
    struct address_ranges ranges = {0};
    if (address_ranges_read(&config->trusted_proxies, "trusted_proxies", file, &ranges) != 0)
        err = -EINVAL;
    address_ranges_deinit(&ranges);
    if (address_ranges_read(&config->unlimited_addresses, "unlimited_addresses", file, &ranges) !=
        0)
        err = -EINVAL;
    address_ranges_deinit(&ranges);
    for (size_t i = 0; i < origins->n_items; i++) {
        const char *origin = origins->items[i];
        if (strcmp(origin, "*") == 0 || strcmp(origin, "same") == 0 || strstr(origin, "://"))
            continue;
        log_error(origins->where != NULL ? origins->where : file,
                  "allowed_origins: %s is not \"same\", \"*\", or like https://chat.example.org",
                  log_escape(slice_str(origin)));
        err = -EINVAL;
    }
    return err;
}

/* `*tls` becomes NULL without certificates. */
static int load_tls(const struct config *config, struct tls_context **tls)
{
    *tls = NULL;
    if (config->tls_certificate.n_items == 0 && config->tls_key.n_items == 0)
        return 0;
    return tls_context_new(&config->tls_certificate, &config->tls_key, tls);
}

/* The caller has the certificates, too. */
static int read_config(const struct server *server, struct config *config, struct tls_context **tls)
{
    const struct config_paths paths = {
        .web_root = server->places.web_root,
        .data_dir = server->places.data_dir,
        .module_dir = server->places.module_dir,
    };

    int err = config_read(server->config_file, &paths, config);
    if (err != 0)
        return err;
    err = check_config(server, config);
    if (err == 0)
        err = load_tls(config, tls);
    if (err != 0)
        config_deinit(config);
    return err;
}

/* As many connections as configured, and not more than there are descriptors for. */
static size_t connection_limit(const struct config *config)
{
    size_t configured = (size_t)config->max_connections.number;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return configured != 0 ? configured : 1024;
    if (limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        (void)getrlimit(RLIMIT_NOFILE, &limit);
    }
    size_t descriptors = limit.rlim_cur > SPARE_DESCRIPTORS
                             ? (size_t)limit.rlim_cur - SPARE_DESCRIPTORS
                             : (size_t)limit.rlim_cur;
    if (configured > descriptors)
        log_warn("server", "max_connections is %zu, but there are descriptors for %zu only",
                 configured, descriptors);
    return configured != 0 ? configured : descriptors;
}

static void apply_quotas(struct quotas *quotas, const struct config *config)
{
    struct address_ranges unlimited;

    quotas->max_connections = (size_t)config->max_connections_per_address.number;
    quotas->max_rate = (size_t)config->max_connection_rate_per_address.number;
    /* What is wrong with it was said before; without memory the old ones stay. */
    if (address_ranges_read(&config->unlimited_addresses, "unlimited_addresses", "", &unlimited) !=
        0)
        return;
    address_ranges_deinit(&quotas->unlimited);
    quotas->unlimited = unlimited;
}

static void apply_loop_limits(struct server *server)
{
    apply_quotas(&server->loop.quotas, &server->config);
    server->loop.max_accept_rate = (size_t)server->config.max_connection_rate.number;
    server->loop.outbox_limit = (size_t)server->config.outbox_bytes.number;
    server->loop.outbox_memory_limit = (size_t)server->config.outbox_memory.number;
    server->loop.max_conns = connection_limit(&server->config);
    timeout_set(server->loop.close_timeout, server->config.close_timeout.number);
}

/* ---- Reload ------------------------------------------------------------------------------- */

static void warn_of_restart(const struct config *before, const struct config *now)
{
    if (!option_value_equals(&before->listen, &now->listen) ||
        strcmp(before->data_dir.text, now->data_dir.text) != 0 ||
        before->worker_threads.number != now->worker_threads.number ||
        before->max_jobs.number != now->max_jobs.number)
        log_warn("server", "listen, data_dir and the worker pool change at the next start only");
}

static void reload(struct server *server)
{
    struct config now;
    struct config before = server->config;
    struct tls_context *tls;

    if (read_config(server, &now, &tls) != 0) {
        log_error("server", "the configuration stays as it was");
        return;
    }
    if (http_server_configure(&server->http, &now) != 0) {
        log_error("server", "out of memory; the configuration stays as it was");
        tls_context_unref(tls);
        config_deinit(&now);
        return;
    }
    /* Ports with TLS stay until the next start, and so does what they need. */
    if (tls != NULL)
        http_server_set_tls(&server->http, tls);
    warn_of_restart(&before, &now);
    /* Modules have been told the folder that they keep things in. */
    struct option_value data_dir = now.data_dir;
    now.data_dir = before.data_dir;
    before.data_dir = data_dir;
    /* Everybody borrows &server->config: only its content changes. */
    server->config = now;
    server->http.config = &server->config;
    config_deinit(&before);
    apply_log_level(server);
    apply_loop_limits(server);
    plugins_reload(&server->plugins);
    rooms_configure(&server->hub);
    (void)native_configure(&server->native);
    log_info("server", "configuration read again from %s", server->config_file);
}

/* ---- The end ------------------------------------------------------------------------------ */

static void stop_listening(struct server *server)
{
    for (size_t i = 0; i < server->n_listeners; i++)
        listener_free(server->listeners[i]);
    server->n_listeners = 0;
}

/* Until all have gone, or the time is over. */
static void on_shutdown_poll(void *arg)
{
    struct server *server = arg;

    if (server->loop.n_conns > 0 && loop_now_ms(&server->loop) < server->shutdown_until_ms)
        return;
    if (server->loop.n_conns > 0)
        log_warn("server", "%zu connections did not close in time", server->loop.n_conns);
    timer_stop(&server->shutdown_poll);
    loop_stop(&server->loop);
}

static void shut_down(struct server *server)
{
    if (server->ending) {
        server->shutdown_until_ms = 0;
        return;
    }
    log_info("server", "shutting down: %zu connections", server->loop.n_conns);
    server->ending = true;
    server->shutdown_until_ms = loop_now_ms(&server->loop) + server->config.shutdown_timeout.number;
    stop_listening(server);
    resume_end_all(&server->hub);
    links_shut_down(&server->plugins);
    http_server_shut_down(&server->http);
    timer_start(&server->shutdown_poll, 0, CHECK_SHUTDOWN_MS);
}

/* ---- Signals ------------------------------------------------------------------------------ */

static void on_signal(struct ev_loop *ev, ev_signal *watcher, int events)
{
    struct server *server = watcher->data;

    (void)ev;
    (void)events;
    switch (watcher->signum) {
    case SIGHUP:
        reload(server);
        break;
    case SIGUSR1:
        hooks_log_reopen(&server->plugins);
        break;
    case SIGUSR2:
        counters_log();
        break;
    default:
        shut_down(server);
        break;
    }
}

static void watch_signals(struct server *server)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2};

    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        ev_signal_init(&server->signals[i], on_signal, numbers[i]);
        server->signals[i].data = server;
        ev_signal_start(server->loop.ev, &server->signals[i]);
    }
}

static void on_too_late(int signum)
{
    static const char text[] = "server: a module did not stop in time; ending without it\n";

    (void)signum;
    (void)!write(STDERR_FILENO, text, sizeof(text) - 1);
    _exit(EX_SOFTWARE);
}

/* A signal that comes now is too late for anything but disturbing the end, which is given as long
 * again: a module may hang on a disk. */
static void unwatch_signals(struct server *server)
{
    sigset_t all;

    sigfillset(&all);
    sigdelset(&all, SIGALRM);
    sigprocmask(SIG_BLOCK, &all, NULL);
    signal(SIGALRM, on_too_late);
    alarm((unsigned)(server->config.shutdown_timeout.number / 1000) + 1);
    for (size_t i = 0; i < sizeof(server->signals) / sizeof(server->signals[0]); i++)
        ev_signal_stop(server->loop.ev, &server->signals[i]);
}

/* ---- Start-up ----------------------------------------------------------------------------- */

static int listen_all(struct server *server)
{
    const struct option_value *listen = &server->config.listen;

    server->listeners = calloc(listen->n_items + 1, sizeof(struct listener *));
    if (server->listeners == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < listen->n_items; i++) {
        struct listen_entry entry;
        (void)listen_entry_read(listen->items[i], &entry); /* check_config() did, too */
        int err = listener_new(&server->loop, &entry, http_server_accept, &server->http,
                               &server->listeners[server->n_listeners]);
        if (err != 0)
            return err;
        server->n_listeners++;
    }
    return 0;
}

/* The chat parts, up to modules that are loaded and not started. Takes the certificates over. */
static int set_up(struct server *server, struct tls_context *tls)
{
    const struct config *config = &server->config;
    int err = http_server_init(&server->http, &server->loop, config);

    http_server_set_tls(&server->http, tls);
    if (err == 0)
        err = hub_init(&server->hub, &server->loop, config);
    if (err != 0)
        return err;
    server->workers = workers_new(&server->loop, (size_t)config->worker_threads.number,
                                  (size_t)config->max_jobs.number);
    if (server->workers == NULL)
        return -ENOMEM;
    err = plugins_init(&server->plugins, &server->hub, &server->http, server->workers, config);
    if (err == 0)
        err = native_init(&server->native, &server->hub);
    if (err == 0)
        err = http_server_add_websocket(&server->http, &server->native.ws);
    return err == 0 ? plugins_load(&server->plugins) : err;
}

static void tear_down(struct server *server)
{
    if (server->plugins.hub != NULL)
        plugins_end(&server->plugins);
    workers_free(server->workers);
    native_deinit(&server->native);
    if (server->hub.loop != NULL)
        hub_deinit(&server->hub);
    http_server_deinit(&server->http);
}

static int serve(struct server *server)
{
    log_begin_server();
    log_info("server", "%s with %s", PACKAGE_STRING, server->config_file);
    if (http_server_configure(&server->http, &server->config) != 0)
        return EX_OSERR;
    activation_watch_crashes(&server->plugins);
    plugins_start(&server->plugins);
    rooms_configure(&server->hub);
    if (native_configure(&server->native) != 0) {
        log_error("server", "out of memory, or the names of the features are too long");
        return EX_OSERR;
    }
    timer_init(&server->shutdown_poll, &server->loop, on_shutdown_poll, server);
    watch_signals(server); /* before anybody can see that it listens */
    if (listen_all(server) != 0) {
        unwatch_signals(server);
        stop_listening(server);
        return EX_UNAVAILABLE;
    }
    loop_run(&server->loop);
    unwatch_signals(server);
    loop_end_conns(&server->loop);
    counters_log();
    log_info("server", "stopped");
    return EX_OK;
}

static int check_only(struct server *server)
{
    if (http_server_configure(&server->http, &server->config) != 0)
        return EX_OSERR;
    plugins_print(&server->plugins);
    if (server->plugins.n_broken > 0)
        return EX_CONFIG;
    printf("%s is good\n", server->config_file);
    return EX_OK;
}

static int run(struct server *server)
{
    int status = EX_OSERR;
    struct tls_context *tls;

    if (read_config(server, &server->config, &tls) != 0)
        return EX_CONFIG;
    apply_log_level(server);
    if (loop_init(&server->loop, server->config.close_timeout.number) != 0) {
        tls_context_unref(tls);
        goto done;
    }
    apply_loop_limits(server);
    int err = set_up(server, tls);
    if (err == -ENOMEM)
        log_error("server", "out of memory");
    else if (err != 0)
        status = EX_CONFIG;
    else
        status = server->options->check_only ? check_only(server) : serve(server);
    tear_down(server);
    loop_deinit(&server->loop);

done:
    free(server->listeners);
    config_deinit(&server->config);
    return status;
}

int server_run(const struct server_options *options)
{
    struct server server = {.options = options};

    if (places_init(&server.places) != 0)
        return EX_OSERR;
    server.config_file =
        options->config_file != NULL ? options->config_file : server.places.config_file;
    int status = run(&server);
    places_deinit(&server.places);
    return status;
}
