/* One of two. */
#define CHATTERBOX "chatterbox_a"
#include "chatterbox.h"
