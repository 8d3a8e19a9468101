#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

typedef mqd_t (*mq_open_function)(const char *, int, mode_t, struct mq_attr *);
typedef int (*mq_close_function)(mqd_t);
typedef int (*mq_unlink_function)(const char *);
typedef int (*mq_timedsend_function)(mqd_t, const char *, size_t, unsigned, const struct timespec *);
typedef ssize_t (*mq_timedreceive_function)(mqd_t, char *, size_t, unsigned *, const struct timespec *);
typedef int (*mq_send_function)(mqd_t, const char *, size_t, unsigned);
typedef ssize_t (*mq_receive_function)(mqd_t, char *, size_t, unsigned *);
typedef int (*mq_getattr_function)(mqd_t, struct mq_attr *);
typedef int (*mq_setattr_function)(mqd_t, const struct mq_attr *, struct mq_attr *);
typedef int (*mq_notify_function)(mqd_t, const struct sigevent *);

mqd_t shim_mq_open(const char *name, int flags, mode_t mode, const struct mq_attr *attributes)
{
    struct shim_call call;
    struct mq_attr wanted = {.mq_maxmsg = -1};
    struct rlimit limit = {0};
    if ((flags & O_CREAT) != 0 && attributes != NULL && shim_copy_in(&wanted, attributes, sizeof wanted) != 0)
        return -1;
    getrlimit(RLIMIT_MSGQUEUE, &limit);
    shim_call_begin(&call, IPC_OP_MQ_OPEN, SHIM_UNINTERRUPTED);
    call.request.argument[0] = flags;
    call.request.argument[1] = mode;
    call.request.argument[2] = attributes != NULL && wanted.mq_maxmsg < 0 ? -2 : wanted.mq_maxmsg;
    call.request.argument[3] = wanted.mq_msgsize;
    call.request.argument[4] = limit.rlim_cur > INT64_MAX ? INT64_MAX : (int64_t)limit.rlim_cur;
    shim_call_add(&call, name, strlen(name));
    int result = (int)shim_call_run(&call);
    if (result >= 0) {
        if (call.fd < 0)
            errno = EMFILE;
        shim_poll_begin();
        result = call.fd;
        call.fd = -1;
    }
    shim_call_end(&call);
    return result;
}

EXPORT mqd_t mq_open(const char *name, int flags, ...)
{
    mode_t mode = 0;
    struct mq_attr *attributes = NULL;
    if ((flags & O_CREAT) != 0) {
        va_list arguments;
        va_start(arguments, flags);
        mode = va_arg(arguments, mode_t);
        attributes = va_arg(arguments, struct mq_attr *);
        va_end(arguments);
    }
    if (!shim_is_active())
        return ((mq_open_function)shim_next("mq_open"))(name, flags, mode, attributes);
    /* The C library refuses a name without a slash, and takes the slash away, before the kernel sees it. */
    if (*name == '/')
        return shim_mq_open(name + 1, flags, mode, attributes);
    errno = EINVAL;
    return -1;
}

/* What the headers of the C library call with _FORTIFY_SOURCE. */
EXPORT mqd_t __mq_open_2(const char *name, int flags)
{
    return mq_open(name, flags & ~O_CREAT);
}

EXPORT int mq_close(mqd_t queue)
{
    if (!shim_is_active())
        return ((mq_close_function)shim_next("mq_close"))(queue);
    uint64_t file = shim_file_of(queue);
    if (file == 0 || shim_close(queue) != 0)
        return -1;
    shim_file_closed(file);
    return 0;
}

int shim_mq_unlink(const char *name)
{
    struct shim_call call;
    shim_call_begin(&call, IPC_OP_MQ_UNLINK, SHIM_UNINTERRUPTED);
    shim_call_add(&call, name, strlen(name));
    return (int)shim_call_simple(&call);
}

EXPORT int mq_unlink(const char *name)
{
    if (!shim_is_active())
        return ((mq_unlink_function)shim_next("mq_unlink"))(name);
    if (*name == '/')
        return shim_mq_unlink(name + 1);
    errno = EINVAL;
    return -1;
}

/* The kernel looks at the time before the descriptor. -1: no time-out; -2: errno is set. */
static int64_t timeout_of(const struct timespec *deadline)
{
    if (deadline == NULL)
        return -1;
    int64_t left = shim_left(CLOCK_REALTIME, deadline);
    return left >= 0 ? left : -2;
}

