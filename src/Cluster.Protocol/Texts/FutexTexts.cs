namespace Cluster.Protocol.Texts;

internal sealed class FutexTexts() : CallTexts(
    (Errno.EAGAIN, "futex", "the word is not what is expected, or the lock is not free"),
    (Errno.EINVAL, "futex", "the offset is not a multiple of 4 below the size, the bitset is 0, two words are in different parts of 262144 bytes, "
        + "callers wait there for something else, or the segment is gone"),
    (Errno.EPERM, "futex", "the caller does not have the lock"),
    (Errno.ESRCH, "futex", "the process in the word has ended"),
    (Errno.ERANGE, "futex", "all signals have come"),
    (Errno.ENOMEM, "futex", "65536 calls wait already"));
