#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Longer than any call waits. A receive with a time-out is never restarted: signal(7). */
enum { NO_END_SECONDS = 1000 * 1000 * 1000 };

/* How long a thread runs before it sleeps, and when it asks whether its call waits in the cluster, in nanoseconds. */
static const int64_t ASK_NS = 1000000, RUN_SHORT_NS = 1000000000, RUN_LONG_NS = 2000000000;

/* Threads of a process that run so at once. Others sleep at once. */
enum { MOST_RUNNING = 2 };

static atomic_int running;

union control {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
};

void shim_call_begin(struct shim_call *call, enum ipc_op op, enum shim_wait wait)
{
    memset(call, 0, sizeof *call);
    call->request.op = op;
    call->wait = wait;
    call->fd = -1;
}

void shim_call_add(struct shim_call *call, const void *payload, size_t bytes)
{
    call->payload = (struct iovec){(void *)(uintptr_t)payload, bytes};
}

/* Puts the payload into a memory file. write(2) says EFAULT if the program may not read it. */
static int to_memory_file(const struct shim_call *call)
{
    int fd = memfd_create("ipc-payload", MFD_CLOEXEC);
    if (fd < 0)
        return -1;
    const char *from = call->payload.iov_base;
    size_t left = call->payload.iov_len;
    while (left > 0) {
        ssize_t written = write(fd, from, left);
        if (written < 0) {
            int error = errno;
            shim_close(fd);
            errno = error;
            return -1;
        }
        from += written;
        left -= (size_t)written;
    }
    return fd;
}

static void attach(struct msghdr *message, union control *control, int fd)
{
    memset(control, 0, sizeof *control);
    message->msg_control = control;
    message->msg_controllen = sizeof control->space;
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
}

static int send_request(struct shim_connection *connection, struct shim_call *call)
{
    struct iovec parts[2] = {{&call->request, sizeof call->request}, call->payload};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    union control control;
    size_t bytes = call->payload.iov_len;
    int file = -1;
    call->request.number = ++connection->number;
    call->request.length = (uint32_t)bytes;
    call->request.flags = 0;
    if (bytes > IPC_WIRE_INLINE) {
        file = to_memory_file(call);
        if (file < 0)
            return -1;
        call->request.flags = IPC_WIRE_IN_MEMFD;
        attach(&message, &control, file);
        message.msg_iovlen = 1;
    }
    ssize_t sent;
    do
        sent = sendmsg(connection->fd, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    int error = errno;
    if (file >= 0)
        shim_close(file);
    errno = error;
    return sent < 0 ? -1 : 0;
}

/* Sends a frame about the call that is under way. */
static void tell(struct shim_connection *connection, enum ipc_op op)
{
    struct ipc_request request = {.op = op, .number = connection->number};
    request.argument[0] = connection->number;
    while (send(connection->fd, &request, sizeof request, MSG_NOSIGNAL) < 0 && errno == EINTR)
        ;
}

static void set_timeout(struct shim_connection *connection, bool has_timeout)
{
    struct timeval time = {has_timeout ? NO_END_SECONDS : 0, 0};
    if (connection->has_timeout == has_timeout)
        return;
    setsockopt(connection->fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
    connection->has_timeout = has_timeout;
}

/* What one receive has found. */
enum received {
    RECEIVED_NOTHING = -1, /* errno says why */
    RECEIVED_OTHER = 0,    /* an older answer, of a call that a longjmp left */
    RECEIVED_PARKED = 1,   /* the call waits in the cluster */
    RECEIVED_ANSWER = 2
};

static enum received receive(struct shim_connection *connection, struct shim_call *call, int flags)
{
    union control control;
    struct iovec part = {connection->buffer, sizeof connection->buffer};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
                             .msg_controllen = sizeof control.space};
    ssize_t got = recvmsg(connection->fd, &message, MSG_CMSG_CLOEXEC | flags);
    if (got < 0)
        return RECEIVED_NOTHING;
    if (got < (ssize_t)sizeof call->answer) {
        errno = ECONNRESET;
        return RECEIVED_NOTHING;
    }
    memcpy(&call->answer, connection->buffer, sizeof call->answer);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header != NULL && header->cmsg_type == SCM_RIGHTS)
        memcpy(&call->fd, CMSG_DATA(header), sizeof call->fd);
    if (call->answer.number != connection->number) {
        if (call->fd >= 0)
            shim_close(call->fd);
        call->fd = -1;
        return RECEIVED_OTHER;
    }
    call->data = connection->buffer + sizeof call->answer;
    return (call->answer.flags & IPC_WIRE_PARKED) != 0 ? RECEIVED_PARKED : RECEIVED_ANSWER;
}

