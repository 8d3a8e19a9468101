/*
 * The files of proc(5) about IPC. The kernel opens its own file first: a path that cannot be read is never looked at
 * here, and permissions are the kernel's. Then the descriptor is made to lead to the contents that the agent has.
 */
#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef int (*open_function)(const char *, int, mode_t);
typedef int (*openat_function)(int, const char *, int, mode_t);
typedef FILE *(*fopen_function)(const char *, const char *);

static bool begins(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static bool is_answered(const char *path)
{
    if (!begins(path, "/proc/sys"))
        return false;
    return begins(path, "/proc/sysvipc/") || begins(path, "/proc/sys/fs/mqueue/")
        || begins(path, "/proc/sys/kernel/msg") || begins(path, "/proc/sys/kernel/sem")
        || (begins(path, "/proc/sys/kernel/shm") && strcmp(path, "/proc/sys/kernel/shm_rmid_forced") != 0);
}

/* Asks the agent for the contents, and puts them behind the descriptor. -1: errno; the descriptor is as before. */
static int replace(int fd, const char *path, int flags)
{
    struct shim_call call;
    shim_call_begin(&call, IPC_OP_FILE, SHIM_UNINTERRUPTED);
    call.request.argument[0] = flags;
    shim_call_add(&call, path, strlen(path));
    int result = (int)shim_call_run(&call);
    if (result >= 0 && call.fd >= 0) {
        int kept = fcntl(fd, F_GETFD);
        result = dup3(call.fd, fd, (kept & FD_CLOEXEC) != 0 ? O_CLOEXEC : 0);
    }
    shim_call_end(&call);
    return result;
}

static int answered(int fd, const char *path, int flags)
{
    if (fd < 0 || !shim_is_active() || !is_answered(path))
        return fd;
    if (replace(fd, path, flags) >= 0)
        return fd;
    int error = errno;
    shim_close(fd);
    errno = error;
    return -1;
}

/* The fourth argument of open(2) is there with O_CREAT and O_TMPFILE alone. */
static bool has_mode(int flags)
{
    return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
}

#define MODE_OF(flags, mode)                                                                                   \
    do {                                                                                                       \
        if (has_mode(flags)) {                                                                                 \
            va_list arguments;                                                                                 \
            va_start(arguments, flags);                                                                        \
            mode = va_arg(arguments, mode_t);                                                                  \
            va_end(arguments);                                                                                 \
        }                                                                                                      \
    } while (0)

EXPORT int open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    NEXT(open_function, "open");
    MODE_OF(flags, mode);
    return answered(next(path, flags, mode), path, flags);
}

EXPORT int open64(const char *path, int flags, ...)
{
    mode_t mode = 0;
    NEXT(open_function, "open64");
    MODE_OF(flags, mode);
    return answered(next(path, flags, mode), path, flags);
}

EXPORT int openat(int directory, const char *path, int flags, ...)
{
    mode_t mode = 0;
    NEXT(openat_function, "openat");
    MODE_OF(flags, mode);
    return answered(next(directory, path, flags, mode), path, flags);
}

EXPORT int openat64(int directory, const char *path, int flags, ...)
{
    mode_t mode = 0;
    NEXT(openat_function, "openat64");
    MODE_OF(flags, mode);
    return answered(next(directory, path, flags, mode), path, flags);
}

/* What the headers of the C library call with _FORTIFY_SOURCE. */
EXPORT int __open_2(const char *path, int flags)
{
    return open(path, flags & ~(O_CREAT | O_TMPFILE));
}

EXPORT int __open64_2(const char *path, int flags)
{
    return open64(path, flags & ~(O_CREAT | O_TMPFILE));
}

static FILE *answered_file(FILE *file, const char *path, const char *mode)
{
    if (file == NULL || !shim_is_active() || !is_answered(path))
        return file;
    int flags = strchr(mode, '+') != NULL ? O_RDWR : *mode == 'r' ? O_RDONLY : O_WRONLY;
    if (replace(fileno(file), path, flags) >= 0)
        return file;
    int error = errno;
    fclose(file);
    errno = error;
    return NULL;
}

EXPORT FILE *fopen(const char *restrict path, const char *restrict mode)
{
    NEXT(fopen_function, "fopen");
    return answered_file(next(path, mode), path, mode);
}

EXPORT FILE *fopen64(const char *restrict path, const char *restrict mode)
{
    NEXT(fopen_function, "fopen64");
    return answered_file(next(path, mode), path, mode);
}
