/* mq_overview(7) and sem_overview(7): values, errno, descriptors, fork, notification. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <mqueue.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static sem_t called;

static void notified(union sigval value)
{
    CHECK(value.sival_int == 42);
    sem_post(&called);
}

static void queues(void)
{
    struct mq_attr attributes = {.mq_maxmsg = 2, .mq_msgsize = 16}, told;
    char text[16];
    unsigned priority;
    mq_unlink("/exec-posix");
    mqd_t queue = mq_open("/exec-posix", O_RDWR | O_CREAT | O_EXCL, 0640, &attributes);
    CHECK(queue >= 0);
    FAILS(mq_open("/exec-posix", O_RDWR | O_CREAT | O_EXCL, 0600, NULL), EEXIST);
    FAILS(mq_open("exec-posix", O_RDWR), EINVAL);
    FAILS(mq_open("/exec-none", O_RDWR), ENOENT);
    CHECK((fcntl(queue, F_GETFD) & FD_CLOEXEC) != 0);
    CHECK(mq_send(queue, "low", 3, 1) == 0 && mq_send(queue, "high", 4, 9) == 0);
    CHECK(mq_getattr(queue, &told) == 0);
    CHECK(told.mq_maxmsg == 2 && told.mq_msgsize == 16 && told.mq_curmsgs == 2 && told.mq_flags == 0);
    struct timespec past = {1, 0};
    FAILS(mq_timedsend(queue, "x", 1, 0, &past), ETIMEDOUT);
    struct mq_attr nonblocking = {.mq_flags = O_NONBLOCK};
    CHECK(mq_setattr(queue, &nonblocking, &told) == 0);
    FAILS(mq_send(queue, "x", 1, 0), EAGAIN);
    CHECK(mq_receive(queue, text, sizeof text, &priority) == 4 && priority == 9 && memcmp(text, "high", 4) == 0);
    FAILS(mq_receive(queue, text, 4, NULL), EMSGSIZE);
    pid_t child = fork();
    if (child == 0)
        _exit(mq_receive(queue, text, sizeof text, NULL) == 3 && memcmp(text, "low", 3) == 0 ? 0 : 1);
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    FAILS(mq_receive(queue, text, sizeof text, NULL), EAGAIN);
    struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = notified};
    event.sigev_value.sival_int = 42;
    CHECK(mq_notify(queue, &event) == 0);
    FAILS(mq_notify(queue, &event), EBUSY);
    CHECK(mq_send(queue, "x", 1, 0) == 0);
    CHECK(sem_wait(&called) == 0);
    CHECK(mq_receive(queue, text, sizeof text, NULL) == 1);
    sigset_t set;
    siginfo_t info;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    event = (struct sigevent){.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2};
    event.sigev_value.sival_int = 7;
    CHECK(mq_notify(queue, &event) == 0);
    CHECK(mq_send(queue, "x", 1, 0) == 0);
    CHECK(sigwaitinfo(&set, &info) == SIGUSR2);
    CHECK(info.si_code == SI_MESGQ && info.si_value.sival_int == 7 && info.si_pid == getpid());
    CHECK(mq_unlink("/exec-posix") == 0);
    FAILS(mq_unlink("/exec-posix"), ENOENT);
    CHECK(mq_close(queue) == 0);
    FAILS(mq_close(queue), EBADF);
    FAILS(mq_send(queue, "x", 1, 0), EBADF);
}

static void semaphores(void)
{
    int value;
    struct timespec past = {1, 0};
    sem_unlink("/exec-posix");
    sem_t *semaphore = sem_open("/exec-posix", O_CREAT | O_EXCL, 0600, 1);
    CHECK(semaphore != SEM_FAILED);
    CHECK(sem_open("/exec-posix", O_CREAT | O_EXCL, 0600, 1) == SEM_FAILED && errno == EEXIST);
    CHECK(sem_open("/exec-none", 0) == SEM_FAILED && errno == ENOENT);
    CHECK(sem_open("/exec-posix", 0) == semaphore);
    CHECK(sem_close(semaphore) == 0);
    CHECK(sem_getvalue(semaphore, &value) == 0 && value == 1);
    CHECK(sem_wait(semaphore) == 0);
    FAILS(sem_trywait(semaphore), EAGAIN);
    FAILS(sem_timedwait(semaphore, &past), ETIMEDOUT);
    pid_t child = fork();
    if (child == 0)
        _exit(sem_post(semaphore) == 0 ? 0 : 1);
    CHECK(sem_wait(semaphore) == 0);
    CHECK(waitpid(child, NULL, 0) == child);
    CHECK(sem_unlink("/exec-posix") == 0);
    FAILS(sem_unlink("/exec-posix"), ENOENT);
    CHECK(sem_close(semaphore) == 0);
}

int main(void)
{
    CHECK(sem_init(&called, 0, 0) == 0); /* stays the C library's */
    queues();
    semaphores();
    puts("posix ok");
    return 0;
}
