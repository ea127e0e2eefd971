#include "places.h"

#include "base/path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The folder of the running program when it is the top of a build tree, which config.status marks;
 * else NULL. */
static char *build_tree(void)
{
    char *exe = realpath("/proc/self/exe", NULL);
    char *dir = exe != NULL ? path_dir(exe) : NULL;
    char *mark = dir != NULL ? path_join(dir, "config.status") : NULL;

    if (mark == NULL || access(mark, F_OK) != 0) {
        free(dir);
        dir = NULL;
    }
    free(mark);
    free(exe);
    return dir;
}

int places_init(struct places *places)
{
    char *tree = build_tree();

    if (tree != NULL)
        *places = (struct places){
            .config_file = path_join(tree, "etc/chatd.conf"),
            .web_root = path_join(tree, "web/dist"),
            .data_dir = path_join(tree, "data"),
            .module_dir = path_join(tree, "modules/.libs"),
        };
    else
        *places = (struct places){
            .config_file = strdup(CHATD_CONF),
            .web_root = strdup(CHATD_WEB_ROOT),
            .data_dir = strdup(CHATD_DATA_DIR),
            .module_dir = strdup(CHATD_MODULE_DIR),
        };
    free(tree);
    if (places->config_file == NULL || places->web_root == NULL || places->data_dir == NULL ||
        places->module_dir == NULL) {
        places_deinit(places);
        return -ENOMEM;
    }
    return 0;
}

void places_deinit(struct places *places)
{
    free(places->config_file);
    free(places->web_root);
    free(places->data_dir);
    free(places->module_dir);
    *places = (struct places){0};
}
