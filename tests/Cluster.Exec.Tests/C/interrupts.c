/* signal(7): which calls EINTR ends, with and without SA_RESTART, and after SIGSTOP and SIGCONT. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <mqueue.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "sleeping.h"

enum { INTERRUPTED = 10, DONE = 11 };

static int queue, set;
static mqd_t posix_queue;
static sem_t *semaphore;

static void handler(int signal)
{
    (void)signal;
}

static int receive(void)
{
    struct {
        long type;
        char text[8];
    } message;
    return (int)msgrcv(queue, &message, sizeof message.text, 0, 0);
}

static int operate(void)
{
    struct sembuf take = {0, -1, 0};
    return semop(set, &take, 1);
}

static int receive_posix(void)
{
    char text[64];
    return (int)mq_receive(posix_queue, text, sizeof text, NULL);
}

static int wait_posix(void)
{
    return sem_wait(semaphore);
}

static void wake_queue(void)
{
    struct {
        long type;
        char text[8];
    } message = {1, "x"};
    CHECK(msgsnd(queue, &message, 1, 0) == 0);
}

static void wake_set(void)
{
    struct sembuf give = {0, 1, 0};
    CHECK(semop(set, &give, 1) == 0);
}

static void wake_posix_queue(void)
{
    CHECK(mq_send(posix_queue, "x", 1, 0) == 0);
}

static void wake_semaphore(void)
{
    CHECK(sem_post(semaphore) == 0);
}

static pid_t start(int (*call)(void), int flags)
{
    pid_t child = fork();
    if (child != 0)
        return child;
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    sigaction(SIGUSR1, &action, NULL);
    int result = call();
    _exit(result >= 0 ? DONE : errno == EINTR ? INTERRUPTED : 1);
}

/* Whether the child sleeps for a while: a call that restarts sleeps again at once. */
static int end_of(pid_t child)
{
    int status;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void await_call(pid_t child)
{
    await_state(child, 'S');
    usleep(50 * 1000); /* the first call of a process connects it: it sleeps for that as well */
    await_state(child, 'S');
}

static void expect(const char *name, int (*call)(void), void (*wake)(void), int flags, int wanted)
{
    pid_t child = start(call, flags);
    await_call(child);
    kill(child, SIGUSR1);
    if (wanted == DONE) {
        await_call(child);
        wake();
    }
    int found = end_of(child);
    if (found != wanted)
        fprintf(stderr, "%s, flags %x: %d, not %d\n", name, (unsigned)flags, found, wanted);
    CHECK(found == wanted);
}

static void expect_after_stop(const char *name, int (*call)(void), void (*wake)(void), int wanted)
{
    pid_t child = start(call, 0);
    await_call(child);
    kill(child, SIGSTOP);
    await_state(child, 'T');
    kill(child, SIGCONT);
    if (wanted == DONE) {
        await_call(child);
        wake();
    }
    int found = end_of(child);
    if (found != wanted)
        fprintf(stderr, "%s, stopped: %d, not %d\n", name, found, wanted);
    CHECK(found == wanted);
}

int main(void)
{
    struct mq_attr attributes = {.mq_maxmsg = 4, .mq_msgsize = 64};
    queue = msgget(IPC_PRIVATE, 0600);
    set = semget(IPC_PRIVATE, 1, 0600);
    posix_queue = mq_open("/exec-interrupts", O_RDWR | O_CREAT, 0600, &attributes);
    semaphore = sem_open("/exec-interrupts", O_CREAT, 0600, 0);
    CHECK(queue >= 0 && set >= 0 && posix_queue >= 0 && semaphore != SEM_FAILED);
    mq_unlink("/exec-interrupts");
    sem_unlink("/exec-interrupts");
    expect("msgrcv", receive, wake_queue, 0, INTERRUPTED);
    expect("msgrcv", receive, wake_queue, SA_RESTART, INTERRUPTED);
    expect("semop", operate, wake_set, 0, INTERRUPTED);
    expect("semop", operate, wake_set, SA_RESTART, INTERRUPTED);
    expect("mq_receive", receive_posix, wake_posix_queue, 0, INTERRUPTED);
    expect("mq_receive", receive_posix, wake_posix_queue, SA_RESTART, DONE);
    expect("sem_wait", wait_posix, wake_semaphore, 0, INTERRUPTED);
    expect("sem_wait", wait_posix, wake_semaphore, SA_RESTART, DONE);
    expect_after_stop("msgrcv", receive, wake_queue, DONE);
    expect_after_stop("semop", operate, wake_set, INTERRUPTED);
    expect_after_stop("mq_receive", receive_posix, wake_posix_queue, DONE);
    expect_after_stop("sem_wait", wait_posix, wake_semaphore, DONE);
    CHECK(msgctl(queue, IPC_RMID, NULL) == 0 && semctl(set, 0, IPC_RMID) == 0);
    puts("interrupts ok");
    return 0;
}
