#define _GNU_SOURCE
#include "shim.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE = 256, FIRST_HIGH_DESCRIPTOR = 700 };

static bool traces, counts;
static int output = STDERR_FILENO;
static atomic_long calls, failures;
static atomic_llong time_in_calls; /* nanoseconds */

static const struct {
    enum ipc_op op;
    const char *name;
    int arguments;
} names[] = {
    {IPC_OP_MSGGET, "msgget", 2}, {IPC_OP_MSGSND, "msgsnd", 2}, {IPC_OP_MSGRCV, "msgrcv", 4},
    {IPC_OP_MSGCTL, "msgctl", 2}, {IPC_OP_MSGCHECK, "check of msgsnd", 2}, {IPC_OP_SEMGET, "semget", 3},
    {IPC_OP_SEMOP, "semtimedop", 2}, {IPC_OP_SEMCTL, "semctl", 4}, {IPC_OP_SEMCOUNT, "sem_nsems", 1},
    {IPC_OP_SHMGET, "shmget", 3}, {IPC_OP_SHMAT, "shmat", 2}, {IPC_OP_SHMDT, "shmdt", 1},
    {IPC_OP_SHMCTL, "shmctl", 2}, {IPC_OP_SHMFORK, "shmat by fork", 2},
    {IPC_OP_MQ_OPEN, "mq_open", 4}, {IPC_OP_MQ_SEND, "mq_timedsend", 3}, {IPC_OP_MQ_RECEIVE, "mq_timedreceive", 3},
    {IPC_OP_MQ_NOTIFY, "mq_notify", 4}, {IPC_OP_MQ_GETATTR, "mq_getattr", 1}, {IPC_OP_MQ_SETATTR, "mq_setattr", 2},
    {IPC_OP_MQ_UNLINK, "mq_unlink", 0}, {IPC_OP_MQ_AWAIT, "wait for mq_notify", 2}, {IPC_OP_CLOSED, "close", 1},
    {IPC_OP_MQ_POLL, "poll", 1}, {IPC_OP_SEM_OPEN, "sem_open", 3},
    {IPC_OP_SEM_WAIT, "sem_wait", 2}, {IPC_OP_SEM_POST, "sem_post", 1}, {IPC_OP_SEM_GETVALUE, "sem_getvalue", 1},
    {IPC_OP_SEM_UNLINK, "sem_unlink", 0}, {IPC_OP_FILE, "open", 0},
};

bool shim_is_traced(void)
{
    return traces || counts;
}

int64_t shim_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NANOSECONDS + now.tv_nsec;
}

static size_t describe(char *line, size_t room, const struct shim_call *call)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (names[i].op != call->request.op)
            continue;
        int used = snprintf(line, room, "[pid %d] %s(", (int)getpid(), names[i].name);
        for (int a = 0; a < names[i].arguments; a++)
            used += snprintf(line + used, room - (size_t)used, "%s%lld", a > 0 ? ", " : "",
                             (long long)call->request.argument[a]);
        return (size_t)used;
    }
    return (size_t)snprintf(line, room, "[pid %d] call %u(", (int)getpid(), call->request.op);
}

static void write_line(const char *line, size_t length)
{
    while (length > 0) {
        ssize_t written = write(output, line, length);
        if (written <= 0)
            return;
        line += written;
        length -= (size_t)written;
    }
}

void shim_trace(const struct shim_call *call, int64_t result, int error, int64_t nanoseconds)
{
    char line[LINE];
    atomic_fetch_add(&calls, 1);
    atomic_fetch_add(&time_in_calls, nanoseconds);
    if (result < 0)
        atomic_fetch_add(&failures, 1);
    if (!traces)
        return;
    size_t used = describe(line, sizeof line - 100, call);
    const char *name = result < 0 ? strerrorname_np(error) : NULL;
    used += (size_t)snprintf(line + used, sizeof line - used, ") = %lld%s%s <%.6f>\n", (long long)result,
                             name != NULL ? " " : "", name != NULL ? name : "", (double)nanoseconds / 1e9);
    write_line(line, used);
}

void shim_trace_start(void)
{
    traces = getenv("IPC_EXEC_TRACE") != NULL;
    counts = getenv("IPC_EXEC_STATS") != NULL;
    if (!shim_is_traced())
        return;
    /* The program may close its standard error before it ends. */
    int copy = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, FIRST_HIGH_DESCRIPTOR);
    if (copy >= 0)
        output = copy;
}

__attribute__((destructor)) static void finish(void)
{
    char line[LINE];
    if (!counts)
        return;
    int used = snprintf(line, sizeof line, "ipc exec: pid %d: %ld calls, %ld failed, %.6f s in them\n", (int)getpid(),
                        atomic_load(&calls), atomic_load(&failures), (double)atomic_load(&time_in_calls) / 1e9);
    write_line(line, (size_t)used);
}
