/* Meddles with what belongs to the module misbehave. */
#define NAME "meddler"
#include "misbehave.c"
