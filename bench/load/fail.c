#include "fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("load: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

void *allocate(void *old, unsigned long bytes)
{
    void *memory = old ? realloc(old, bytes) : calloc(1, bytes);
    if (!memory)
        fail("out of memory (%lu bytes)", bytes);
    return memory;
}
