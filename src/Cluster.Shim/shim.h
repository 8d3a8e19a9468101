/* What the files of the shim share. The program sees none of these names: the library exports the calls alone. */
#ifndef IPC_SHIM_H
#define IPC_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

#include "wire.h"

/* A call that the program sees. */
#define EXPORT __attribute__((visibility("default")))

enum { NANOSECONDS = 1000 * 1000 * 1000 }; /* of a second */

/* How a signal handler ends a call that waits: signal(7). The kernel is made to decide by the call that waits. */
enum shim_wait {
    SHIM_UNINTERRUPTED, /* a call that ends soon: a signal does not interrupt it */
    SHIM_NEVER_RESTARTS, /* semop: EINTR, whatever SA_RESTART says, and after SIGCONT */
    SHIM_RESTARTS_AFTER_STOP, /* msgsnd, msgrcv, sem_timedwait: EINTR after a handler, and never after SIGCONT */
    SHIM_RESTARTS /* mq_send, mq_receive, sem_wait: EINTR only after a handler without SA_RESTART */
};

struct shim_call {
    struct ipc_request request;
    struct iovec payload; /* in the memory of the program; the kernel reads it and says EFAULT */
    enum shim_wait wait;
    bool is_cancellation_point;
    struct ipc_answer answer;
    unsigned char *data; /* of the answer; valid until the next call of the thread */
    int fd;              /* beside the answer; -1: none */
    void *mapping;       /* of a long payload */
};

/* Who a thread is for the cluster. capabilities(7) is its effective set, and 0 for all users but 0. */
struct shim_credentials {
    uid_t euid;
    gid_t egid;
    uint64_t capabilities;
};

struct shim_connection {
    int fd; /* -1: not connected */
    ino_t inode;
    pid_t pid;
    struct shim_credentials credentials;
    uint32_t number; /* of the last call */
    bool has_timeout; /* SO_RCVTIMEO is set */
    struct shim_connection *next, *previous; /* of all connections of the process */
    unsigned char buffer[sizeof(struct ipc_answer) + IPC_WIRE_INLINE];
};

/* Whether the program was started by ipc exec. Otherwise every call is libc's. */
bool shim_is_active(void);

/* The function of libc that a name of this library hides. */
void *shim_next(const char *name);

/* Has it as next in a function that programs call often. */
#define NEXT(type, name)                                                                                       \
    static type next;                                                                                          \
    if (next == NULL)                                                                                          \
        next = (type)shim_next(name)

/* syscall(2) past this library. */
long shim_syscall(long number, long a, long b, long c, long d, long e, long f);

/* close(2) that is no cancellation point, and that no other library sees. */
int shim_close(int fd);

/* The connection of the calling thread for one call, connected; null with errno set. */
struct shim_connection *shim_connection_take(void);

/* Ends the use by one call. */
void shim_connection_return(struct shim_connection *connection);

/* The call is given up while it may be under way: its answer is not read. The agent undoes what it can. */
void shim_connection_abandon(struct shim_connection *connection);

/* The agent has closed the connection; the next use connects again. */
void shim_connection_lost(struct shim_connection *connection);

/* Prepares a call. */
void shim_call_begin(struct shim_call *call, enum ipc_op op, enum shim_wait wait);

/* Gives the call its payload, which has to stay where it is until the call was made. */
void shim_call_add(struct shim_call *call, const void *payload, size_t bytes);

/* Makes the call. Returns its value and leaves errno, or -1 with errno set. shim_call_end has to follow. */
int64_t shim_call_run(struct shim_call *call);

/* Releases what the answer holds, and keeps errno. */
void shim_call_end(struct shim_call *call);

/* As both, for a call whose answer is a number. */
int64_t shim_call_simple(struct shim_call *call);

/* Copies to or from memory that the program names: 0, or -1 with EFAULT. */
int shim_copy_out(void *to, const void *from, size_t bytes);
int shim_copy_in(void *to, const void *from, size_t bytes);
int shim_write(const struct iovec *from, int parts, void *to);

/* The calls of the kernel behind mq_overview(7): names have no slash at the start, and pointers may be null. */
struct mq_attr;
int shim_mq_open(const char *name, int flags, mode_t mode, const struct mq_attr *attributes);
int shim_mq_unlink(const char *name);
int shim_mq_send(int queue, const char *text, size_t bytes, unsigned priority, const struct timespec *deadline);
ssize_t shim_mq_receive(int queue, char *text, size_t bytes, unsigned *priority, const struct timespec *deadline);
int shim_mq_attributes(int queue, const struct mq_attr *attributes, struct mq_attr *before);

/* Prepares for fork(2) with attached memory. */
void shim_memory_start(void);

/* The inode of a descriptor that the agent has made: it names the open file. 0 with EBADF: it is none. */
uint64_t shim_file_of(int fd);

/* This process has opened a POSIX queue, so poll(2) and its like have to look at descriptors. */
void shim_poll_begin(void);

/* Tells the agent that a copy of the descriptor is closed, so that a last close has happened when this returns. */
void shim_file_closed(uint64_t inode);

/* Reads a time that the program names. -1 with errno: EINVAL, EFAULT. */
int shim_read_time(struct timespec *time, const struct timespec *from);

/* Nanoseconds until a time of a clock, at least 0; -1 with errno: EINVAL, EFAULT. */
int64_t shim_left(clockid_t clock, const struct timespec *until);

/* Moves a descriptor of this library above those of the program. */
int shim_move_up(int fd);

/* --trace and --stats: what was called and how it ended. */
bool shim_is_traced(void);
int64_t shim_now(void); /* nanoseconds */
void shim_trace(const struct shim_call *call, int64_t result, int error, int64_t nanoseconds);
void shim_trace_start(void);

#endif
