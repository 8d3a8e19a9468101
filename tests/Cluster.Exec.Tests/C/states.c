/* A process that sleeps has made its call: who looks at the state, and then counts or signals, finds it waiting. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "sleeping.h"

enum { CHILDREN = 8 };

static void handler(int signal)
{
    (void)signal;
}

static void count_waiters(void)
{
    pid_t children[CHILDREN];
    int id = semget(IPC_PRIVATE, 1, 0600);
    CHECK(id >= 0);
    for (int i = 0; i < CHILDREN; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            struct sembuf take = {0, -1, 0};
            _exit(semop(id, &take, 1) == -1 && errno == EIDRM ? 0 : 1);
        }
    }
    for (int i = 0; i < CHILDREN; i++)
        await_state(children[i], 'S');
    CHECK(semctl(id, 0, GETNCNT) == CHILDREN);
    CHECK(semctl(id, 0, IPC_RMID) == 0);
    for (int i = 0; i < CHILDREN; i++) {
        int status;
        CHECK(waitpid(children[i], &status, 0) == children[i] && status == 0);
    }
}

static void signal_once(void)
{
    int status, id = msgget(IPC_PRIVATE, 0600);
    CHECK(id >= 0);
    pid_t child = fork();
    if (child == 0) {
        struct {
            long type;
            char text[8];
        } message;
        signal(SIGHUP, handler);
        _exit(msgrcv(id, &message, sizeof message.text, 0, 0) == -1 && errno == EINTR ? 0 : 1);
    }
    await_state(child, 'S');
    kill(child, SIGHUP);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(msgctl(id, IPC_RMID, NULL) == 0);
}

static void count_attached(void)
{
    pid_t children[CHILDREN];
    struct shmid_ds status;
    int id = shmget(IPC_PRIVATE, 4096, 0600);
    CHECK(id >= 0);
    for (int i = 0; i < CHILDREN; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            if (shmat(id, NULL, 0) == (void *)-1)
                _exit(1);
            pause();
        }
    }
    for (int i = 0; i < CHILDREN; i++)
        await_state(children[i], 'S');
    CHECK(shmctl(id, IPC_STAT, &status) == 0 && status.shm_nattch == CHILDREN);
    for (int i = 0; i < CHILDREN; i++) {
        kill(children[i], SIGTERM);
        CHECK(waitpid(children[i], NULL, 0) == children[i]);
    }
    CHECK(shmctl(id, IPC_STAT, &status) == 0 && status.shm_nattch == 0);
    CHECK(shmctl(id, IPC_RMID, NULL) == 0);
}

int main(void)
{
    count_waiters();
    signal_once();
    count_attached();
    puts("states ok");
    return 0;
}
