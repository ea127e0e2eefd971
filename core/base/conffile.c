#include "base/conffile.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/path.h"

#include <confuse.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { CONF_FILE_MAX = 16 << 20 };

/* libconfuse calls back without a pointer of ours, and its scanner is global anyway: one file is
 * read at a time, into this. */
static struct conf_file *reading;
static int reading_err;

static char *where_is(const cfg_t *cfg)
{
    char *where;

    return asprintf(&where, "%s:%d", cfg->filename, cfg->line) < 0 ? NULL : where;
}

__attribute__((format(printf, 2, 0))) static void on_error(cfg_t *cfg, const char *format,
                                                           va_list args)
{
    char text[512];
    char where[512];

    vsnprintf(text, sizeof(text), format, args);
    /* What an unknown word at the top level of a file of sections looks like to libconfuse. */
    if (strcmp(text, "premature end of file") == 0)
        snprintf(text, sizeof(text),
                 "premature end of file: is a quote open, or a word not `module`?");
    snprintf(where, sizeof(where), "%s:%d", cfg->filename, cfg->line);
    if (cfg->title != NULL)
        log_error(where, "module %s: %s", cfg->title, text);
    else
        log_error(where, "%s", text);
}

static void entry_deinit(struct conf_entry *entry)
{
    for (size_t i = 0; i < entry->n_words; i++)
        free(entry->words[i]);
    free(entry->words);
    free(entry->section);
    free(entry->name);
    free(entry->where);
}

static int copy_words(struct conf_entry *entry, cfg_opt_t *opt)
{
    unsigned n = cfg_opt_size(opt);

    entry->words = calloc(n + 1, sizeof(*entry->words));
    if (entry->words == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < n; i++) {
        entry->words[i] = strdup(cfg_opt_getnstr(opt, i));
        if (entry->words[i] == NULL)
            return -ENOMEM;
        entry->n_words++;
    }
    return 0;
}

/* The entry for this option; a list is reported once per item, and a key may be set twice. */
static struct conf_entry *entry_for(const cfg_t *cfg, const cfg_opt_t *opt)
{
    for (size_t i = 0; i < reading->n_entries; i++) {
        struct conf_entry *entry = &reading->entries[i];
        bool same_section = cfg->title == NULL
                                ? entry->section == NULL
                                : entry->section != NULL && strcmp(entry->section, cfg->title) == 0;
        if (same_section && strcmp(entry->name, opt->name) == 0)
            return entry;
    }
    struct conf_entry *grown = realloc(reading->entries, (reading->n_entries + 1) * sizeof(*grown));
    if (grown == NULL)
        return NULL;
    reading->entries = grown;
    grown[reading->n_entries] = (struct conf_entry){0};
    return &grown[reading->n_entries++];
}

static int on_value(cfg_t *cfg, cfg_opt_t *opt)
{
    struct conf_entry read = {0};
    struct conf_entry *entry = entry_for(cfg, opt);

    if (entry == NULL)
        goto fail;
    read.name = strdup(opt->name);
    read.section = cfg->title != NULL ? strdup(cfg->title) : NULL;
    read.where = where_is(cfg);
    if (read.name == NULL || (cfg->title != NULL && read.section == NULL) || read.where == NULL ||
        copy_words(&read, opt) != 0)
        goto fail;
    entry_deinit(entry);
    *entry = read;
    return 0;

fail:
    entry_deinit(&read);
    reading_err = -ENOMEM;
    return -1;
}

/* libconfuse does not report `key = {}`: an option that was set and has no entry is that. Its line
 * is where the key stands last in the text. */
static int add_empty_lists(cfg_t *cfg, const char *text)
{
    for (cfg_opt_t *opt = cfg->opts; opt->name != NULL; opt++) {
        if (opt->type != CFGT_STR || !(opt->flags & CFGF_MODIFIED) || cfg_opt_size(opt) > 0)
            continue;
        const char *at = text;
        for (const char *found = text; (found = strstr(found, opt->name)) != NULL; found++)
            at = found;
        cfg->line = 1;
        for (const char *p = text; p < at; p++)
            cfg->line += *p == '\n';
        if (on_value(cfg, opt) != 0)
            return -ENOMEM;
    }
    return 0;
}

