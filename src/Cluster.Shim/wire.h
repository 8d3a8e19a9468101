/*
 * The protocol between a program and the agent of its host: one SEQPACKET socket a thread, one frame a call, one frame
 * an answer. Numbers are in the byte order of the host. Cluster.Agent/Wire has the same definitions in C#.
 */
#ifndef IPC_WIRE_H
#define IPC_WIRE_H

#include <stdint.h>

/* Raised when a frame changes its meaning. The agent refuses a program of another version: EPROTO. */
#define IPC_WIRE_VERSION 1

/* Bytes of a payload that travel inside a frame. Longer ones are in a memory file beside the frame. */
#define IPC_WIRE_INLINE 65536

/* Bytes of the longest payload: a message of the largest size that msgmax may allow, and its type. */
#define IPC_WIRE_LONGEST (16 * 1024 * 1024 + 8)

/* Bytes that the pipe of a descriptor can hold: two pages. No page is full: the queue is empty. Both are: it is full. */
#define IPC_WIRE_PIPE 8192

enum ipc_op {
    IPC_OP_HELLO = 1,      /* version, gettid(2) of the caller; payload: lines that name the cluster, the namespace, the user */
    IPC_OP_CANCEL = 2,     /* number of the call; has no answer of its own: the call is answered */
    IPC_OP_PARK = 3,       /* number of the call: answer IPC_WIRE_PARKED once it waits in the cluster; the answer follows */
    IPC_OP_MSGGET = 10,    /* key, flags */
    IPC_OP_MSGSND = 11,    /* id, flags; payload: type (8 bytes) and text */
    IPC_OP_MSGRCV = 12,    /* id, bytes, type, flags; answer: extra is the type, payload the text */
    IPC_OP_MSGCTL = 13,    /* id, command; payload: struct ipc_wire_msqid for IPC_SET */
    IPC_OP_MSGCHECK = 14,  /* bytes, type: which error msgsnd has before it reads the text; 0: none */
    IPC_OP_SEMGET = 20,    /* key, semaphores, flags */
    IPC_OP_SEMOP = 21,     /* id, time-out in nanoseconds or -1; payload: struct sembuf of each operation */
    IPC_OP_SEMCTL = 22,    /* id, number, command, value; payload: struct ipc_wire_semid or values of 2 bytes */
    IPC_OP_SEMCOUNT = 23,  /* id; answer: how many semaphores the set has */
    IPC_OP_SHMGET = 30,    /* key, bytes, flags */
    IPC_OP_SHMAT = 31,     /* id, flags; answer: value is the number of the attachment, extra its bytes; a descriptor */
    IPC_OP_SHMDT = 32,     /* number of the attachment */
    IPC_OP_SHMCTL = 33,    /* id, command; payload: struct ipc_wire_shmid for IPC_SET */
    IPC_OP_SHMFORK = 34,   /* id, flags: the caller has it attached since fork(2); answer: as of shmat, no descriptor */
    IPC_OP_MQ_OPEN = 40,   /* flags, mode, maxmsg or -1, msgsize, RLIMIT_MSGQUEUE; payload: name; answer: a descriptor */
    IPC_OP_MQ_SEND = 41,   /* descriptor's inode, priority, deadline (ns of CLOCK_REALTIME) or -1; payload: text */
    IPC_OP_MQ_RECEIVE = 42,/* descriptor's inode, bytes, deadline or -1; answer: extra is the priority */
    IPC_OP_MQ_NOTIFY = 43, /* descriptor's inode, method or -1 to remove, signal, value; answer: the registration */
    IPC_OP_MQ_GETATTR = 44,/* descriptor's inode; answer: struct ipc_wire_mq_attr */
    IPC_OP_MQ_SETATTR = 45,/* descriptor's inode, flags; answer: the attributes before */
    IPC_OP_MQ_UNLINK = 46, /* payload: name */
    IPC_OP_MQ_AWAIT = 47,  /* descriptor's inode, registration; answer: 1: a message has come, 0: it was removed */
    IPC_OP_CLOSED = 48,    /* inode of a descriptor of which the caller has closed a copy */
    IPC_OP_MQ_POLL = 49,   /* inode of a descriptor, which is as ready as the queue is when the answer comes, and after it */
    IPC_OP_SEM_OPEN = 50,  /* flags, mode, value; payload: name; answer: value is the object's id, a descriptor */
    IPC_OP_SEM_WAIT = 51,  /* descriptor's inode, nanoseconds to wait (0: not at all) or -1 */
    IPC_OP_SEM_POST = 52,  /* descriptor's inode */
    IPC_OP_SEM_GETVALUE = 53, /* descriptor's inode */
    IPC_OP_SEM_UNLINK = 54,/* payload: name */
    IPC_OP_FILE = 60       /* flags of open(2); payload: path; answer: a descriptor of its contents */
};

enum ipc_wire_flags {
    IPC_WIRE_IN_MEMFD = 1, /* the payload is in the memory file beside the frame */
    IPC_WIRE_HAS_FD = 2,   /* the descriptor beside the answer is for the caller */
    IPC_WIRE_PARKED = 4    /* no answer yet: the call waits in the cluster */
};

struct ipc_request {
    uint32_t op;
    uint32_t number; /* of the call on its socket: 1, 2, 3, ... */
    uint32_t flags;
    uint32_t length; /* bytes of the payload */
    int64_t argument[6];
};

struct ipc_answer {
    uint32_t number; /* of the call that is answered */
    uint32_t flags;
    int64_t value; /* what the call returns; negative: the errno */
    int64_t extra;
    uint32_t length; /* bytes of the payload */
    uint32_t unused;
};

struct ipc_wire_perm {
    int32_t key;
    uint32_t uid, gid, cuid, cgid, mode;
    int32_t sequence;
    uint32_t unused;
};

struct ipc_wire_msqid {
    struct ipc_wire_perm perm;
    int64_t stime, rtime, ctime; /* seconds since the epoch */
    uint64_t cbytes, qnum, qbytes;
    int32_t lspid, lrpid;
};

struct ipc_wire_semid {
    struct ipc_wire_perm perm;
    int64_t otime, ctime;
    uint64_t nsems;
};

struct ipc_wire_shmid {
    struct ipc_wire_perm perm;
    uint64_t segsz;
    int64_t atime, dtime, ctime;
    int32_t cpid, lpid;
    uint64_t nattch;
};

struct ipc_wire_mq_attr {
    int64_t flags, maxmsg, msgsize, curmsgs;
};

#endif
