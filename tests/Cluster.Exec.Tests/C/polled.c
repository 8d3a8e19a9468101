/* poll(2), select(2) and epoll(7) of a POSIX queue: it is readable with a message, and writable with room for one. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static mqd_t queue;

static int readiness(void)
{
    struct pollfd polled = {.fd = queue, .events = POLLIN | POLLOUT};
    CHECK(poll(&polled, 1, 0) >= 0);
    return polled.revents;
}

/* Empty, neither, full, and back. */
static void states(void)
{
    char text[8];
    CHECK(readiness() == POLLOUT);
    CHECK(mq_send(queue, "a", 1, 0) == 0 && readiness() == (POLLIN | POLLOUT));
    CHECK(mq_send(queue, "b", 1, 0) == 0 && readiness() == POLLIN);
    CHECK(mq_receive(queue, text, sizeof text, NULL) == 1 && readiness() == (POLLIN | POLLOUT));
    CHECK(mq_receive(queue, text, sizeof text, NULL) == 1 && readiness() == POLLOUT);
}

/* Starts a child that sends. */
static pid_t sender(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(mq_send(queue, "c", 1, 0) == 0 ? 0 : 1);
    CHECK(child > 0);
    return child;
}

static void take_from(pid_t child)
{
    char text[8];
    int status;
    CHECK(mq_receive(queue, text, sizeof text, NULL) == 1);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
}

static void waits(void)
{
    struct pollfd polled = {.fd = queue, .events = POLLIN};
    fd_set set;
    pid_t child = sender();
    CHECK(poll(&polled, 1, -1) == 1 && polled.revents == POLLIN);
    take_from(child);
    FD_ZERO(&set);
    FD_SET(queue, &set);
    child = sender();
    CHECK(select(queue + 1, &set, NULL, NULL, NULL) == 1 && FD_ISSET(queue, &set));
    take_from(child);
}

/* What is in the set of epoll follows the queue without another call of the program on the set. */
static void with_epoll(void)
{
    struct epoll_event event = {.events = EPOLLIN}, told;
    int set = epoll_create1(EPOLL_CLOEXEC);
    CHECK(set >= 0 && epoll_ctl(set, EPOLL_CTL_ADD, queue, &event) == 0);
    for (int i = 0; i < 3; i++) {
        CHECK(epoll_wait(set, &told, 1, 0) == 0);
        pid_t child = sender();
        CHECK(epoll_wait(set, &told, 1, -1) == 1 && told.events == EPOLLIN);
        take_from(child);
    }
    CHECK(close(set) == 0);
}

int main(void)
{
    struct mq_attr attributes = {.mq_maxmsg = 2, .mq_msgsize = 8};
    char name[64];
    snprintf(name, sizeof name, "/polled-%d", (int)getpid());
    queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes);
    CHECK(queue >= 0);
    states();
    waits();
    with_epoll();
    CHECK(mq_close(queue) == 0 && mq_unlink(name) == 0);
    puts("polled ok");
    return 0;
}
