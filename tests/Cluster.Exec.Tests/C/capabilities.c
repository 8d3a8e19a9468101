/* capabilities(7) of user 0: what capset(2) drops is missing in the next call, in the thread that dropped it alone. */
#define _GNU_SOURCE
#include <linux/capability.h>
#include <mqueue.h>
#include <pthread.h>
#include <sys/msg.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "check.h"

enum { OTHER_USER = 4711 };

static int of_other, own;

/* By the calls of the kernel: the C library has no functions for them. */
static struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
static struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

static int has(int capability)
{
    CHECK(syscall(SYS_capget, &header, sets) == 0);
    return (sets[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability)) != 0;
}

static void drop(int capability)
{
    CHECK(syscall(SYS_capget, &header, sets) == 0);
    sets[CAP_TO_INDEX(capability)].effective &= ~CAP_TO_MASK(capability);
    CHECK(syscall(SYS_capset, &header, sets) == 0);
}

static void raise_again(int capability)
{
    CHECK(syscall(SYS_capget, &header, sets) == 0);
    sets[CAP_TO_INDEX(capability)].effective |= CAP_TO_MASK(capability);
    CHECK(syscall(SYS_capset, &header, sets) == 0);
}

static int stat_of(int id)
{
    struct msqid_ds status;
    return msgctl(id, IPC_STAT, &status);
}

/* CAP_IPC_OWNER: the permissions of the queue. */
static void *owner(void *unused)
{
    struct { long type; char text[8]; } message = {1, "text"};
    CHECK(stat_of(of_other) == 0);
    drop(CAP_IPC_OWNER);
    FAILS(stat_of(of_other), EACCES);
    FAILS(msgsnd(of_other, &message, sizeof message.text, 0), EACCES);
    FAILS(msgrcv(of_other, &message, sizeof message.text, 0, IPC_NOWAIT), EACCES);
    CHECK(stat_of(own) == 0);
    raise_again(CAP_IPC_OWNER);
    CHECK(stat_of(of_other) == 0);
    drop(CAP_IPC_OWNER);
    FAILS(stat_of(of_other), EACCES);
    return unused;
}

/* CAP_SYS_RESOURCE: the limit of a queue's bytes. User 0 of a container often has it not. */
static void resource(void)
{
    struct msqid_ds status;
    CHECK(msgctl(own, IPC_STAT, &status) == 0);
    unsigned long before = status.msg_qbytes;
    status.msg_qbytes = before + 1;
    int had = has(CAP_SYS_RESOURCE);
    drop(CAP_SYS_RESOURCE);
    FAILS(msgctl(own, IPC_SET, &status), EPERM);
    if (!had)
        return;
    raise_again(CAP_SYS_RESOURCE);
    CHECK(msgctl(own, IPC_SET, &status) == 0);
    CHECK(msgctl(own, IPC_STAT, &status) == 0 && status.msg_qbytes == before + 1);
}

/* CAP_SYS_ADMIN: the removal of an object. */
static void admin(void)
{
    drop(CAP_SYS_ADMIN);
    FAILS(msgctl(of_other, IPC_RMID, NULL), EPERM);
    raise_again(CAP_SYS_ADMIN);
    CHECK(msgctl(of_other, IPC_RMID, NULL) == 0);
}

/* CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: the mode of a POSIX queue. */
static void names(void)
{
    char name[64];
    snprintf(name, sizeof name, "/capabilities-%d", (int)getpid());
    CHECK(seteuid(OTHER_USER) == 0);
    mqd_t queue = mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0600, NULL);
    CHECK(queue != (mqd_t)-1 && mq_close(queue) == 0);
    CHECK(seteuid(0) == 0);
    drop(CAP_DAC_OVERRIDE);
    FAILS(mq_open(name, O_RDWR), EACCES);
    queue = mq_open(name, O_RDONLY);
    CHECK(queue != (mqd_t)-1 && mq_close(queue) == 0);
    drop(CAP_DAC_READ_SEARCH);
    FAILS(mq_open(name, O_RDONLY), EACCES);
    raise_again(CAP_DAC_OVERRIDE);
    raise_again(CAP_DAC_READ_SEARCH);
    CHECK(mq_unlink(name) == 0);
}

int main(void)
{
    pthread_t thread;
    CHECK(seteuid(OTHER_USER) == 0);
    of_other = msgget(IPC_PRIVATE, 0600);
    CHECK(seteuid(0) == 0);
    own = msgget(IPC_PRIVATE, 0600);
    CHECK(of_other >= 0 && own >= 0);
    CHECK(pthread_create(&thread, NULL, owner, NULL) == 0 && pthread_join(thread, NULL) == 0);
    CHECK(stat_of(of_other) == 0);
    resource();
    admin();
    names();
    CHECK(msgctl(own, IPC_RMID, NULL) == 0);
    puts("capabilities ok");
    return 0;
}
