/* chatd.conf as the server uses it. Every key is explained in etc/chatd.conf. */
#ifndef CHATD_BASE_CONFIG_H
#define CHATD_BASE_CONFIG_H

#include "base/option.h"

struct config {
    struct option_value listen;
    struct option_value tls_certificate;
    struct option_value tls_key;
    struct option_value web_root;
    struct option_value data_dir;
    struct option_value module_dir;
    struct option_value modules_file;
    struct option_value log_level;
    struct option_value allowed_origins;
    struct option_value trusted_proxies;
    struct option_value forwarded_by;
    struct option_value max_connections;
    struct option_value max_connection_rate;
    struct option_value max_connections_per_address;
    struct option_value max_connection_rate_per_address;
    struct option_value unlimited_addresses;
    struct option_value max_http_line;
    struct option_value max_http_head;
    struct option_value max_http_fields;
    struct option_value max_http_body;
    struct option_value request_memory;
    struct option_value max_web_file;
    struct option_value max_message_bytes;
    struct option_value max_text_bytes;
    struct option_value max_nick_bytes;
    struct option_value max_room_bytes;
    struct option_value max_topic_bytes;
    struct option_value max_rooms;
    struct option_value max_rooms_per_user;
    struct option_value rooms;
    struct option_value new_rooms;
    struct option_value direct_messages;
    struct option_value max_direct_rooms;
    struct option_value max_user_data;
    struct option_value allow_guests;
    struct option_value max_bad_requests;
    struct option_value max_joins;
    struct option_value max_room_lists;
    struct option_value max_messages;
    struct option_value cid_window;
    struct option_value resume_window;
    struct option_value max_away;
    struct option_value replay_events;
    struct option_value replay_bytes;
    struct option_value replay_memory;
    struct option_value storing_memory;
    struct option_value outbox_bytes;
    struct option_value outbox_memory;
    struct option_value deflate;
    struct option_value deflate_threshold;
    struct option_value deflate_window_bits;
    struct option_value deflate_memory;
    struct option_value http_timeout;
    struct option_value keepalive_timeout;
    struct option_value login_timeout;
    struct option_value max_login_rate;
    struct option_value ping_interval;
    struct option_value ping_timeout;
    struct option_value message_timeout;
    struct option_value close_timeout;
    struct option_value shutdown_timeout;
    struct option_value worker_threads;
    struct option_value max_jobs;
    struct option_value slow_hook;
};

/* Where things are when the file does not say; all of them absolute. Borrowed. */
struct config_paths {
    const char *web_root;
    const char *data_dir;
    const char *module_dir;
};

/* Reads the file. Mistakes are logged with file and line; a negative errno then and `*config`
 * untouched. Freed by config_deinit(). */
int config_read(const char *path, const struct config_paths *paths, struct config *config);
void config_deinit(struct config *config);

#endif
