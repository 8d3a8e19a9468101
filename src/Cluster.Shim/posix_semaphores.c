#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a named semaphore has in the place of a sem_t. No semaphore of the C library looks like this. */
struct named {
    uint64_t mark;
    uint64_t file;
    int64_t id;
    int fd;
    int opens; /* of this name in this process */
    struct named *next;
};

static const uint64_t MARK = UINT64_C(0x9ed6c1f73a5b284d);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct named *first;

typedef sem_t *(*sem_open_function)(const char *, int, mode_t, unsigned);
typedef int (*sem_function)(sem_t *);
typedef int (*sem_unlink_function)(const char *);
typedef int (*sem_clockwait_function)(sem_t *, clockid_t, const struct timespec *);
typedef int (*sem_timedwait_function)(sem_t *, const struct timespec *);
typedef int (*sem_getvalue_function)(sem_t *, int *);

static struct named *named_of(sem_t *semaphore)
{
    struct named *named = (struct named *)semaphore;
    return shim_is_active() && named != NULL && named->mark == MARK ? named : NULL;
}

static int call_libc(const char *name, sem_t *semaphore)
{
    return ((sem_function)shim_next(name))(semaphore);
}

/* One address for each semaphore, however often it is opened. The caller holds the lock. */
static sem_t *remember(int64_t id, int fd)
{
    struct named *named = first;
    while (named != NULL && named->id != id)
        named = named->next;
    if (named != NULL) {
        shim_close(fd);
        named->opens++;
        return (sem_t *)named;
    }
    named = calloc(1, sizeof *named > sizeof(sem_t) ? sizeof *named : sizeof(sem_t));
    if (named == NULL) {
        shim_close(fd);
        errno = ENOMEM;
        return SEM_FAILED;
    }
    fd = shim_move_up(fd);
    *named = (struct named){MARK, shim_file_of(fd), id, fd, 1, first};
    first = named;
    return (sem_t *)named;
}

static sem_t *open_semaphore(const char *name, int flags, mode_t mode, unsigned value)
{
    struct shim_call call;
    sem_t *semaphore = SEM_FAILED;
    if ((flags & O_CREAT) != 0 && value > SEM_VALUE_MAX) {
        errno = EINVAL;
        return SEM_FAILED;
    }
    shim_call_begin(&call, IPC_OP_SEM_OPEN, SHIM_UNINTERRUPTED);
    call.request.argument[0] = flags;
    call.request.argument[1] = mode;
    call.request.argument[2] = value;
    shim_call_add(&call, name, strlen(name));
    pthread_mutex_lock(&lock);
    int64_t id = shim_call_run(&call);
    if (id >= 0 && call.fd < 0) {
        errno = EMFILE;
    } else if (id >= 0) {
        semaphore = remember(id, call.fd);
        call.fd = -1;
    }
    pthread_mutex_unlock(&lock);
    shim_call_end(&call);
    return semaphore;
}

EXPORT sem_t *sem_open(const char *name, int flags, ...)
{
    mode_t mode = 0;
    unsigned value = 0;
    if ((flags & O_CREAT) != 0) {
        va_list arguments;
        va_start(arguments, flags);
        mode = va_arg(arguments, mode_t);
        value = va_arg(arguments, unsigned);
        va_end(arguments);
    }
    if (!shim_is_active())
        return ((sem_open_function)shim_next("sem_open"))(name, flags, mode, value);
    return open_semaphore(name, flags, mode, value);
}

static void forget(struct named *named)
{
    struct named **at = &first;
    while (*at != named)
        at = &(*at)->next;
    *at = named->next;
}

EXPORT int sem_close(sem_t *semaphore)
{
    struct named *named = named_of(semaphore);
    if (named == NULL)
        return call_libc("sem_close", semaphore);
    pthread_mutex_lock(&lock);
    bool is_last = --named->opens == 0;
    if (is_last)
        forget(named);
    pthread_mutex_unlock(&lock);
    if (!is_last)
        return 0;
    uint64_t file = named->file;
    if (shim_file_of(named->fd) == file)
        shim_close(named->fd);
    named->mark = 0;
    free(named);
    shim_file_closed(file);
    return 0;
}

EXPORT int sem_unlink(const char *name)
{
    struct shim_call call;
    if (!shim_is_active())
        return ((sem_unlink_function)shim_next("sem_unlink"))(name);
    shim_call_begin(&call, IPC_OP_SEM_UNLINK, SHIM_UNINTERRUPTED);
    shim_call_add(&call, name, strlen(name));
    return (int)shim_call_simple(&call);
}

static int wait_for(const struct named *named, int64_t nanoseconds, enum shim_wait wait)
{
    struct shim_call call;
    shim_call_begin(&call, IPC_OP_SEM_WAIT, wait);
    call.is_cancellation_point = wait != SHIM_UNINTERRUPTED;
    call.request.argument[0] = (int64_t)named->file;
    call.request.argument[1] = nanoseconds;
    return (int)shim_call_simple(&call);
}

EXPORT int sem_wait(sem_t *semaphore)
{
    struct named *named = named_of(semaphore);
    return named != NULL ? wait_for(named, -1, SHIM_RESTARTS) : call_libc("sem_wait", semaphore);
}

EXPORT int sem_trywait(sem_t *semaphore)
{
    struct named *named = named_of(semaphore);
    if (named == NULL)
        return call_libc("sem_trywait", semaphore);
    int result = wait_for(named, 0, SHIM_UNINTERRUPTED);
    if (result != 0 && errno == ETIMEDOUT)
        errno = EAGAIN;
    return result;
}

static int wait_until(const struct named *named, clockid_t clock, const struct timespec *until)
{
    int64_t left = shim_left(clock, until);
    return left < 0 ? -1 : wait_for(named, left, SHIM_RESTARTS_AFTER_STOP);
}

EXPORT int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict until)
{
    struct named *named = named_of(semaphore);
    if (named == NULL)
        return ((sem_timedwait_function)shim_next("sem_timedwait"))(semaphore, until);
    return wait_until(named, CLOCK_REALTIME, until);
}

EXPORT int sem_clockwait(sem_t *restrict semaphore, clockid_t clock, const struct timespec *restrict until)
{
    struct named *named = named_of(semaphore);
    if (named == NULL)
        return ((sem_clockwait_function)shim_next("sem_clockwait"))(semaphore, clock, until);
    if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC) {
        errno = EINVAL;
        return -1;
    }
    return wait_until(named, clock, until);
}

EXPORT int sem_post(sem_t *semaphore)
{
    struct shim_call call;
    struct named *named = named_of(semaphore);
    if (named == NULL)
        return call_libc("sem_post", semaphore);
    shim_call_begin(&call, IPC_OP_SEM_POST, SHIM_UNINTERRUPTED);
    call.request.argument[0] = (int64_t)named->file;
    return (int)shim_call_simple(&call);
}

EXPORT int sem_getvalue(sem_t *restrict semaphore, int *restrict value)
{
    struct shim_call call;
    struct named *named = named_of(semaphore);
    if (named == NULL)
        return ((sem_getvalue_function)shim_next("sem_getvalue"))(semaphore, value);
    shim_call_begin(&call, IPC_OP_SEM_GETVALUE, SHIM_UNINTERRUPTED);
    call.request.argument[0] = (int64_t)named->file;
    int64_t told = shim_call_simple(&call);
    if (told < 0)
        return -1;
    *value = (int)told;
    return 0;
}
