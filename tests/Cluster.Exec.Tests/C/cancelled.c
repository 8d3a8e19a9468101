/* pthread_cancel(3): msgrcv is a cancellation point, and leaves the message to others. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/msg.h>
#include <unistd.h>

#include "check.h"

struct message {
    long type;
    char text[8];
};

static int queue;

static void *receive(void *argument)
{
    struct message message;
    (void)argument;
    msgrcv(queue, &message, sizeof message.text, 0, 0);
    return NULL;
}

int main(void)
{
    struct message message = {1, "x"};
    queue = msgget(IPC_PRIVATE, 0600);
    CHECK(queue >= 0);
    for (int i = 0; i < 20; i++) {
        pthread_t thread;
        void *result;
        CHECK(pthread_create(&thread, NULL, receive, NULL) == 0);
        if (i % 2 == 0)
            usleep(5000);
        CHECK(pthread_cancel(thread) == 0 && pthread_join(thread, &result) == 0);
        CHECK(result == PTHREAD_CANCELED);
    }
    CHECK(msgsnd(queue, &message, 1, 0) == 0);
    CHECK(msgrcv(queue, &message, sizeof message.text, 0, 0) == 1);
    CHECK(msgctl(queue, IPC_RMID, NULL) == 0);
    puts("cancelled ok");
    return 0;
}
