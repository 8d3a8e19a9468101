namespace Cluster.Protocol.Texts;

internal sealed class PosixSemaphoreTexts() : CallTexts(
    (Errno.EINVAL, "sem_open", "a name has no '/' but at its start; a value is from 0 to 2147483647"),
    (Errno.ENOENT, "sem_open", "no semaphore has the name"),
    (Errno.EEXIST, "sem_open", "a semaphore has the name"),
    (Errno.ENAMETOOLONG, "sem_open", "the name has more than 251 bytes"),
    (Errno.ENOENT, "sem_unlink", "no semaphore has the name"),
    (Errno.EACCES, "sem_unlink", "the semaphore is another user's"),
    (Errno.EOVERFLOW, "sem_post", "the value is 2147483647 already"),
    (Errno.EINVAL, "sem_post", "the process has taken nothing that is released on its death"));
