/* SEM_UNDO: at exit, at SIGKILL, not at exec, not in a child; a stopped process keeps it. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "sleeping.h"

enum { MOST_MS = 1000 };

static long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void take(int id)
{
    struct sembuf take = {0, -1, SEM_UNDO};
    CHECK(semop(id, &take, 1) == 0);
}

/* Waits for the value without looking at it all the time. */
static long await_undo(int id)
{
    struct sembuf both[2] = {{0, -2, 0}, {0, 2, 0}};
    struct timespec most = {5, 0};
    long start = now_ms();
    CHECK(semtimedop(id, both, 2, &most) == 0);
    return now_ms() - start;
}

int main(int count, char **words)
{
    if (count == 3 && strcmp(words[1], "after-exec") == 0) {
        CHECK(semctl(atoi(words[2]), 0, GETVAL) == 1); /* exec(2) undoes nothing */
        pause();
    }
    int id = semget(IPC_PRIVATE, 1, 0600);
    CHECK(id >= 0 && semctl(id, 0, SETVAL, 2) == 0);
    pid_t child = fork();
    if (child == 0) {
        take(id);
        _exit(0);
    }
    CHECK(waitpid(child, NULL, 0) == child);
    CHECK(await_undo(id) < MOST_MS);
    child = fork();
    if (child == 0) {
        char text[16];
        take(id);
        snprintf(text, sizeof text, "%d", id);
        execl("/proc/self/exe", words[0], "after-exec", text, NULL);
        _exit(1);
    }
    while (semctl(id, 0, GETVAL) != 1)
        sched_yield();
    usleep(200 * 1000);
    CHECK(semctl(id, 0, GETVAL) == 1 && semctl(id, 0, GETPID) == child);
    kill(child, SIGSTOP);
    await_state(child, 'T');
    usleep(300 * 1000);
    CHECK(semctl(id, 0, GETVAL) == 1);
    kill(child, SIGKILL);
    CHECK(waitpid(child, NULL, 0) == child);
    CHECK(await_undo(id) < MOST_MS);
    CHECK(semctl(id, 0, IPC_RMID) == 0);
    puts("undo ok");
    return 0;
}
