#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

uint64_t shim_file_of(int fd)
{
    struct stat status;
    if (shim_syscall(SYS_fstat, fd, (long)&status, 0, 0, 0, 0) == 0 && S_ISFIFO(status.st_mode))
        return status.st_ino;
    errno = EBADF;
    return 0;
}

void shim_file_closed(uint64_t inode)
{
    struct shim_call call;
    shim_call_begin(&call, IPC_OP_CLOSED, SHIM_UNINTERRUPTED);
    call.request.argument[0] = (int64_t)inode;
    int error = errno;
    shim_call_simple(&call);
    errno = error;
}

int shim_read_time(struct timespec *time, const struct timespec *from)
{
    if (shim_copy_in(time, from, sizeof *time) != 0)
        return -1;
    if (time->tv_sec >= 0 && time->tv_nsec >= 0 && time->tv_nsec < NANOSECONDS)
        return 0;
    errno = EINVAL;
    return -1;
}

int64_t shim_left(clockid_t clock, const struct timespec *until)
{
    struct timespec time, now;
    if (shim_read_time(&time, until) != 0 || clock_gettime(clock, &now) != 0)
        return -1;
    if (time.tv_sec - now.tv_sec > INT64_MAX / NANOSECONDS / 2)
        return INT64_MAX / 2;
    int64_t left = (int64_t)(time.tv_sec - now.tv_sec) * NANOSECONDS + (time.tv_nsec - now.tv_nsec);
    return left > 0 ? left : 0;
}
