/*
 * Memory that the program names. The kernel copies, so a wrong pointer is EFAULT and no SIGSEGV: process_vm_readv(2),
 * process_vm_writev(2).
 */
#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <unistd.h>

int shim_write(const struct iovec *from, int parts, void *to)
{
    struct iovec target = {to, 0};
    for (int i = 0; i < parts; i++)
        target.iov_len += from[i].iov_len;
    if (target.iov_len == 0)
        return 0;
    ssize_t written = process_vm_writev(getpid(), from, (unsigned long)parts, &target, 1, 0);
    if (written == (ssize_t)target.iov_len)
        return 0;
    errno = EFAULT;
    return -1;
}

int shim_copy_out(void *to, const void *from, size_t bytes)
{
    struct iovec part = {(void *)(uintptr_t)from, bytes};
    return shim_write(&part, 1, to);
}

int shim_copy_in(void *to, const void *from, size_t bytes)
{
    struct iovec target = {to, bytes}, source = {(void *)(uintptr_t)from, bytes};
    if (process_vm_readv(getpid(), &target, 1, &source, 1, 0) == (ssize_t)bytes)
        return 0;
    errno = EFAULT;
    return -1;
}
