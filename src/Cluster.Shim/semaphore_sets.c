#define _GNU_SOURCE
#include "shim.h"
#include "structures.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/sem.h>
#include <time.h>

/* SEMOPM can be at most this here; more operations are E2BIG before the kernel reads them. */
enum { MOST_OPERATIONS = 4096 };

union semun {
    int value;
    struct semid_ds *status;
    unsigned short *array;
    struct seminfo *info;
    void *pointer;
    long word;
};

typedef int (*semget_function)(key_t, int, int);
typedef int (*semtimedop_function)(int, struct sembuf *, size_t, const struct timespec *);
typedef int (*semctl_function)(int, int, int, ...);

EXPORT int semget(key_t key, int count, int flags)
{
    struct shim_call call;
    if (!shim_is_active())
        return ((semget_function)shim_next("semget"))(key, count, flags);
    shim_call_begin(&call, IPC_OP_SEMGET, SHIM_UNINTERRUPTED);
    call.request.argument[0] = key;
    call.request.argument[1] = count;
    call.request.argument[2] = flags;
    return (int)shim_call_simple(&call);
}

static int operate(int id, struct sembuf *operations, size_t count, int64_t nanoseconds)
{
    struct shim_call call;
    if (count < 1 || id < 0) {
        errno = EINVAL;
        return -1;
    }
    if (count > MOST_OPERATIONS) {
        errno = E2BIG;
        return -1;
    }
    shim_call_begin(&call, IPC_OP_SEMOP, SHIM_NEVER_RESTARTS);
    call.request.argument[0] = id;
    call.request.argument[1] = nanoseconds;
    shim_call_add(&call, operations, count * sizeof *operations);
    return (int)shim_call_simple(&call);
}

EXPORT int semop(int id, struct sembuf *operations, size_t count)
{
    if (!shim_is_active())
        return ((semtimedop_function)shim_next("semtimedop"))(id, operations, count, NULL);
    return operate(id, operations, count, -1);
}

EXPORT int semtimedop(int id, struct sembuf *operations, size_t count, const struct timespec *timeout)
{
    struct timespec time;
    if (!shim_is_active())
        return ((semtimedop_function)shim_next("semtimedop"))(id, operations, count, timeout);
    if (timeout == NULL)
        return operate(id, operations, count, -1);
    if (shim_read_time(&time, timeout) != 0)
        return -1;
    int64_t nanoseconds = INT64_MAX;
    if (time.tv_sec < INT64_MAX / NANOSECONDS - 1)
        nanoseconds = (int64_t)time.tv_sec * NANOSECONDS + time.tv_nsec;
    return operate(id, operations, count, nanoseconds);
}

static void to_semid(struct semid_ds *to, const struct ipc_wire_semid *from)
{
    memset(to, 0, sizeof *to);
    to_perm(&to->sem_perm, &from->perm);
    to->sem_otime = from->otime;
    to->sem_ctime = from->ctime;
    to->sem_nsems = from->nsems;
}

static int copy_answer(const struct shim_call *call, int command, union semun argument)
{
    struct semid_ds status;
    struct ipc_wire_semid wire;
    if (command == IPC_INFO || command == SEM_INFO)
        return shim_copy_out(argument.info, call->data, sizeof(struct seminfo));
    if (command == GETALL)
        return shim_copy_out(argument.array, call->data, call->answer.length);
    memcpy(&wire, call->data, sizeof wire);
    to_semid(&status, &wire);
    return shim_copy_out(argument.status, &status, sizeof status);
}

/* The kernel finds the set before it reads the values of SETALL, and only the set knows how many there are. */
static int64_t count_of(int id)
{
    struct shim_call call;
    shim_call_begin(&call, IPC_OP_SEMCOUNT, SHIM_UNINTERRUPTED);
    call.request.argument[0] = id;
    return shim_call_simple(&call);
}

static int add_payload(struct shim_call *call, int id, int command, union semun argument, struct ipc_wire_semid *set)
{
    struct semid_ds given;
    if (command == IPC_SET) {
        if (shim_copy_in(&given, argument.status, sizeof given) != 0)
            return -1;
        from_perm(&set->perm, &given.sem_perm);
        shim_call_add(call, set, sizeof *set);
    } else if (command == SETALL) {
        int64_t count = count_of(id);
        if (count < 0)
            return -1;
        shim_call_add(call, argument.array, (size_t)count * sizeof *argument.array);
    }
    return 0;
}

static int control(int id, int number, int command, union semun argument)
{
    struct shim_call call;
    struct ipc_wire_semid set = {0};
    shim_call_begin(&call, IPC_OP_SEMCTL, SHIM_UNINTERRUPTED);
    call.request.argument[0] = id;
    call.request.argument[1] = number;
    call.request.argument[2] = command;
    call.request.argument[3] = argument.value;
    if (add_payload(&call, id, command, argument, &set) != 0)
        return -1;
    int result = (int)shim_call_run(&call);
    if (result >= 0 && call.answer.length > 0 && copy_answer(&call, command, argument) != 0)
        result = -1;
    shim_call_end(&call);
    return result;
}

EXPORT int semctl(int id, int number, int command, ...)
{
    union semun argument;
    va_list arguments;
    /* Programs that pass no fourth argument leave what the register has, as with libc. */
    va_start(arguments, command);
    argument = va_arg(arguments, union semun);
    va_end(arguments);
    if (!shim_is_active())
        return ((semctl_function)shim_next("semctl"))(id, number, command, argument);
    return control(id, number, command, argument);
}
