/* Where the program finds its files: in the build tree when it runs from there, else where they
 * were installed. */
#ifndef CHATD_PLACES_H
#define CHATD_PLACES_H

struct places {
    char *config_file;
    char *web_root;
    char *data_dir;
    char *module_dir;
};

/* -ENOMEM. */
int places_init(struct places *places);
void places_deinit(struct places *places);

#endif
