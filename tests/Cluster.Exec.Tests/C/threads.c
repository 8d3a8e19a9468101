/* Many threads that wait at once, a fork among them, and one message for each. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <sys/msg.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

enum { THREADS = 200 };

struct message {
    long type;
    char text[8];
};

static int queue;
static atomic_int received;

static void *receive(void *argument)
{
    struct message message;
    long type = (long)argument + 1;
    CHECK(msgrcv(queue, &message, sizeof message.text, type, 0) == 1 && message.type == type);
    received++;
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    struct message message = {1, "x"};
    int status;
    queue = msgget(IPC_PRIVATE, 0600);
    CHECK(queue >= 0);
    for (long i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, receive, (void *)i) == 0);
    pid_t child = fork(); /* the child has the parent's memory and none of its connections */
    if (child == 0) {
        for (long i = 0; i < THREADS; i++) {
            message.type = i + 1;
            CHECK(msgsnd(queue, &message, 1, 0) == 0);
        }
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(received == THREADS);
    CHECK(msgctl(queue, IPC_RMID, NULL) == 0);
    puts("threads ok");
    return 0;
}
