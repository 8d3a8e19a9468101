namespace Cluster.Protocol.Texts;

internal sealed class MqueueTexts() : CallTexts(
    (Errno.EINVAL, "mq_open", "a name begins with '/'; the attributes are from 1 to msg_max and msgsize_max; flags are O_RDONLY, O_WRONLY or O_RDWR"),
    (Errno.ENOENT, "mq_open", "no queue has the name"),
    (Errno.EEXIST, "mq_open", "a queue has the name"),
    (Errno.EACCES, "mq_open", "permission denied, or a name with a second '/'"),
    (Errno.ENOSPC, "mq_open", "fs.mqueue.queues_max queues are in use"),
    (Errno.EMFILE, "mq_open", "the user's queues would have more bytes than RLIMIT_MSGQUEUE, or the process has too many descriptors"),
    (Errno.ENOENT, "mq_unlink", "no queue has the name"),
    (Errno.EACCES, "mq_unlink", "the queue is another user's, or the name has a second '/'"),
    (Errno.EINVAL, "mq_unlink", "a name begins with '/'"),
    (Errno.EBADF, "mq_send", "the descriptor is closed, or not open for writing"),
    (Errno.EBADF, "mq_receive", "the descriptor is closed, or not open for reading"),
    (Errno.EMSGSIZE, "mq_send", "more bytes than mq_msgsize"),
    (Errno.EMSGSIZE, "mq_receive", "room for fewer bytes than mq_msgsize"),
    (Errno.EINVAL, "mq_send", "a priority is from 0 to 32767"),
    (Errno.EBUSY, "mq_notify", "a process is registered already"),
    (Errno.EINVAL, "mq_notify", "the method is none of SIGEV_SIGNAL, SIGEV_NONE and SIGEV_THREAD, or there is no such signal"));
