/* msgget(2), msgop(2), msgctl(2): values, errno, EFAULT, sizes, pids. */
#define _GNU_SOURCE
#include <sys/msg.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "check.h"

struct message {
    long type;
    char text[1 << 17];
};

static struct message sent, received;

static void values(int id)
{
    struct msqid_ds status;
    sent.type = 3;
    strcpy(sent.text, "hello");
    errno = 77;
    CHECK(msgsnd(id, &sent, 6, 0) == 0);
    CHECK(errno == 77);
    CHECK(msgctl(id, IPC_STAT, &status) == 0);
    CHECK(status.msg_qnum == 1 && status.__msg_cbytes == 6 && status.msg_lspid == getpid());
    CHECK(status.msg_perm.uid == geteuid() && (status.msg_perm.mode & 0777) == 0600);
    CHECK(msgrcv(id, &received, sizeof received.text, 0, 0) == 6);
    CHECK(received.type == 3 && strcmp(received.text, "hello") == 0 && errno == 77);
    CHECK(msgctl(id, IPC_STAT, &status) == 0 && status.msg_lrpid == getpid());
}

static void errors(int id)
{
    FAILS(msgrcv(id, &received, 10, 0, IPC_NOWAIT), ENOMSG);
    FAILS(msgsnd(id, (void *)8, 6, 0), EFAULT);
    FAILS(msgsnd(id, &sent, (size_t)-1, 0), EINVAL);
    FAILS(msgctl(id, IPC_STAT, (void *)8), EFAULT);
    FAILS(msgctl(id, IPC_SET, (void *)8), EFAULT);
    FAILS(msgctl(-1, IPC_RMID, NULL), EINVAL);
    FAILS(msgctl(id, 4711, NULL), EINVAL);
    FAILS(msgget(0x7eadbeef, 0600), ENOENT);
    sent.type = 0;
    FAILS(msgsnd(id, &sent, 6, 0), EINVAL);
    sent.type = 5;
    CHECK(msgsnd(id, &sent, 6, 0) == 0);
    FAILS(msgrcv(id, &received, 3, 0, 0), E2BIG);
    CHECK(msgrcv(id, &received, 3, 0, MSG_NOERROR) == 3);
}

/* Above 64 KiB a message does not travel in the frame. */
static void large(void)
{
    struct msqid_ds status;
    int id = msgget(IPC_PRIVATE, 0600);
    CHECK(id >= 0 && msgctl(id, IPC_STAT, &status) == 0);
    status.msg_qbytes = sizeof sent.text;
    if (msgctl(id, IPC_SET, &status) == 0) {
        sent.type = 1;
        memset(sent.text, 'x', sizeof sent.text);
        if (msgsnd(id, &sent, sizeof sent.text, IPC_NOWAIT) == 0) {
            memset(&received, 0, sizeof received);
            CHECK(msgrcv(id, &received, sizeof received.text, 0, 0) == (ssize_t)sizeof received.text);
            CHECK(memcmp(&sent, &received, sizeof sent) == 0);
            FAILS(msgsnd(id, (char *)&sent + sizeof sent - 70000, sizeof sent.text * 64, 0), EINVAL);
        } else {
            CHECK(errno == EINVAL); /* msgmax of the namespace */
        }
    }
    CHECK(msgctl(id, IPC_RMID, NULL) == 0);
}

int main(void)
{
    int id = (int)syscall(SYS_msgget, IPC_PRIVATE, IPC_CREAT | 0600);
    CHECK(id >= 0);
    values(id);
    errors(id);
    CHECK(syscall(SYS_msgctl, id, IPC_RMID, NULL) == 0);
    FAILS(msgsnd(id, &sent, 1, 0), EINVAL);
    large();
    puts("messages ok");
    return 0;
}
