#define _GNU_SOURCE
#include "shim.h"
#include "structures.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/msg.h>

typedef int (*msgget_function)(key_t, int);
typedef int (*msgsnd_function)(int, const void *, size_t, int);
typedef ssize_t (*msgrcv_function)(int, void *, size_t, long, int);
typedef int (*msgctl_function)(int, int, struct msqid_ds *);

EXPORT int msgget(key_t key, int flags)
{
    struct shim_call call;
    if (!shim_is_active())
        return ((msgget_function)shim_next("msgget"))(key, flags);
    shim_call_begin(&call, IPC_OP_MSGGET, SHIM_UNINTERRUPTED);
    call.request.argument[0] = key;
    call.request.argument[1] = flags;
    return (int)shim_call_simple(&call);
}

/* The kernel looks at the size and the type before it reads the text: their error comes before EFAULT. */
static void check(const void *message, size_t bytes)
{
    struct shim_call call;
    long type;
    if (shim_copy_in(&type, message, sizeof type) != 0)
        return;
    shim_call_begin(&call, IPC_OP_MSGCHECK, SHIM_UNINTERRUPTED);
    call.request.argument[0] = (int64_t)bytes;
    call.request.argument[1] = type;
    if (shim_call_simple(&call) == 0)
        errno = EFAULT;
}

EXPORT int msgsnd(int id, const void *message, size_t bytes, int flags)
{
    struct shim_call call;
    long type;
    if (!shim_is_active())
        return ((msgsnd_function)shim_next("msgsnd"))(id, message, bytes, flags);
    if (bytes > IPC_WIRE_LONGEST - sizeof type) {
        /* The kernel reads the type before it looks at the size. */
        if (shim_copy_in(&type, message, sizeof type) == 0)
            errno = EINVAL;
        return -1;
    }
    shim_call_begin(&call, IPC_OP_MSGSND, SHIM_RESTARTS_AFTER_STOP);
    call.is_cancellation_point = true;
    call.request.argument[0] = id;
    call.request.argument[1] = flags;
    shim_call_add(&call, message, sizeof type + bytes);
    int result = (int)shim_call_simple(&call);
    if (result != 0 && errno == EFAULT)
        check(message, bytes);
    return result;
}

EXPORT ssize_t msgrcv(int id, void *message, size_t bytes, long type, int flags)
{
    struct shim_call call;
    if (!shim_is_active())
        return ((msgrcv_function)shim_next("msgrcv"))(id, message, bytes, type, flags);
    shim_call_begin(&call, IPC_OP_MSGRCV, SHIM_RESTARTS_AFTER_STOP);
    call.is_cancellation_point = true;
    call.request.argument[0] = id;
    call.request.argument[1] = (int64_t)bytes;
    call.request.argument[2] = type;
    call.request.argument[3] = flags;
    ssize_t result = shim_call_run(&call);
    if (result >= 0) {
        struct iovec parts[2] = {{&call.answer.extra, sizeof(long)}, {call.data, call.answer.length}};
        if (shim_write(parts, 2, message) != 0)
            result = -1;
    }
    shim_call_end(&call);
    return result;
}

static void to_msqid(struct msqid_ds *to, const struct ipc_wire_msqid *from)
{
    memset(to, 0, sizeof *to);
    to_perm(&to->msg_perm, &from->perm);
    to->msg_stime = from->stime;
    to->msg_rtime = from->rtime;
    to->msg_ctime = from->ctime;
    to->__msg_cbytes = from->cbytes;
    to->msg_qnum = from->qnum;
    to->msg_qbytes = from->qbytes;
    to->msg_lspid = from->lspid;
    to->msg_lrpid = from->lrpid;
}

static int copy_answer(const struct shim_call *call, int command, void *buffer)
{
    struct msqid_ds status;
    struct ipc_wire_msqid wire;
    if (command == IPC_INFO || command == MSG_INFO)
        return shim_copy_out(buffer, call->data, sizeof(struct msginfo));
    memcpy(&wire, call->data, sizeof wire);
    to_msqid(&status, &wire);
    return shim_copy_out(buffer, &status, sizeof status);
}

EXPORT int msgctl(int id, int command, struct msqid_ds *buffer)
{
    struct shim_call call;
    struct ipc_wire_msqid set = {0};
    struct msqid_ds given;
    if (!shim_is_active())
        return ((msgctl_function)shim_next("msgctl"))(id, command, buffer);
    shim_call_begin(&call, IPC_OP_MSGCTL, SHIM_UNINTERRUPTED);
    call.request.argument[0] = id;
    call.request.argument[1] = command;
    if (command == IPC_SET) {
        if (shim_copy_in(&given, buffer, sizeof given) != 0)
            return -1;
        from_perm(&set.perm, &given.msg_perm);
        set.qbytes = given.msg_qbytes;
        shim_call_add(&call, &set, sizeof set);
    }
    int result = (int)shim_call_run(&call);
    if (result >= 0 && call.answer.length > 0 && copy_answer(&call, command, buffer) != 0)
        result = -1;
    shim_call_end(&call);
    return result;
}
