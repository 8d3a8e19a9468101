/* syscall(2) of libc for the numbers of the calls of this library. The instruction itself is not seen here. */
#define _GNU_SOURCE
#include "shim.h"

#include <mqueue.h>
#include <stdarg.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef long (*syscall_function)(long, ...);

long shim_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    static syscall_function next;
    if (next == NULL)
        next = (syscall_function)shim_next("syscall");
    return next(number, a, b, c, d, e, f);
}

static bool system_v(long number, const long *a, long *result)
{
    switch (number) {
    case SYS_msgget: *result = msgget((key_t)a[0], (int)a[1]); return true;
    case SYS_msgsnd: *result = msgsnd((int)a[0], (void *)a[1], (size_t)a[2], (int)a[3]); return true;
    case SYS_msgrcv: *result = msgrcv((int)a[0], (void *)a[1], (size_t)a[2], a[3], (int)a[4]); return true;
    case SYS_msgctl: *result = msgctl((int)a[0], (int)a[1], (void *)a[2]); return true;
    case SYS_semget: *result = semget((key_t)a[0], (int)a[1], (int)a[2]); return true;
    case SYS_semop: *result = semop((int)a[0], (void *)a[1], (size_t)a[2]); return true;
    case SYS_semtimedop: *result = semtimedop((int)a[0], (void *)a[1], (size_t)a[2], (void *)a[3]); return true;
    case SYS_semctl: *result = semctl((int)a[0], (int)a[1], (int)a[2], a[3]); return true;
    case SYS_shmget: *result = shmget((key_t)a[0], (size_t)a[1], (int)a[2]); return true;
    case SYS_shmat: *result = (long)shmat((int)a[0], (void *)a[1], (int)a[2]); return true;
    case SYS_shmdt: *result = shmdt((void *)a[0]); return true;
    case SYS_shmctl: *result = shmctl((int)a[0], (int)a[1], (void *)a[2]); return true;
    default: return false;
    }
}

static bool posix(long number, const long *a, long *result)
{
    switch (number) {
    case SYS_mq_unlink: *result = shim_mq_unlink((char *)a[0]); return true;
    case SYS_mq_open: *result = shim_mq_open((char *)a[0], (int)a[1], (mode_t)a[2], (void *)a[3]); return true;
    case SYS_mq_timedsend:
        *result = shim_mq_send((mqd_t)a[0], (void *)a[1], (size_t)a[2], (unsigned)a[3], (void *)a[4]);
        return true;
    case SYS_mq_timedreceive:
        *result = shim_mq_receive((mqd_t)a[0], (void *)a[1], (size_t)a[2], (void *)a[3], (void *)a[4]);
        return true;
    case SYS_mq_notify: *result = mq_notify((mqd_t)a[0], (void *)a[1]); return true;
    case SYS_mq_getsetattr: *result = shim_mq_attributes((mqd_t)a[0], (void *)a[1], (void *)a[2]); return true;
    default: return false;
    }
}

EXPORT long syscall(long number, ...)
{
    long a[6], result;
    va_list arguments;
    va_start(arguments, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(arguments, long);
    va_end(arguments);
    if (shim_is_active() && (system_v(number, a, &result) || posix(number, a, &result)))
        return result;
    return shim_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
