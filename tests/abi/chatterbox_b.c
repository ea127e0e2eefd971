/* One of two. */
#define CHATTERBOX "chatterbox_b"
#include "chatterbox.h"
