/* Uses a member of its definition that this server does not know. */
#define FUTURE_USED 1
#include "future.c"
