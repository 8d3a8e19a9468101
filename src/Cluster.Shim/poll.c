/*
 * poll(2), select(2) and epoll(7) of a POSIX queue: mq_overview(7). The kernel waits, for the pipe that the descriptor is. The
 * agent is asked first to have the pipe as ready as the queue, from now on. A program that has opened no queue asks nothing.
 */
#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>

typedef int (*poll_function)(struct pollfd *, nfds_t, int);
typedef int (*ppoll_function)(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);
typedef int (*select_function)(int, fd_set *, fd_set *, fd_set *, struct timeval *);
typedef int (*pselect_function)(int, fd_set *, fd_set *, fd_set *, const struct timespec *, const sigset_t *);
typedef int (*epoll_ctl_function)(int, int, int, struct epoll_event *);

static volatile bool has_queues;

void shim_poll_begin(void)
{
    has_queues = true;
}

/* Asks the agent about a descriptor that may be a queue. errno stays as it is. */
static void prepare(int fd)
{
    struct shim_call call;
    int error = errno;
    if (fd >= 0 && shim_syscall(SYS_fcntl, fd, F_GETPIPE_SZ, 0, 0, 0, 0) == IPC_WIRE_PIPE) {
        shim_call_begin(&call, IPC_OP_MQ_POLL, SHIM_UNINTERRUPTED);
        call.request.argument[0] = (int64_t)shim_file_of(fd);
        if (call.request.argument[0] != 0)
            shim_call_simple(&call);
    }
    errno = error;
}

/* Whether the memory of the program could be read: what cannot, the kernel says. errno stays as it is. */
static bool is_read(void *to, const void *from, size_t bytes)
{
    int error = errno;
    bool is_read = shim_copy_in(to, from, bytes) == 0;
    errno = error;
    return is_read;
}

static void prepare_all(const struct pollfd *polled, nfds_t count)
{
    struct pollfd one;
    for (nfds_t i = 0; has_queues && i < count && is_read(&one, &polled[i], sizeof one); i++)
        prepare(one.fd);
}

static void prepare_set(int count, const fd_set *set)
{
    unsigned long word;
    enum { BITS = 8 * sizeof word };
    const unsigned long *words = (const unsigned long *)set;
    for (int i = 0; has_queues && set != NULL && i < count; i++) {
        if (!is_read(&word, &words[i / BITS], sizeof word))
            return;
        if ((word >> (i % BITS) & 1) != 0)
            prepare(i);
    }
}

EXPORT int poll(struct pollfd *polled, nfds_t count, int timeout)
{
    NEXT(poll_function, "poll");
    prepare_all(polled, count);
    return next(polled, count, timeout);
}

EXPORT int ppoll(struct pollfd *polled, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
    NEXT(ppoll_function, "ppoll");
    prepare_all(polled, count);
    return next(polled, count, timeout, mask);
}

/* What the headers of the C library call with _FORTIFY_SOURCE. */
EXPORT int __poll_chk(struct pollfd *polled, nfds_t count, int timeout, size_t bytes)
{
    if (bytes / sizeof *polled < count)
        abort();
    return poll(polled, count, timeout);
}

EXPORT int __ppoll_chk(struct pollfd *polled, nfds_t count, const struct timespec *timeout, const sigset_t *mask,
                       size_t bytes)
{
    if (bytes / sizeof *polled < count)
        abort();
    return ppoll(polled, count, timeout, mask);
}

EXPORT int select(int count, fd_set *restrict readable, fd_set *restrict writable, fd_set *restrict special,
                  struct timeval *restrict timeout)
{
    NEXT(select_function, "select");
    prepare_set(count, readable);
    prepare_set(count, writable);
    return next(count, readable, writable, special, timeout);
}

EXPORT int pselect(int count, fd_set *restrict readable, fd_set *restrict writable, fd_set *restrict special,
                   const struct timespec *restrict timeout, const sigset_t *restrict mask)
{
    NEXT(pselect_function, "pselect");
    prepare_set(count, readable);
    prepare_set(count, writable);
    return next(count, readable, writable, special, timeout, mask);
}

EXPORT int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
    NEXT(epoll_ctl_function, "epoll_ctl");
    if (has_queues && operation != EPOLL_CTL_DEL)
        prepare(fd);
    return next(epoll, operation, fd, event);
}
