/* Between the structures of the protocol and those of the C library. */
#ifndef IPC_STRUCTURES_H
#define IPC_STRUCTURES_H

#include <sys/ipc.h>

#include "wire.h"

static inline void to_perm(struct ipc_perm *to, const struct ipc_wire_perm *from)
{
    to->__key = from->key;
    to->uid = from->uid;
    to->gid = from->gid;
    to->cuid = from->cuid;
    to->cgid = from->cgid;
    to->mode = (unsigned short)from->mode;
    to->__seq = (unsigned short)from->sequence;
}

static inline void from_perm(struct ipc_wire_perm *to, const struct ipc_perm *from)
{
    to->uid = from->uid;
    to->gid = from->gid;
    to->mode = from->mode;
}

#endif
