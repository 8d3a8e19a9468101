/* Makes many things that a process would leave behind, and ends them all. Then it waits for its standard input. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <sys/shm.h>
#include <unistd.h>

#include "check.h"

enum { TIMES = 50 };

int main(void)
{
    struct sigevent none = {.sigev_notify = SIGEV_NONE}, by_signal = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    char text[16];
    int segment = shmget(IPC_PRIVATE, 4096, 0600);
    CHECK(segment >= 0);
    CHECK(signal(SIGUSR1, SIG_IGN) != SIG_ERR);
    for (int i = 0; i < TIMES; i++) {
        void *memory = shmat(segment, NULL, 0);
        CHECK(memory != (void *)-1 && shmdt(memory) == 0);

        struct mq_attr attributes = {.mq_maxmsg = 1, .mq_msgsize = sizeof text};
        mqd_t queue = mq_open("/ended", O_RDWR | O_CREAT, 0600, &attributes);
        CHECK(queue >= 0);
        CHECK(mq_notify(queue, &none) == 0 && mq_notify(queue, NULL) == 0);
        CHECK(mq_notify(queue, &by_signal) == 0);
        CHECK(mq_send(queue, "x", 1, 0) == 0 && mq_receive(queue, text, sizeof text, NULL) == 1);
        CHECK(mq_notify(queue, &none) == 0 && mq_close(queue) == 0);
    }
    CHECK(mq_unlink("/ended") == 0 && shmctl(segment, IPC_RMID, NULL) == 0);
    puts("ended ok");
    fflush(stdout);
    CHECK(read(STDIN_FILENO, text, 1) == 0);
    return 0;
}