static int on_section(cfg_t *cfg, cfg_opt_t *opt)
{
    struct conf_section *grown =
        realloc(reading->sections, (reading->n_sections + 1) * sizeof(*grown));

    if (grown == NULL)
        goto fail;
    reading->sections = grown;
    cfg_t *section = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);
    if (add_empty_lists(section, "") != 0)
        goto fail;
    struct conf_section read = {.title = strdup(cfg_title(section)), .where = where_is(cfg)};
    grown[reading->n_sections++] = read;
    if (read.title == NULL || read.where == NULL)
        goto fail;
    return 0;

fail:
    reading_err = -ENOMEM;
    return -1;
}

/* Every value is read as a list of strings: the type of an option is not libconfuse's business,
 * and a list accepts a single word without braces. */
static cfg_opt_t *make_opts(const char *const *names)
{
    size_t n = 0;

    while (names != NULL && names[n] != NULL)
        n++;
    cfg_opt_t *opts = calloc(n + 1, sizeof(*opts));
    if (opts == NULL)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        opts[i] = (cfg_opt_t)CFG_STR_LIST(names[i], NULL, CFGF_NODEFAULT);
        opts[i].validcb = on_value;
    }
    opts[n] = (cfg_opt_t)CFG_END();
    return opts;
}

/* ---- Comments ----------------------------------------------------------------------------
 * libconfuse 3.3 counts the lines of comments more than once, so the numbers in its messages
 * would be wrong: the comments are blanked before it sees them. */

enum place { IN_CODE, IN_DOUBLE_QUOTES, IN_SINGLE_QUOTES, IN_LINE_COMMENT, IN_BLOCK_COMMENT };

static enum place next_place(enum place place, const char *p)
{
    switch (place) {
    case IN_CODE:
        if (p[0] == '"')
            return IN_DOUBLE_QUOTES;
        if (p[0] == '\'')
            return IN_SINGLE_QUOTES;
        if (p[0] == '#' || (p[0] == '/' && p[1] == '/'))
            return IN_LINE_COMMENT;
        return p[0] == '/' && p[1] == '*' ? IN_BLOCK_COMMENT : IN_CODE;
    case IN_DOUBLE_QUOTES:
        return p[0] == '"' ? IN_CODE : place;
    case IN_SINGLE_QUOTES:
        return p[0] == '\'' ? IN_CODE : place;
    case IN_LINE_COMMENT:
        return p[0] == '\n' ? IN_CODE : place;
    case IN_BLOCK_COMMENT:
        break;
    }
    return place;
}

/* What else libconfuse lets pass: a file that ends inside a section. */
struct braces {
    unsigned open;
    unsigned last_line; /* of the last one opened */
};

static void count_brace(struct braces *braces, char c, unsigned line)
{
    if (c == '{') {
        braces->open++;
        braces->last_line = line;
    } else if (c == '}' && braces->open > 0) {
        braces->open--;
    }
}

static struct braces blank_comments(char *text)
{
    struct braces braces = {0};
    enum place place = IN_CODE;
    unsigned line = 1;

    for (char *p = text; *p != '\0'; p++) {
        if (place == IN_BLOCK_COMMENT && p[0] == '*' && p[1] == '/') {
            p[0] = p[1] = ' ';
            p++;
            place = IN_CODE;
            continue;
        }
        if ((place == IN_DOUBLE_QUOTES || place == IN_SINGLE_QUOTES) && p[0] == '\\' &&
            p[1] != '\0') {
            p++;
            continue;
        }
        place = next_place(place, p);
        if (place == IN_CODE)
            count_brace(&braces, *p, line);
        line += *p == '\n';
        if (place == IN_BLOCK_COMMENT && p[0] == '/')
            *p++ = ' ';
        if ((place == IN_LINE_COMMENT || place == IN_BLOCK_COMMENT) && *p != '\n')
            *p = ' ';
    }
    return braces;
}

/* The whole file, ended by a NUL. Errors are logged. */
static int read_text(const char *path, struct buf *text)
{
    char chunk[4096];
    size_t n;
    int err = 0;
    FILE *stream = fopen(path, "re");

    if (stream == NULL) {
        err = -errno;
        log_error(path, "%s", strerror(-err));
        return err;
    }
    errno = 0;
    while (err == 0 && (n = fread(chunk, 1, sizeof(chunk), stream)) > 0)
        err = buf_append(text, chunk, n);
    if (err == 0 && ferror(stream))
        err = errno != 0 ? -errno : -EIO;
    if (err == 0 && text->n > 0 && memchr(text->p, '\0', text->n) != NULL)
        err = -EINVAL;
    if (err == 0 && buf_cstr(text) == NULL)
        err = -ENOMEM;
    fclose(stream);
    if (err != 0)
        log_error(path, "%s", err == -EINVAL ? "this is no text" : strerror(-err));
    return err;
}

