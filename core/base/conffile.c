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
static const char *reading_text;
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

/* The line of the last `name = {}` up to line `last`; `last` when there is none. */
static int empty_list_line(const char *text, const char *name, int last)
{
    size_t n = strlen(name);
    int line = 1;
    int found = last;

    for (const char *p = text; *p != '\0' && line <= last; p++) {
        line += *p == '\n';
        if (strncmp(p, name, n) != 0 || (p > text && strchr(" \t\n{", p[-1]) == NULL))
            continue;
        const char *after = p + n + strspn(p + n, " \t\n");
        if (*after != '=')
            continue;
        after += 1 + strspn(after + 1, " \t\n");
        if (*after == '{' && after[1 + strspn(after + 1, " \t\r\n")] == '}')
            found = line;
    }
    return found;
}

/* libconfuse does not report `key = {}`: an option that was set and has no value is that. */
static int add_empty_lists(cfg_t *cfg)
{
    int end = cfg->line;
    int err = 0;

    for (cfg_opt_t *opt = cfg->opts; opt->name != NULL && err == 0; opt++) {
        if (opt->type != CFGT_STR || !(opt->flags & CFGF_MODIFIED) || cfg_opt_size(opt) > 0)
            continue;
        cfg->line = empty_list_line(reading_text, opt->name, end);
        err = on_value(cfg, opt) != 0 ? -ENOMEM : 0;
    }
    cfg->line = end;
    return err;
}

static int on_section(cfg_t *cfg, cfg_opt_t *opt)
{
    struct conf_section *grown =
        realloc(reading->sections, (reading->n_sections + 1) * sizeof(*grown));

    if (grown == NULL)
        goto fail;
    reading->sections = grown;
    cfg_t *section = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);
    if (add_empty_lists(section) != 0)
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

struct scan {
    const char *path;
    enum place place;
    unsigned line;
    unsigned place_line; /* where the quote or comment begins */
    unsigned open;       /* braces */
    unsigned open_line;  /* of the last one */
};

/* Two slashes inside a word, as in https://chat.example.org, begin no comment. */
static bool begins_word(const char *text, size_t i)
{
    return i == 0 || strchr(" \t\r\n#\"'={}()+,", text[i - 1]) != NULL;
}

static void enter(struct scan *scan, enum place place)
{
    scan->place = place;
    scan->place_line = scan->line;
}

/* Looks at one place of the text outside quotes and comments; answers how many bytes it took. */
static size_t scan_code(struct scan *scan, char *text, size_t i)
{
    if (text[i] == '"' || text[i] == '\'') {
        enter(scan, text[i] == '"' ? IN_DOUBLE_QUOTES : IN_SINGLE_QUOTES);
    } else if (text[i] == '#' || (text[i] == '/' && text[i + 1] == '/' && begins_word(text, i))) {
        enter(scan, IN_LINE_COMMENT);
        text[i] = ' ';
    } else if (text[i] == '/' && text[i + 1] == '*') {
        enter(scan, IN_BLOCK_COMMENT);
        text[i] = text[i + 1] = ' ';
        return 2;
    } else if (text[i] == '{') {
        scan->open++;
        scan->open_line = scan->line;
    } else if (text[i] == '}' && scan->open > 0) {
        scan->open--;
    }
    return 1;
}

static size_t scan_quoted(struct scan *scan, const char *text, size_t i, char quote)
{
    if (text[i] == '\\' && text[i + 1] != '\0') {
        scan->line += text[i + 1] == '\n';
        return 2;
    }
    if (text[i] == quote)
        scan->place = IN_CODE;
    return 1;
}

static size_t scan_comment(struct scan *scan, char *text, size_t i)
{
    if (scan->place == IN_BLOCK_COMMENT && text[i] == '*' && text[i + 1] == '/') {
        text[i] = text[i + 1] = ' ';
        scan->place = IN_CODE;
        return 2;
    }
    if (text[i] != '\n')
        text[i] = ' ';
    else if (scan->place == IN_LINE_COMMENT)
        scan->place = IN_CODE;
    return 1;
}

static size_t scan_step(struct scan *scan, char *text, size_t i)
{
    switch (scan->place) {
    case IN_CODE:
        return scan_code(scan, text, i);
    case IN_DOUBLE_QUOTES:
        return scan_quoted(scan, text, i, '"');
    case IN_SINGLE_QUOTES:
        return scan_quoted(scan, text, i, '\'');
    case IN_LINE_COMMENT:
    case IN_BLOCK_COMMENT:
        break;
    }
    return scan_comment(scan, text, i);
}

static int refuse_open(const struct scan *scan, unsigned line, const char *what)
{
    char where[512];

    snprintf(where, sizeof(where), "%s:%u", scan->path, line);
    log_error(where, "this %s is not closed", what);
    return -EINVAL;
}

/* Blanks the comments; -EINVAL (logged) for what is not closed, which libconfuse lets pass. */
static int blank_comments(const char *path, char *text)
{
    struct scan scan = {.path = path, .line = 1};

    for (size_t i = 0; text[i] != '\0';) {
        bool newline = text[i] == '\n';
        i += scan_step(&scan, text, i);
        scan.line += newline;
    }
    if (scan.place == IN_DOUBLE_QUOTES || scan.place == IN_SINGLE_QUOTES)
        return refuse_open(&scan, scan.place_line, "quote");
    if (scan.place == IN_BLOCK_COMMENT)
        return refuse_open(&scan, scan.place_line, "comment");
    return scan.open > 0 ? refuse_open(&scan, scan.open_line, "{") : 0;
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
        return add_empty_lists(cfg);
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
    err = blank_comments(path, text.p);
    if (err != 0)
        goto done;
    reading_text = text.p;
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
