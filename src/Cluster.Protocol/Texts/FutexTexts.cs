namespace Cluster.Protocol.Texts;

internal sealed class FutexTexts() : CallTexts(
    (Errno.EAGAIN, "futex", "the word is not what is expected, or the lock is not free"),
    (Errno.EINVAL, "futex", "the segment is gone, no word of one part of 262144 bytes, or callers wait there for something else"),
    (Errno.EPERM, "futex", "the caller does not have the lock"),
    (Errno.ESRCH, "futex", "the process in the word has ended"),
    (Errno.ERANGE, "futex", "all signals have come"),
    (Errno.ENOMEM, "futex", "65536 calls wait already"));
