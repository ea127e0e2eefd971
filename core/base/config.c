#include "base/config.h"

#include "base/conffile.h"

#include <errno.h>
#include <stdlib.h>

/* A key and where its value goes. */
struct key {
    struct option_spec spec;
    size_t offset;
};

#define MINUTE 60000
#define DAY (24 * 60 * MINUTE)
#define MIB (1 << 20)

#define KEY(name, type, fallback, min, max, words)                                                 \
    {                                                                                              \
        {#name, type, fallback, min, max, words}, offsetof(struct config, name)                    \
    }
#define KEY_TEXT(name, type, fallback) KEY(name, type, fallback, 0, 0, NULL)
#define KEY_INT(name, fallback, min, max) KEY(name, OPTION_INT, fallback, min, max, NULL)
#define KEY_SIZE(name, fallback, min, max) KEY(name, OPTION_SIZE, fallback, min, max, NULL)
#define KEY_TIME(name, fallback, min, max) KEY(name, OPTION_DURATION, fallback, min, max, NULL)

static const struct key keys[] = {
    KEY_TEXT(listen, OPTION_LIST, "localhost:8080"),
    KEY_TEXT(tls_certificate, OPTION_PATHS, ""),
    KEY_TEXT(tls_key, OPTION_PATHS, ""),
    KEY_TEXT(web_root, OPTION_PATH, ""),
    KEY_TEXT(data_dir, OPTION_PATH, ""),
    KEY_TEXT(module_dir, OPTION_PATH, ""),
    KEY_TEXT(modules_file, OPTION_PATH, "chatd.modules"),
    KEY(log_level, OPTION_ENUM, "info", 0, 0, "error|warn|info|debug"),
    KEY_TEXT(allowed_origins, OPTION_LIST, "same"),
    KEY_TEXT(trusted_proxies, OPTION_LIST, ""),
    KEY(forwarded_by, OPTION_ENUM, "x-forwarded-for", 0, 0, "x-forwarded-for|forwarded"),
    KEY_INT(max_connections, "0", 0, 10000000),
    KEY_INT(max_connection_rate, "0", 0, 10000000),
    KEY_INT(max_connections_per_address, "500", 0, 10000000),
    KEY_INT(max_connection_rate_per_address, "100", 0, 10000000),
    KEY_TEXT(unlimited_addresses, OPTION_LIST, "loopback"),
    KEY_SIZE(max_http_line, "8k", 64, MIB),
    KEY_SIZE(max_http_head, "16k", 256, MIB),
    KEY_INT(max_http_fields, "100", 1, 1000),
    KEY_SIZE(max_http_body, "1M", 0, 1024 * MIB),
    KEY_SIZE(request_memory, "64M", 65536, INT64_C(1048576) * MIB),
    KEY_SIZE(max_web_file, "16M", 0, 1024 * MIB),
    KEY_SIZE(max_message_bytes, "64k", 1024, 64 * MIB),
    KEY_SIZE(max_text_bytes, "8k", 1, 16 * MIB),
    KEY_INT(max_nick_bytes, "32", 1, 255),
    KEY_INT(max_room_bytes, "64", 1, 255),
    KEY_SIZE(max_topic_bytes, "512", 0, 64 * 1024),
    KEY_INT(max_rooms, "10000", 1, 10000000),
    KEY_INT(max_rooms_per_user, "100", 1, 10000),
    KEY_TEXT(rooms, OPTION_LIST, ""),
    KEY_TEXT(new_rooms, OPTION_LIST, "*"),
    KEY(direct_messages, OPTION_BOOL, "on", 0, 0, NULL),
    KEY_INT(max_direct_rooms, "100", 1, 10000),
    KEY_SIZE(max_user_data, "16k", 0, 16 * MIB),
    KEY(allow_guests, OPTION_BOOL, "on", 0, 0, NULL),
    KEY_INT(max_bad_requests, "10", 1, 1000000),
    KEY_INT(max_joins, "300", 0, 1000000),
    KEY_INT(max_room_lists, "20", 0, 1000000),
    KEY_INT(max_messages, "0", 0, 1000000),
    KEY_INT(cid_window, "1024", 0, 1000000),
    KEY_TIME(resume_window, "30s", 0, DAY),
    KEY_INT(max_away, "10000", 0, 10000000),
    KEY_INT(replay_events, "500", 0, 1000000),
    KEY_SIZE(replay_bytes, "256k", 0, 1024 * MIB),
    KEY_SIZE(replay_memory, "64M", 0, INT64_C(1048576) * MIB),
    KEY_SIZE(storing_memory, "64M", 65536, INT64_C(1048576) * MIB),
    KEY_SIZE(outbox_bytes, "1M", 4096, 1024 * MIB),
    KEY_SIZE(outbox_memory, "256M", 65536, INT64_C(1048576) * MIB),
    KEY(deflate, OPTION_BOOL, "on", 0, 0, NULL),
    KEY_SIZE(deflate_threshold, "1k", 1, 1024 * MIB),
    KEY_INT(deflate_window_bits, "12", 9, 15),
    KEY_SIZE(deflate_memory, "64M", 0, 1024 * MIB),
    KEY_TIME(http_timeout, "10s", 10, DAY),
    KEY_TIME(keepalive_timeout, "30s", 10, DAY),
    KEY_TIME(login_timeout, "30s", 10, DAY),
    KEY_INT(max_login_rate, "1000", 0, 1000000),
    KEY_TIME(ping_interval, "25s", 10, DAY),
    KEY_TIME(ping_timeout, "20s", 10, DAY),
    KEY_TIME(message_timeout, "60s", 10, DAY),
    KEY_TIME(close_timeout, "5s", 10, MINUTE),
    KEY_TIME(shutdown_timeout, "5s", 10, 10 * MINUTE),
    KEY_INT(worker_threads, "2", 1, 64),
    KEY_INT(max_jobs, "1000", 1, 1000000),
    KEY_TIME(slow_hook, "100ms", 1, MINUTE),
};

enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

static struct option_value *value_of(struct config *config, const struct key *key)
{
    return (struct option_value *)((char *)config + key->offset);
}

/* The three places whose default depends on where the program lies. */
static int set_place(struct option_value *value, const char *fallback)
{
    if (value->text[0] != '\0')
        return 0;
    char *copy = strdup(fallback);
    if (copy == NULL)
        return -ENOMEM;
    free(value->text);
    value->text = copy;
    return 0;
}

static int fill(const struct conf_file *file, const struct config_paths *paths,
                struct config *config)
{
    int result = 0;

    for (size_t i = 0; i < KEYS; i++) {
        const struct conf_entry *entry = conf_find(file, NULL, keys[i].spec.name);
        struct option_text text = {0};
        if (entry != NULL)
            text = conf_option_text(file, entry);
        int err = option_read(&keys[i].spec, entry != NULL ? &text : NULL, file->dir,
                              value_of(config, &keys[i]));
        if (err != 0)
            result = err;
    }
    if (result != 0)
        return result;
    if (set_place(&config->web_root, paths->web_root) != 0 ||
        set_place(&config->data_dir, paths->data_dir) != 0 ||
        set_place(&config->module_dir, paths->module_dir) != 0)
        return -ENOMEM;
    return 0;
}

int config_read(const char *path, const struct config_paths *paths, struct config *config)
{
    const char *names[KEYS + 1] = {NULL};
    struct conf_file file;
    struct config read = {0};

    for (size_t i = 0; i < KEYS; i++)
        names[i] = keys[i].spec.name;
    int err = conf_read(path, names, &file);
    if (err != 0)
        return err;
    err = fill(&file, paths, &read);
    conf_file_deinit(&file);
    if (err != 0)
        config_deinit(&read);
    else
        *config = read;
    return err;
}

void config_deinit(struct config *config)
{
    for (size_t i = 0; i < KEYS; i++)
        option_value_deinit(value_of(config, &keys[i]));
}
