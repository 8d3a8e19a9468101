/* A test program says what it found and ends with 1 at the first thing that is not so. */
#ifndef CHECK_H
#define CHECK_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                                       \
    do {                                                                                                       \
        if (!(condition)) {                                                                                    \
            fprintf(stderr, "%s:%d: %s (errno %d: %s)\n", __FILE__, __LINE__, #condition, errno,               \
                    strerror(errno));                                                                          \
            exit(1);                                                                                           \
        }                                                                                                      \
    } while (0)

#define FAILS(call, error)                                                                                     \
    do {                                                                                                       \
        errno = 0;                                                                                             \
        CHECK((call) == -1);                                                                                   \
        CHECK(errno == (error));                                                                               \
    } while (0)

#endif
