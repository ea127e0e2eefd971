#include "process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

int64_t process_cpu_ns(pid_t pid)
{
    struct timespec t;
    clockid_t clock;

    int err = clock_getcpuclockid(pid, &clock);
    if (err != 0)
        return -err;
    if (clock_gettime(clock, &t) != 0)
        return -errno;
    return t.tv_sec * (int64_t)1000000000 + t.tv_nsec;
}

int64_t process_memory_bytes(pid_t pid)
{
    static const char name[] = "RssAnon:";
    int64_t bytes = -ENODATA;
    char path[64];
    char line[256];

    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return -errno;
    while (bytes < 0 && fgets(line, sizeof(line), file) != NULL)
        if (strncmp(line, name, strlen(name)) == 0)
            bytes = strtoll(line + strlen(name), NULL, 10) * 1024;
    fclose(file);
    return bytes;
}

void process_raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}