/* ---- Reading ------------------------------------------------------------------------------ */

static int parse_text(const char *path, const char *text, cfg_t *cfg)
{
    /* A stream of no bytes cannot be opened. */
    char *copy = strdup(text[0] != '\0' ? text : "\n");
    FILE *stream = copy != NULL ? fmemopen(copy, strlen(copy), "r") : NULL;

    cfg->filename = strdup(path);
    if (stream == NULL || cfg->filename == NULL) {
        if (stream != NULL)
            fclose(stream);
        free(copy);
        return -ENOMEM;
    }
    reading_err = 0;
    int result = cfg_parse_fp(cfg, stream);
    fclose(stream);
    free(copy);
    if (result == CFG_SUCCESS)
        return add_empty_lists(cfg, text);
    return reading_err != 0 ? reading_err : -EINVAL;
}

static int parse(const char *path, cfg_opt_t *opts, cfg_flag_t flags, struct conf_file *out)
{
    struct conf_file file = {.dir = path_dir(path)};
    cfg_t *cfg = cfg_init(opts, flags);
    struct buf text;
    int err = -ENOMEM;

    buf_init(&text, CONF_FILE_MAX);
    if (cfg == NULL || file.dir == NULL)
        goto done;
    cfg_set_error_function(cfg, on_error);
    err = read_text(path, &text);
    if (err != 0)
        goto done;
    const struct braces braces = blank_comments(text.p);
    if (braces.open > 0) {
        char where[512];
        snprintf(where, sizeof(where), "%s:%u", path, braces.last_line);
        log_error(where, "this { is not closed");
        err = -EINVAL;
        goto done;
    }
    reading = &file;
    err = parse_text(path, text.p, cfg);
    reading = NULL;

done:
    buf_deinit(&text);
    if (cfg != NULL)
        cfg_free(cfg);
    if (err != 0)
        conf_file_deinit(&file);
    else
        *out = file;
    return err;
}

int conf_read(const char *path, const char *const *names, struct conf_file *out)
{
    cfg_opt_t *opts = make_opts(names);

    if (opts == NULL)
        return -ENOMEM;
    int err = parse(path, opts, CFGF_NONE, out);
    free(opts);
    return err;
}

int conf_read_modules(const char *path, const char *const *names, bool ignore_unknown,
                      struct conf_file *out)
{
    cfg_opt_t *in_section = make_opts(names);

    if (in_section == NULL)
        return -ENOMEM;
    cfg_opt_t opts[] = {
        CFG_SEC("module", in_section, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
        CFG_END(),
    };
    opts[0].validcb = on_section;
    bool ignore = names == NULL || ignore_unknown;
    int err = parse(path, opts, ignore ? CFGF_IGNORE_UNKNOWN : CFGF_NONE, out);
    free(in_section);
    return err;
}

void conf_file_deinit(struct conf_file *file)
{
    for (size_t i = 0; i < file->n_entries; i++)
        entry_deinit(&file->entries[i]);
    for (size_t i = 0; i < file->n_sections; i++) {
        free(file->sections[i].title);
        free(file->sections[i].where);
    }
    free(file->entries);
    free(file->sections);
    free(file->dir);
    *file = (struct conf_file){0};
}

const struct conf_entry *conf_find(const struct conf_file *file, const char *section,
                                   const char *name)
{
    for (size_t i = 0; i < file->n_entries; i++) {
        const struct conf_entry *entry = &file->entries[i];
        bool same_section = section == NULL
                                ? entry->section == NULL
                                : entry->section != NULL && strcmp(entry->section, section) == 0;
        if (same_section && strcmp(entry->name, name) == 0)
            return entry;
    }
    return NULL;
}

struct option_text conf_option_text(const struct conf_file *file, const struct conf_entry *entry)
{
    return (struct option_text){
        .words = (const char *const *)entry->words,
        .n = entry->n_words,
        .where = entry->where,
        .dir = file->dir,
    };
}