int shim_mq_send(mqd_t queue, const char *text, size_t bytes, unsigned priority, const struct timespec *deadline)
{
    struct shim_call call;
    int64_t timeout = timeout_of(deadline);
    if (timeout == -2)
        return -1;
    shim_call_begin(&call, IPC_OP_MQ_SEND, SHIM_RESTARTS);
    call.is_cancellation_point = true;
    call.request.argument[0] = (int64_t)shim_file_of(queue);
    if (call.request.argument[0] == 0)
        return -1;
    if (bytes > IPC_WIRE_LONGEST - sizeof(int64_t)) {
        errno = EMSGSIZE;
        return -1;
    }
    call.request.argument[1] = priority;
    call.request.argument[2] = timeout;
    shim_call_add(&call, text, bytes);
    return (int)shim_call_simple(&call);
}

EXPORT int mq_timedsend(mqd_t queue, const char *text, size_t bytes, unsigned priority, const struct timespec *deadline)
{
    if (!shim_is_active())
        return ((mq_timedsend_function)shim_next("mq_timedsend"))(queue, text, bytes, priority, deadline);
    return shim_mq_send(queue, text, bytes, priority, deadline);
}

EXPORT int mq_send(mqd_t queue, const char *text, size_t bytes, unsigned priority)
{
    if (!shim_is_active())
        return ((mq_send_function)shim_next("mq_send"))(queue, text, bytes, priority);
    return shim_mq_send(queue, text, bytes, priority, NULL);
}

ssize_t shim_mq_receive(mqd_t queue, char *text, size_t bytes, unsigned *priority, const struct timespec *deadline)
{
    struct shim_call call;
    int64_t timeout = timeout_of(deadline);
    if (timeout == -2)
        return -1;
    shim_call_begin(&call, IPC_OP_MQ_RECEIVE, SHIM_RESTARTS);
    call.is_cancellation_point = true;
    call.request.argument[0] = (int64_t)shim_file_of(queue);
    if (call.request.argument[0] == 0)
        return -1;
    call.request.argument[1] = bytes > INT64_MAX ? INT64_MAX : (int64_t)bytes;
    call.request.argument[2] = timeout;
    ssize_t result = shim_call_run(&call);
    if (result >= 0) {
        unsigned told = (unsigned)call.answer.extra;
        if ((priority != NULL && shim_copy_out(priority, &told, sizeof told) != 0)
            || shim_copy_out(text, call.data, call.answer.length) != 0)
            result = -1;
    }
    shim_call_end(&call);
    return result;
}

EXPORT ssize_t mq_timedreceive(mqd_t queue, char *restrict text, size_t bytes, unsigned *restrict priority,
                               const struct timespec *restrict deadline)
{
    if (!shim_is_active())
        return ((mq_timedreceive_function)shim_next("mq_timedreceive"))(queue, text, bytes, priority, deadline);
    return shim_mq_receive(queue, text, bytes, priority, deadline);
}

EXPORT ssize_t mq_receive(mqd_t queue, char *text, size_t bytes, unsigned *priority)
{
    if (!shim_is_active())
        return ((mq_receive_function)shim_next("mq_receive"))(queue, text, bytes, priority);
    return shim_mq_receive(queue, text, bytes, priority, NULL);
}

/* Fills the attributes that the answer has. */
static int attributes_of(struct shim_call *call, struct mq_attr *attributes)
{
    struct ipc_wire_mq_attr wire;
    struct mq_attr told = {0};
    int result = (int)shim_call_run(call);
    if (result >= 0) {
        memcpy(&wire, call->data, sizeof wire);
        told.mq_flags = wire.flags;
        told.mq_maxmsg = wire.maxmsg;
        told.mq_msgsize = wire.msgsize;
        told.mq_curmsgs = wire.curmsgs;
        if (attributes != NULL)
            result = shim_copy_out(attributes, &told, sizeof told);
    }
    shim_call_end(call);
    return result;
}

int shim_mq_attributes(mqd_t queue, const struct mq_attr *attributes, struct mq_attr *before)
{
    struct shim_call call;
    struct mq_attr given;
    shim_call_begin(&call, attributes != NULL ? IPC_OP_MQ_SETATTR : IPC_OP_MQ_GETATTR, SHIM_UNINTERRUPTED);
    if (attributes != NULL) {
        if (shim_copy_in(&given, attributes, sizeof given) != 0)
            return -1;
        if ((given.mq_flags & ~(long)O_NONBLOCK) != 0) {
            errno = EINVAL;
            return -1;
        }
        call.request.argument[1] = given.mq_flags;
    }
    call.request.argument[0] = (int64_t)shim_file_of(queue);
    return call.request.argument[0] != 0 ? attributes_of(&call, before) : -1;
}

