/* Gives every file of a folder to the fuzz target that it is linked with, in the order of their
 * names, and writes TAP. An input that the target reports ends the process, after its name. */
#include "fuzz.h"

#include <dirent.h>

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void replay(const char *folder, const char *name)
{
    char path[4096];
    char *input = NULL;
    size_t n = 0;

    must((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) < sizeof(path));
    FILE *file = fopen(path, "rb");
    FILE *memory = open_memstream(&input, &n);
    must(file != NULL && memory != NULL);
    for (int c; (c = getc(file)) != EOF;)
        putc(c, memory);
    must(ferror(file) == 0 && fclose(memory) == 0);
    fclose(file);
    LLVMFuzzerTestOneInput((const uint8_t *)input, n);
    free(input);
}

int main(void)
{
    const char *srcdir = getenv("SRCDIR");
    char folder[2048];
    struct dirent **entries;

    must(srcdir != NULL);
    must((size_t)snprintf(folder, sizeof(folder), "%s/tests/fuzz/corpus/%s", srcdir, CORPUS) <
         sizeof(folder));
    int n = scandir(folder, &entries, is_visible, alphasort);
    must(n > 0);
    printf("1..%d\n", n);
    for (int i = 0; i < n; i++) {
        printf("# %s\n", entries[i]->d_name);
        fflush(stdout);
        replay(folder, entries[i]->d_name);
        printf("ok %d - %s\n", i + 1, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return EXIT_SUCCESS;
}
