/*
 * shmget(2), shmop(2), shmctl(2). A segment is a memory file of the agent, which all programs of the host map. The
 * agent loads it, writes it back, and counts who has it attached.
 */
#define _GNU_SOURCE
#include "shim.h"
#include "structures.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

struct attachment {
    void *address;
    size_t bytes; /* of the mapping: whole pages */
    int id;
    int flags;
    int64_t number; /* of the agent */
    struct attachment *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct attachment *first;
static int fork_pipe[2] = {-1, -1};

typedef int (*shmget_function)(key_t, size_t, int);
typedef void *(*shmat_function)(int, const void *, int);
typedef int (*shmdt_function)(const void *);
typedef int (*shmctl_function)(int, int, struct shmid_ds *);

EXPORT int shmget(key_t key, size_t bytes, int flags)
{
    struct shim_call call;
    if (!shim_is_active())
        return ((shmget_function)shim_next("shmget"))(key, bytes, flags);
    shim_call_begin(&call, IPC_OP_SHMGET, SHIM_UNINTERRUPTED);
    call.request.argument[0] = key;
    call.request.argument[1] = (int64_t)bytes; /* all 64 bits: the agent takes it for unsigned */
    call.request.argument[2] = flags;
    return (int)shim_call_simple(&call);
}

static int tell_detached(int64_t number)
{
    struct shim_call call;
    shim_call_begin(&call, IPC_OP_SHMDT, SHIM_UNINTERRUPTED);
    call.request.argument[0] = number;
    return (int)shim_call_simple(&call);
}

/* The address and the way to map, as do_shmat() of the kernel has them. -1 with EINVAL. */
static int place(uintptr_t *address, int flags, int *fixed)
{
    uintptr_t boundary = (uintptr_t)SHMLBA;
    *fixed = 0;
    if (*address == 0) {
        if ((flags & SHM_REMAP) == 0)
            return 0;
        errno = EINVAL;
        return -1;
    }
    if (*address % boundary != 0) {
        uintptr_t rounded = *address & ~(boundary - 1);
        if ((flags & SHM_RND) == 0 || (rounded == 0 && (flags & SHM_REMAP) != 0)) {
            errno = EINVAL;
            return -1;
        }
        *address = rounded;
    }
    *fixed = (flags & SHM_REMAP) != 0 ? MAP_FIXED : MAP_FIXED_NOREPLACE;
    return 0;
}

/* Asks the agent. The number of the attachment; call.fd is the memory. */
static int64_t ask(struct shim_call *call, int id, int flags)
{
    shim_call_begin(call, IPC_OP_SHMAT, SHIM_UNINTERRUPTED);
    call->request.argument[0] = id;
    call->request.argument[1] = flags;
    int64_t number = shim_call_run(call);
    if (number >= 0 && call->fd < 0) {
        tell_detached(number);
        errno = EMFILE;
        return -1;
    }
    return number;
}

static void remember(struct attachment *attachment)
{
    pthread_mutex_lock(&lock);
    attachment->next = first;
    first = attachment;
    pthread_mutex_unlock(&lock);
}

static void *map(struct attachment *attachment, const struct shim_call *call, uintptr_t address, int fixed)
{
    int protection = PROT_READ;
    if ((attachment->flags & SHM_RDONLY) == 0)
        protection |= PROT_WRITE;
    if ((attachment->flags & SHM_EXEC) != 0)
        protection |= PROT_EXEC;
    void *mapped = mmap((void *)address, attachment->bytes, protection, MAP_SHARED | fixed, call->fd, 0);
    if (mapped == MAP_FAILED && errno == EEXIST)
        errno = EINVAL;
    return mapped;
}

static void *attach(int id, uintptr_t address, int flags)
{
    struct shim_call call;
    int fixed, before = errno;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *mapped = MAP_FAILED;
    if (id < 0 || place(&address, flags, &fixed) != 0) {
        errno = EINVAL;
        return MAP_FAILED;
    }
    struct attachment *attachment = malloc(sizeof *attachment);
    if (attachment == NULL)
        return MAP_FAILED;
    int64_t number = ask(&call, id, flags);
    if (number >= 0) {
        size_t bytes = ((size_t)call.answer.extra + page - 1) / page * page;
        *attachment = (struct attachment){NULL, bytes, id, flags, number, NULL};
        mapped = map(attachment, &call, address, fixed);
        if (mapped == MAP_FAILED) {
            int error = errno;
            tell_detached(number);
            errno = error;
        }
    }
    shim_call_end(&call);
    if (mapped == MAP_FAILED) {
        free(attachment);
        return mapped;
    }
    attachment->address = mapped;
    remember(attachment);
    errno = before;
    return mapped;
}

EXPORT void *shmat(int id, const void *address, int flags)
{
    if (!shim_is_active())
        return ((shmat_function)shim_next("shmat"))(id, address, flags);
    return attach(id, (uintptr_t)address, flags);
}

static struct attachment *take(const void *address)
{
    pthread_mutex_lock(&lock);
    struct attachment **at = &first;
    while (*at != NULL && (*at)->address != address)
        at = &(*at)->next;
    struct attachment *attachment = *at;
    if (attachment != NULL)
        *at = attachment->next;
    pthread_mutex_unlock(&lock);
    return attachment;
}

EXPORT int shmdt(const void *address)
{
    if (!shim_is_active())
        return ((shmdt_function)shim_next("shmdt"))(address);
    struct attachment *attachment = take(address);
    if (attachment == NULL) {
        errno = EINVAL;
        return -1;
    }
    int before = errno;
    munmap(attachment->address, attachment->bytes);
    tell_detached(attachment->number);
    free(attachment);
    errno = before;
    return 0;
}

static void to_shmid(struct shmid_ds *to, const struct ipc_wire_shmid *from)
{
    memset(to, 0, sizeof *to);
    to_perm(&to->shm_perm, &from->perm);
    to->shm_segsz = from->segsz;
    to->shm_atime = from->atime;
    to->shm_dtime = from->dtime;
    to->shm_ctime = from->ctime;
    to->shm_cpid = from->cpid;
    to->shm_lpid = from->lpid;
    to->shm_nattch = from->nattch;
}

static int copy_answer(const struct shim_call *call, int command, void *buffer)
{
    struct shmid_ds status;
    struct ipc_wire_shmid wire;
    if (command == IPC_INFO || command == SHM_INFO)
        return shim_copy_out(buffer, call->data, call->answer.length);
    memcpy(&wire, call->data, sizeof wire);
    to_shmid(&status, &wire);
    return shim_copy_out(buffer, &status, sizeof status);
}

EXPORT int shmctl(int id, int command, struct shmid_ds *buffer)
{
    struct shim_call call;
    struct ipc_wire_shmid set = {0};
    struct shmid_ds given;
    if (!shim_is_active())
        return ((shmctl_function)shim_next("shmctl"))(id, command, buffer);
    shim_call_begin(&call, IPC_OP_SHMCTL, SHIM_UNINTERRUPTED);
    call.request.argument[0] = id;
    call.request.argument[1] = command;
    if (command == IPC_SET) {
        if (shim_copy_in(&given, buffer, sizeof given) != 0)
            return -1;
        from_perm(&set.perm, &given.shm_perm);
        shim_call_add(&call, &set, sizeof set);
    }
    int result = (int)shim_call_run(&call);
    if (result >= 0 && call.answer.length > 0 && copy_answer(&call, command, buffer) != 0)
        result = -1;
    shim_call_end(&call);
    return result;
}

/* A child has what its parent has attached, and shm_nattch says so before fork(2) returns in the parent. */
static void before_fork(void)
{
    pthread_mutex_lock(&lock);
    if (first != NULL && pipe2(fork_pipe, O_CLOEXEC) != 0)
        fork_pipe[0] = fork_pipe[1] = -1;
}

static void in_parent(void)
{
    char nothing;
    if (fork_pipe[1] >= 0) {
        shim_close(fork_pipe[1]);
        while (read(fork_pipe[0], &nothing, 1) < 0 && errno == EINTR)
            ;
        shim_close(fork_pipe[0]);
        fork_pipe[0] = fork_pipe[1] = -1;
    }
    pthread_mutex_unlock(&lock);
}

static void in_child(void)
{
    struct shim_call call;
    pthread_mutex_unlock(&lock);
    for (struct attachment *attachment = first; attachment != NULL; attachment = attachment->next) {
        shim_call_begin(&call, IPC_OP_SHMFORK, SHIM_UNINTERRUPTED);
        call.request.argument[0] = attachment->id;
        call.request.argument[1] = attachment->flags;
        attachment->number = shim_call_simple(&call);
    }
    if (fork_pipe[1] >= 0) {
        shim_close(fork_pipe[0]);
        shim_close(fork_pipe[1]);
        fork_pipe[0] = fork_pipe[1] = -1;
    }
}

/* After those of connection.c: the handlers of a child run in the order in which they were registered. */
void shim_memory_start(void)
{
    pthread_atfork(before_fork, in_parent, in_child);
}