EXPORT int mq_setattr(mqd_t queue, const struct mq_attr *restrict attributes, struct mq_attr *restrict before)
{
    if (!shim_is_active())
        return ((mq_setattr_function)shim_next("mq_setattr"))(queue, attributes, before);
    return shim_mq_attributes(queue, attributes, before);
}

EXPORT int mq_getattr(mqd_t queue, struct mq_attr *attributes)
{
    if (!shim_is_active())
        return ((mq_getattr_function)shim_next("mq_getattr"))(queue, attributes);
    return shim_mq_attributes(queue, NULL, attributes);
}

/* A thread of this library that waits for the message of a SIGEV_THREAD registration. */
struct notification {
    uint64_t file;
    int64_t registration;
    void (*function)(union sigval);
    union sigval value;
    pthread_attr_t attributes;
    bool has_attributes;
};

struct started {
    void (*function)(union sigval);
    union sigval value;
};

static void *run_function(void *argument)
{
    struct started started = *(struct started *)argument;
    sigset_t none;
    free(argument);
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
    started.function(started.value);
    return NULL;
}

static void start_function(const struct notification *notification)
{
    pthread_t thread;
    struct started *started = malloc(sizeof *started);
    if (started == NULL)
        return;
    *started = (struct started){notification->function, notification->value};
    if (pthread_create(&thread, notification->has_attributes ? &notification->attributes : NULL, run_function, started)
        != 0) {
        free(started);
        return;
    }
    int state = PTHREAD_CREATE_JOINABLE;
    if (notification->has_attributes)
        pthread_attr_getdetachstate(&notification->attributes, &state);
    if (state == PTHREAD_CREATE_JOINABLE)
        pthread_detach(thread);
}

static void *await_message(void *argument)
{
    struct notification *notification = argument;
    struct shim_call call;
    shim_call_begin(&call, IPC_OP_MQ_AWAIT, SHIM_UNINTERRUPTED);
    call.request.argument[0] = (int64_t)notification->file;
    call.request.argument[1] = notification->registration;
    if (shim_call_simple(&call) == 1)
        start_function(notification);
    free(notification);
    return NULL;
}

static int start_waiting(uint64_t file, int64_t registration, const struct sigevent *event)
{
    struct notification *notification = calloc(1, sizeof *notification);
    pthread_t thread;
    sigset_t all, before;
    if (notification == NULL)
        return ENOMEM;
    notification->file = file;
    notification->registration = registration;
    notification->function = event->sigev_notify_function;
    notification->value = event->sigev_value;
    notification->has_attributes = event->sigev_notify_attributes != NULL;
    if (notification->has_attributes)
        notification->attributes = *event->sigev_notify_attributes;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&thread, NULL, await_message, notification);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error == 0)
        pthread_detach(thread);
    else
        free(notification);
    return error;
}

EXPORT int mq_notify(mqd_t queue, const struct sigevent *event)
{
    struct shim_call call;
    struct sigevent given = {0};
    if (!shim_is_active())
        return ((mq_notify_function)shim_next("mq_notify"))(queue, event);
    if (event != NULL && shim_copy_in(&given, event, sizeof given) != 0)
        return -1;
    shim_call_begin(&call, IPC_OP_MQ_NOTIFY, SHIM_UNINTERRUPTED);
    call.request.argument[1] = event != NULL ? given.sigev_notify : -1;
    call.request.argument[2] = given.sigev_signo;
    call.request.argument[3] = (int64_t)(intptr_t)given.sigev_value.sival_ptr;
    /* The kernel looks at the event before the descriptor. */
    bool is_known = given.sigev_notify == SIGEV_SIGNAL || given.sigev_notify == SIGEV_NONE
        || given.sigev_notify == SIGEV_THREAD;
    if (event != NULL
        && (!is_known || (given.sigev_notify == SIGEV_SIGNAL && (given.sigev_signo < 0 || given.sigev_signo > 64)))) {
        errno = EINVAL;
        return -1;
    }
    call.request.argument[0] = (int64_t)shim_file_of(queue);
    if (call.request.argument[0] == 0)
        return -1;
    int64_t registration = shim_call_simple(&call);
    if (registration < 0)
        return -1;
    if (event == NULL || given.sigev_notify != SIGEV_THREAD)
        return 0;
    int error = start_waiting((uint64_t)call.request.argument[0], registration, &given);
    errno = error != 0 ? error : errno;
    return error != 0 ? -1 : 0;
}
