#define _GNU_SOURCE
#include "shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* Descriptors of this library are at least this, so that a program finds 3, 4, 5 free as it does without it. */
enum { HIGH_DESCRIPTOR = 960, DESCRIPTORS_LEFT = 32 };

/* How long to wait before the next attempt to reach an agent that has gone, in nanoseconds. */
enum { RETRY_NS = 20 * 1000 * 1000 };

/* How long to run until the agent has answered the greeting, before sleeping. */
enum { HELLO_NS = 1000 * 1000 * 1000 };

static struct sockaddr_un address;
static char hello[4096];
static bool is_active;
static pthread_key_t ends_with_thread;
static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static struct shim_connection *first;

/* Initial-exec: a thread local that needs no allocation, so that a signal handler can use it. */
static __thread struct shim_connection *mine __attribute__((tls_model("initial-exec")));
static __thread bool is_busy __attribute__((tls_model("initial-exec")));

bool shim_is_active(void)
{
    return is_active;
}

void *shim_next(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

int shim_close(int fd)
{
    return (int)shim_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
}

static void list_add(struct shim_connection *connection)
{
    pthread_mutex_lock(&list_lock);
    connection->next = first;
    connection->previous = NULL;
    if (first != NULL)
        first->previous = connection;
    first = connection;
    pthread_mutex_unlock(&list_lock);
}

static void list_remove(struct shim_connection *connection)
{
    pthread_mutex_lock(&list_lock);
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        first = connection->next;
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    pthread_mutex_unlock(&list_lock);
}

static struct shim_connection *create(void)
{
    /* mmap, and not malloc: sem_post may be called in a signal handler that interrupted malloc. */
    struct shim_connection *connection =
        mmap(NULL, sizeof *connection, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (connection == MAP_FAILED) {
        errno = ENOMEM;
        return NULL;
    }
    connection->fd = -1;
    return connection;
}

/* The kernel's own answers: another library of LD_PRELOAD may have its own (fakeroot), and may call this one for it. */
static int status_of(int fd, struct stat *status)
{
    return (int)shim_syscall(SYS_fstat, fd, (long)status, 0, 0, 0, 0);
}

/* The effective set of capabilities(7) of the calling thread; 0: the kernel does not say it. */
static uint64_t own_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};
    int error = errno;
    shim_syscall(SYS_capget, (long)&header, (long)data, 0, 0, 0, 0);
    errno = error;
    return (uint64_t)data[1].effective << 32 | data[0].effective;
}

/* Who calls now. The cluster knows capabilities of user 0 alone, so other users are not asked for theirs. */
static struct shim_credentials own_credentials(void)
{
    struct shim_credentials own = {0};
    own.euid = (uid_t)shim_syscall(SYS_geteuid, 0, 0, 0, 0, 0, 0);
    own.egid = (gid_t)shim_syscall(SYS_getegid, 0, 0, 0, 0, 0, 0);
    own.capabilities = own.euid == 0 ? own_capabilities() : 0;
    return own;
}

static bool are_same(const struct shim_credentials *one, const struct shim_credentials *other)
{
    return one->euid == other->euid && one->egid == other->egid && one->capabilities == other->capabilities;
}

/* Whether the descriptor is still the socket: daemons close descriptors that they do not know. */
static bool is_own(const struct shim_connection *connection)
{
    struct stat status;
    return connection->fd >= 0 && status_of(connection->fd, &status) == 0 && S_ISSOCK(status.st_mode)
        && status.st_ino == connection->inode;
}

static void disconnect(struct shim_connection *connection)
{
    if (is_own(connection))
        shim_close(connection->fd);
    connection->fd = -1;
}

static void destroy(struct shim_connection *connection)
{
    disconnect(connection);
    munmap(connection, sizeof *connection);
}

static void end_of_thread(void *connection)
{
    mine = NULL;
    list_remove(connection);
    destroy(connection);
}

int shim_move_up(int fd)
{
    struct rlimit limit;
    int lowest = HIGH_DESCRIPTOR;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < HIGH_DESCRIPTOR + DESCRIPTORS_LEFT)
        lowest = limit.rlim_cur > 2 * DESCRIPTORS_LEFT ? (int)limit.rlim_cur - DESCRIPTORS_LEFT : 0;
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, lowest);
    if (moved < 0)
        return fd;
    shim_close(fd);
    return moved;
}

static int open_socket(void)
{
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    fd = shim_move_up(fd);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    int error = errno;
    shim_close(fd);
    errno = error;
    return -1;
}

