/* What a process uses, and may use. */
#ifndef CHATD_BENCH_PROCESS_H
#define CHATD_BENCH_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

/* Time on a processor, in user space and in the kernel. Negative errno. */
int64_t process_cpu_ns(pid_t pid);

/* Memory of its own: heap and stacks. Negative errno. */
int64_t process_memory_bytes(pid_t pid);

/* Lets this process open as many files as it may. */
void process_raise_descriptor_limit(void);

#endif