/*
 * A process that sleeps (state S of /proc/PID/stat) in a call is one whose call waits: programs look at the state before
 * they send a signal, or count who waits. So this thread runs until the answer is there, or until the call is known to
 * wait in the cluster; not for ever, and not many threads at once.
 */
static enum received run_until_parked(struct shim_connection *connection, struct shim_call *call)
{
    enum received got = RECEIVED_OTHER;
    bool has_asked = call->wait == SHIM_UNINTERRUPTED;
    if (atomic_fetch_add(&running, 1) < MOST_RUNNING) {
        int64_t start = shim_now(), end = start + (has_asked ? RUN_SHORT_NS : RUN_LONG_NS), now = start;
        do {
            got = receive(connection, call, MSG_DONTWAIT);
            if (got == RECEIVED_NOTHING && errno != EAGAIN && errno != EINTR)
                break;
            if (got == RECEIVED_PARKED || got == RECEIVED_ANSWER)
                break;
            now = shim_now();
            if (!has_asked && now - start > ASK_NS) {
                tell(connection, IPC_OP_PARK);
                has_asked = true;
            }
            sched_yield();
        } while (now < end);
    }
    atomic_fetch_sub(&running, 1);
    return got;
}

/* Waits as a call of the class does. -1 with EINTR: a handler has run, and the class does not restart. */
static int await(struct shim_connection *connection, struct shim_call *call, const sigset_t *mask)
{
    enum received got = run_until_parked(connection, call);
    if (got == RECEIVED_ANSWER)
        return 0;
    if (got == RECEIVED_NOTHING && errno != EAGAIN && errno != EINTR)
        return -1;
    do {
        if (call->wait == SHIM_RESTARTS_AFTER_STOP) {
            struct pollfd readable = {connection->fd, POLLIN, 0};
            if (ppoll(&readable, 1, NULL, mask) < 0)
                return -1;
        } else {
            set_timeout(connection, call->wait == SHIM_NEVER_RESTARTS);
        }
        got = receive(connection, call, 0);
    } while (got == RECEIVED_OTHER || got == RECEIVED_PARKED);
    return got == RECEIVED_ANSWER ? 0 : -1;
}

/* After an interruption: what became of the call. The handlers that run meanwhile change nothing. */
static int await_end(struct shim_connection *connection, struct shim_call *call)
{
    enum received got;
    set_timeout(connection, false);
    do
        got = receive(connection, call, 0);
    while (got == RECEIVED_OTHER || got == RECEIVED_PARKED || (got == RECEIVED_NOTHING && errno == EINTR));
    return got == RECEIVED_ANSWER ? 0 : -1;
}

/* One use of a connection. A cancelled thread leaves it by abandon(). */
struct exchange {
    struct shim_connection *connection;
    struct shim_call *call;
    sigset_t mask;   /* of the thread before the call */
    bool is_blocked; /* all signals are blocked now */
};

/* ppoll takes the old mask again and waits in one step, so that no signal is lost before it. */
static void block_signals(struct exchange *exchange)
{
    sigset_t all;
    if (exchange->call->wait != SHIM_RESTARTS_AFTER_STOP)
        return;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &exchange->mask);
    exchange->is_blocked = true;
}

