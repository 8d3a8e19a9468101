/* Waits until a process sleeps in a call: state S of /proc/PID/stat. */
#ifndef SLEEPING_H
#define SLEEPING_H

#include <sched.h>
#include <stdio.h>
#include <sys/types.h>

static inline char state_of(pid_t pid)
{
    char path[64], state = '?';
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return '?';
    if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
        state = '?';
    fclose(file);
    return state;
}

static inline void await_state(pid_t pid, char state)
{
    while (state_of(pid) != state)
        sched_yield();
}

#endif