/* Says who the program belongs to, and reads whether the agent takes it. */
static int greet(int fd)
{
    struct ipc_request request = {.op = IPC_OP_HELLO, .length = (uint32_t)strlen(hello)};
    request.argument[0] = IPC_WIRE_VERSION;
    request.argument[1] = shim_syscall(SYS_gettid, 0, 0, 0, 0, 0, 0);
    struct iovec parts[2] = {{&request, sizeof request}, {hello, strlen(hello)}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    struct ipc_answer answer;
    ssize_t got;
    if (sendmsg(fd, &message, MSG_NOSIGNAL) < 0)
        return -1;
    /* As in call.c: a process that sleeps has made its call. */
    int64_t end = shim_now() + HELLO_NS;
    do {
        got = recv(fd, &answer, sizeof answer, shim_now() < end ? MSG_DONTWAIT : 0);
        if (got < 0 && errno == EAGAIN)
            sched_yield();
    } while (got < 0 && (errno == EINTR || errno == EAGAIN));
    if (got != (ssize_t)sizeof answer) {
        errno = ECONNRESET;
        return -1;
    }
    if (answer.value < 0) {
        errno = (int)-answer.value;
        return -1;
    }
    return 0;
}

static bool agent_is_away(int error)
{
    return error == ECONNREFUSED || error == ENOENT || error == ECONNRESET || error == EPIPE || error == EAGAIN;
}

/* Connects; while there is no agent, waits for the next one. */
static int reach(void)
{
    for (;;) {
        int fd = open_socket();
        if (fd >= 0 && greet(fd) == 0)
            return fd;
        int error = errno;
        if (fd >= 0)
            shim_close(fd);
        if (!agent_is_away(error)) {
            errno = error;
            return -1;
        }
        struct timespec delay = {0, RETRY_NS};
        nanosleep(&delay, NULL);
    }
}

static int connect_as_now(struct shim_connection *connection, pid_t pid, struct shim_credentials own)
{
    int state, fd;
    struct stat status;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    fd = reach();
    pthread_setcancelstate(state, NULL);
    if (fd < 0)
        return -1;
    if (status_of(fd, &status) != 0) {
        shim_close(fd);
        return -1;
    }
    connection->fd = fd;
    connection->inode = status.st_ino;
    connection->pid = pid;
    connection->credentials = own;
    connection->number = 0;
    connection->has_timeout = false;
    return 0;
}

/* A connection for one call: of a handler that interrupted a call, or of a child that shares its parent's memory. */
static struct shim_connection *take_for_once(pid_t pid, struct shim_credentials own)
{
    struct shim_connection *connection = create();
    if (connection != NULL && connect_as_now(connection, pid, own) != 0) {
        int error = errno;
        destroy(connection);
        errno = error;
        return NULL;
    }
    return connection;
}

struct shim_connection *shim_connection_take(void)
{
    pid_t pid = getpid();
    struct shim_credentials own = own_credentials();
    if (is_busy || (mine != NULL && mine->fd >= 0 && mine->pid != pid))
        return take_for_once(pid, own);
    if (mine == NULL) {
        mine = create();
        if (mine == NULL)
            return NULL;
        list_add(mine);
        pthread_setspecific(ends_with_thread, mine);
    }
    /* The kernel tells the agent the credentials of the moment of connect(2) and the capabilities of the greeting. */
    if (mine->fd >= 0 && (!are_same(&mine->credentials, &own) || !is_own(mine)))
        disconnect(mine);
    if (mine->fd < 0 && connect_as_now(mine, pid, own) != 0)
        return NULL;
    is_busy = true;
    return mine;
}

void shim_connection_return(struct shim_connection *connection)
{
    int error = errno;
    if (connection == mine)
        is_busy = false;
    else
        destroy(connection);
    errno = error;
}

void shim_connection_abandon(struct shim_connection *connection)
{
    disconnect(connection);
    shim_connection_return(connection);
}

void shim_connection_lost(struct shim_connection *connection)
{
    disconnect(connection);
    connect_as_now(connection, getpid(), own_credentials());
}

static void before_fork(void)
{
    pthread_mutex_lock(&list_lock);
}

static void after_fork(void)
{
    pthread_mutex_unlock(&list_lock);
}

/* The sockets are the parent's. The child makes its own, so that the agent knows that it is another process. */
static void in_child(void)
{
    while (first != NULL) {
        struct shim_connection *connection = first;
        first = connection->next;
        disconnect(connection);
        if (connection != mine)
            munmap(connection, sizeof *connection);
    }
    first = mine;
    if (mine != NULL)
        mine->next = mine->previous = NULL;
    is_busy = false;
    pthread_mutex_unlock(&list_lock);
}

__attribute__((constructor)) static void start(void)
{
    const char *path = getenv("IPC_AGENT_SOCKET");
    const char *who = getenv("IPC_AGENT_HELLO");
    if (path == NULL || strlen(path) >= sizeof address.sun_path || who == NULL || strlen(who) >= sizeof hello)
        return;
    address.sun_family = AF_UNIX;
    strcpy(address.sun_path, path);
    strcpy(hello, who);
    pthread_key_create(&ends_with_thread, end_of_thread);
    pthread_atfork(before_fork, after_fork, in_child);
    shim_memory_start();
    shim_trace_start();
    is_active = true;
}