static void restore_signals(struct exchange *exchange)
{
    int error = errno;
    if (exchange->is_blocked)
        pthread_sigmask(SIG_SETMASK, &exchange->mask, NULL);
    exchange->is_blocked = false;
    errno = error;
}

static void abandon(void *argument)
{
    struct exchange *exchange = argument;
    shim_connection_abandon(exchange->connection);
    restore_signals(exchange);
}

/* Sends the call and waits for its answer. */
static int exchange_once(struct exchange *exchange)
{
    struct shim_connection *connection = exchange->connection;
    struct shim_call *call = exchange->call;
    block_signals(exchange);
    int done = send_request(connection, call);
    if (done == 0)
        done = await(connection, call, &exchange->mask);
    restore_signals(exchange);
    if (done == 0 || errno != EINTR)
        return done;
    if (call->wait != SHIM_UNINTERRUPTED)
        tell(connection, IPC_OP_CANCEL);
    return await_end(connection, call);
}

static bool agent_is_gone(int error)
{
    return error == ECONNRESET || error == EPIPE || error == ENOTCONN;
}

/* Repeats the call at the next agent when one dies. */
static int exchange_calls(struct exchange *exchange)
{
    while (exchange_once(exchange) != 0) {
        if (!agent_is_gone(errno))
            return -1;
        shim_connection_lost(exchange->connection);
        if (exchange->connection->fd < 0)
            return -1;
    }
    return 0;
}

static int exchange_cancellable(struct exchange *exchange)
{
    int done;
    pthread_cleanup_push(abandon, exchange);
    done = exchange_calls(exchange);
    pthread_cleanup_pop(0);
    return done;
}

/* Makes a long payload readable. */
static int map_payload(struct shim_call *call)
{
    if ((call->answer.flags & IPC_WIRE_IN_MEMFD) == 0)
        return 0;
    call->mapping = mmap(NULL, call->answer.length, PROT_READ, MAP_PRIVATE, call->fd, 0);
    shim_close(call->fd);
    call->fd = -1;
    if (call->mapping == MAP_FAILED) {
        call->mapping = NULL;
        errno = ENOMEM;
        return -1;
    }
    call->data = call->mapping;
    return 0;
}

static int64_t run(struct shim_call *call)
{
    struct shim_connection *connection = shim_connection_take();
    if (connection == NULL)
        return -1;
    struct exchange exchange = {.connection = connection, .call = call};
    int done = call->is_cancellation_point ? exchange_cancellable(&exchange) : exchange_calls(&exchange);
    if (done == 0)
        done = map_payload(call);
    shim_connection_return(connection);
    if (done != 0)
        return -1;
    if (call->answer.value < 0) {
        errno = (int)-call->answer.value;
        return -1;
    }
    return call->answer.value;
}

/* A call that is no cancellation point is none in any of its parts. */
static int64_t run_uncancelled(struct shim_call *call)
{
    int state;
    if (call->is_cancellation_point)
        return run(call);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    int64_t result = run(call);
    pthread_setcancelstate(state, NULL);
    return result;
}

int64_t shim_call_run(struct shim_call *call)
{
    int before = errno;
    int64_t start = shim_is_traced() ? shim_now() : 0;
    int64_t result = run_uncancelled(call);
    int error = errno;
    if (shim_is_traced())
        shim_trace(call, result, error, shim_now() - start);
    errno = result >= 0 ? before : error;
    return result;
}

void shim_call_end(struct shim_call *call)
{
    int error = errno;
    if (call->mapping != NULL)
        munmap(call->mapping, call->answer.length);
    if (call->fd >= 0)
        shim_close(call->fd);
    call->mapping = NULL;
    call->fd = -1;
    errno = error;
}

int64_t shim_call_simple(struct shim_call *call)
{
    int64_t result = shim_call_run(call);
    shim_call_end(call);
    return result;
}
