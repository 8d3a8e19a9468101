namespace Cluster.Protocol.Texts;

internal sealed class FifoTexts() : CallTexts(
    (Errno.EINVAL, "mkfifo", "a path begins with '/', and has no part '.' or '..'"),
    (Errno.ENOENT, "mkfifo", "the path is empty, or ends with '/'"),
    (Errno.EEXIST, "mkfifo", "the path has a FIFO"),
    (Errno.ENAMETOOLONG, "mkfifo", "the path has more than 4095 bytes, or a part of it more than 255"),
    (Errno.EINVAL, "open", "a path begins with '/', and has no part '.' or '..'"),
    (Errno.ENOENT, "open", "no FIFO has the path"),
    (Errno.ENXIO, "open", "nobody has the FIFO open for reading"),
    (Errno.ENAMETOOLONG, "open", "the path has more than 4095 bytes, or a part of it more than 255"),
    (Errno.ENOENT, "unlink", "no FIFO or socket has the path"),
    (Errno.EPERM, "unlink", "the FIFO is another user's"),
    (Errno.EINVAL, "pipe", "the flags of a pipe are O_NONBLOCK and O_DIRECT"),
    (Errno.EBADF, "read", "the descriptor is closed, or not open for reading"),
    (Errno.EBADF, "write", "the descriptor is closed, or not open for writing"),
    (Errno.EPIPE, "write", "nobody has the FIFO open for reading"),
    (Errno.EPERM, "fcntl", "a FIFO has at most 1048576 bytes (pipe-max-size)"),
    (Errno.EBUSY, "fcntl", "the FIFO has more bytes than that"),
    (Errno.EINVAL, "fcntl", "a capacity is from 0 to 2147483648"));
