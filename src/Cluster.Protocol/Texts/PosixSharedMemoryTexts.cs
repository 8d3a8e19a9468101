namespace Cluster.Protocol.Texts;

internal sealed class PosixSharedMemoryTexts() : CallTexts(
    (Errno.EINVAL, "shm_open", "a name has no '/' but at its start, and is not '.' or '..'; flags are O_RDONLY, O_WRONLY or O_RDWR"),
    (Errno.ENOENT, "shm_open", "no object has the name"),
    (Errno.EEXIST, "shm_open", "an object has the name"),
    (Errno.ENOENT, "shm_unlink", "no object has the name"),
    (Errno.EACCES, "shm_unlink", "the object is another user's"),
    (Errno.EISDIR, "shm_unlink", "the name is '.' or '..'"),
    (Errno.EINVAL, "ftruncate", "the length is negative, or the descriptor is not open for writing"),
    (Errno.EFBIG, "ftruncate", "more than 2^47 bytes"),
    (Errno.EFBIG, "pwrite", "more than 2^47 bytes"),
    (Errno.EINVAL, "pread", "the offset is negative"),
    (Errno.EINVAL, "pwrite", "the offset is negative"),
    (Errno.EBADF, "pread", "the descriptor is closed, or not open for reading"),
    (Errno.EBADF, "pwrite", "the descriptor is closed, or not open for writing"),
    (Errno.EINVAL, "mmap", "the length is not above 0, or the offset is no multiple of 4096"),
    (Errno.EACCES, "mmap", "the descriptor is not open for reading, or not for reading and writing"),
    (Errno.ENOMEM, "mmap", "more than 2^47 bytes, or too many mappings of the object"),
    (Errno.EOVERFLOW, "mmap", "the offset and the length are too large together"),
    (Errno.EINVAL, "munmap", "it is not mapped"));
