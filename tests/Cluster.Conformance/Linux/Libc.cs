using System.Runtime.InteropServices;

namespace Cluster.Conformance.Linux;

/// <summary>struct sembuf of &lt;sys/sem.h&gt;.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct SemBufStruct
{
    public ushort Num;
    public short Op;
    public short Flags;
}

/// <summary>The C library's calls, for 64-bit Linux.</summary>
internal static partial class Libc
{
    public const int IPC_RMID = 0, IPC_SET = 1, IPC_STAT = 2;
    public const int GETPID = 11, GETVAL = 12, GETALL = 13, GETNCNT = 14, GETZCNT = 15, SETVAL = 16, SETALL = 17;
    public const int CLONE_NEWIPC = 0x08000000;
    public const int PR_SET_PDEATHSIG = 1, SIGKILL = 9, SIGUSR2 = 12;
    public const int RLIMIT_MSGQUEUE = 12;
    public const int POLLIN = 1;
    public const int P_PID = 1, WNOHANG = 1, WCONTINUED = 8;

    [LibraryImport("libc", SetLastError = true)]
    public static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int sigqueue(int pid, int signal, nint value);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int semget(int key, int nsems, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int semtimedop(int id, SemBufStruct[] ops, nint count, long[]? timeout);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int semctl(int id, int num, int command, nint value);

    [LibraryImport("libc", EntryPoint = "semctl", SetLastError = true)]
    public static partial int semctl_bytes(int id, int num, int command, byte[] state);

    [LibraryImport("libc", EntryPoint = "semctl", SetLastError = true)]
    public static partial int semctl_values(int id, int num, int command, ushort[] values);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int msgget(int key, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int msgsnd(int id, byte[] message, nint size, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint msgrcv(int id, byte[] message, nint size, nint type, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int msgctl(int id, int command, byte[] state);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int mq_open(string name, int flags, uint mode, long[]? attributes);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int mq_unlink(string name);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int mq_timedsend(int mqd, byte[] text, nint size, uint priority, long[]? timeout);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint mq_timedreceive(int mqd, byte[] text, nint size, out uint priority, long[]? timeout);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int mq_setattr(int mqd, long[] attributes, long[]? before);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int mq_getattr(int mqd, [Out] long[] attributes);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int mq_notify(int mqd, byte[]? sevp);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint sem_open(string name, int flags, uint mode, uint value);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int sem_unlink(string name);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int sem_close(nint semaphore);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int sem_wait(nint semaphore);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int sem_timedwait(nint semaphore, long[] timeout);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int sem_post(nint semaphore);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int sem_getvalue(nint semaphore, out int value);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int shm_open(string name, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int shm_unlink(string name);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int ftruncate(int fd, long length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint pread(int fd, byte[] buffer, nint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint pwrite(int fd, byte[] buffer, nint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint mmap(nint address, nint length, int protection, int flags, int fd, long offset);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int munmap(nint address, nint length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint process_vm_readv(
        int pid, nint[] own, nint ownCount, nint[] other, nint otherCount, nint flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint process_vm_writev(
        int pid, nint[] own, nint ownCount, nint[] other, nint otherCount, nint flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int mkfifo(string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int chmod(string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int unlink(string path);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fcntl(int fd, int command, nint argument);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int ioctl(int fd, nint request, int[] argument);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int dup(int fd);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fstat(int fd, byte[] stat);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int setrlimit(int resource, long[] limit);

    [LibraryImport("libc", SetLastError = true)]
    public static partial long lseek(int fd, long offset, int whence);

    [LibraryImport("libc")]
    public static partial uint umask(uint mask);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int unshare(int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int waitid(int kind, int pid, byte[] info, int options);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int pipe(int[] ends);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint read(int fd, byte[] buffer, nint count);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint write(int fd, byte[] buffer, nint count);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int close(int fd);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int poll(PollStruct[] fds, nint count, int timeoutMs);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int prctl(int option, nint value);

    [LibraryImport("libc")]
    public static partial int gettid();

    [LibraryImport("libc")]
    public static partial uint geteuid();

    [LibraryImport("libc")]
    public static partial uint getegid();

    [LibraryImport("libc", SetLastError = true)]
    public static partial int tgkill(int pid, int tid, int signal);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int setgroups(nint count, nint list);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int setresgid(uint real, uint effective, uint saved);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int setresuid(uint real, uint effective, uint saved);

    /// <summary>struct pollfd.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct PollStruct
    {
        public int Fd;
        public short Events;
        public short Returned;
    }
}
