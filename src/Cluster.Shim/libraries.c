/*
 * dlopen(3) without RTLD_DEEPBIND. With it a library finds the C library's calls before those of this one (PHP loads its
 * extensions so). The jump to the next dlopen keeps the return address, by which it knows the caller.
 */
#define _GNU_SOURCE
#include "shim.h"

#include <dlfcn.h>

typedef void *(*dlopen_function)(const char *, int);

EXPORT void *dlopen(const char *path, int mode)
{
    static dlopen_function next;
    if (next == NULL)
        next = (dlopen_function)shim_next("dlopen");
    if (shim_is_active())
        mode &= ~RTLD_DEEPBIND;
    return next(path, mode);
}
