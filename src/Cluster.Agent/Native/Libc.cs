using System.Runtime.InteropServices;

namespace Cluster.Agent.Native;

/// <summary>The calls of Linux that .NET has no name for.</summary>
internal static unsafe partial class Libc
{
    public const int AF_UNIX = 1;
    public const int SOCK_SEQPACKET = 5;
    public const int SOCK_CLOEXEC = 0x80000;
    public const int SOCK_NONBLOCK = 0x800;
    public const int SOL_SOCKET = 1;
    public const int SO_PEERCRED = 17;
    public const int SO_PEERGROUPS = 59;
    public const int SO_PEERPIDFD = 77;
    public const int SCM_RIGHTS = 1;
    public const int MSG_NOSIGNAL = 0x4000;
    public const int MSG_DONTWAIT = 0x40;
    public const int MSG_CMSG_CLOEXEC = 0x40000000;
    public const int MSG_CTRUNC = 0x8;
    public const int MSG_TRUNC = 0x20;
    public const int EPOLLIN = 1;
    public const int EPOLLERR = 8;
    public const int EPOLL_CTL_ADD = 1;
    public const int EPOLL_CTL_DEL = 2;
    public const int EPOLL_CLOEXEC = 0x80000;
    public const int EFD_CLOEXEC = 0x80000;
    public const int EFD_NONBLOCK = 0x800;
    public const uint MFD_CLOEXEC = 1;
    public const uint MFD_ALLOW_SEALING = 2;
    public const int O_CLOEXEC = 0x80000;
    public const int O_NONBLOCK = 0x800;
    public const int O_RDONLY = 0;
    public const int O_RDWR = 2;
    public const int SEEK_END = 2;
    public const int SEEK_DATA = 3;
    public const int F_SETFL = 4;
    public const int F_SETPIPE_SZ = 1031;
    public const int F_ADD_SEALS = 1033;
    public const int F_GET_SEALS = 1034;
    public const int LOCK_EX = 2;
    public const int LOCK_NB = 4;
    public const int EAGAIN = 11;
    public const int EINTR = 4;

    /// <summary>struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Part
    {
        public void* Base;
        public nuint Length;
    }

    /// <summary>struct msghdr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Message
    {
        public void* Name;
        public uint NameLength;
        public Part* Parts;
        public nuint PartCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }

    /// <summary>struct cmsghdr with one descriptor behind it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct DescriptorControl
    {
        public nuint Length;
        public int Level;
        public int Type;
        public int Descriptor;
        public int Padding;
    }

    /// <summary>struct ucred.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct PeerCredentials
    {
        public int Pid;
        public uint Uid;
        public uint Gid;
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    public static partial int Socket(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    public static partial int Bind(int socket, byte* address, uint length);

    [LibraryImport("libc", EntryPoint = "listen", SetLastError = true)]
    public static partial int Listen(int socket, int backlog);

    [LibraryImport("libc", EntryPoint = "accept4", SetLastError = true)]
    public static partial int Accept(int socket, void* address, void* length, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    public static partial nint ReceiveMessage(int socket, Message* message, int flags);

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    public static partial nint SendMessage(int socket, Message* message, int flags);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    public static partial int GetOption(int socket, int level, int name, void* value, uint* length);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    public static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    public static partial int EpollControl(int epoll, int operation, int descriptor, byte* @event);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    public static partial int EpollWait(int epoll, byte* events, int count, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    public static partial int EventDescriptor(uint value, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int descriptor, void* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int descriptor, void* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    public static partial nint ReadAt(int descriptor, void* buffer, nuint count, long offset);

    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    public static partial nint WriteAt(int descriptor, void* buffer, nuint count, long offset);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    public static partial long Seek(int descriptor, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    public static partial int Truncate(int descriptor, long length);

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int MemoryFile(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    public static partial int Pipe(int* ends, int flags);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    public static partial int Lock(int descriptor, int operation);

    [LibraryImport("libc", EntryPoint = "chmod", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int ChangeMode(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static partial int Control(int descriptor, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint EffectiveUid();

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Syscall(nint number, nint a, nint b, nint c, nint d, nint e);

    /// <summary>struct pollfd.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Polled
    {
        public int Descriptor;
        public short Events;
        public short Ready;
    }

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(Polled* descriptors, nuint count, int timeoutMs);

    /// <summary>Whether the other end of a pipe is closed everywhere: POLLERR.</summary>
    public static bool HasNoReader(int pipe)
    {
        var polled = new Polled { Descriptor = pipe };
        return Poll(&polled, 1, 0) == 1 && (polled.Ready & EPOLLERR) != 0;
    }

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int DeviceControl(int descriptor, nuint request, int* value);

    /// <summary>FIONREAD: the bytes that a pipe holds.</summary>
    public static int BytesToRead(int pipe)
    {
        const nuint bytesToRead = 0x541B;
        int bytes;
        return DeviceControl(pipe, bytesToRead, &bytes) == 0 ? bytes : 0;
    }

    /// <summary>pidfd_open(2).</summary>
    public static int OpenPidDescriptor(int pid) => (int)Syscall(434, pid, 0, 0, 0, 0);

    /// <summary>The inode of a descriptor; 0: it is not open.</summary>
    public static ulong InodeOf(int descriptor)
    {
        const int emptyPath = 0x1000;
        Span<byte> status = stackalloc byte[StatxBytes];
        return Stat(descriptor, "", emptyPath, status) ? BitConverter.ToUInt64(status[32..]) : 0;
    }

    /// <summary>The user that a file belongs to; null: there is none. A link is not followed.</summary>
    public static uint? OwnerOf(string path)
    {
        const int noFollow = 0x100;
        const int here = -100;
        Span<byte> status = stackalloc byte[StatxBytes];
        return Stat(here, path, noFollow, status) ? BitConverter.ToUInt32(status[20..]) : null;
    }

    // statx(2): its structure is the same on all machines.
    private static bool Stat(int directory, string path, int flags, Span<byte> status)
    {
        const int basic = 0x7FF;
        fixed (byte* at = status)
        fixed (byte* name = System.Text.Encoding.UTF8.GetBytes(path + "\0"))
            return Syscall(StatxNumber, directory, (nint)name, flags, basic, (nint)at) == 0;
    }

    private const int StatxBytes = 256;

    /// <summary>rt_sigqueueinfo(2) as mq_notify(3) sends a signal: SI_MESGQ.</summary>
    public static void SendMessageSignal(int pid, int signal, int fromPid, uint fromUid, long value)
    {
        const int bytes = 128; // siginfo_t
        const int messageQueue = -3; // SI_MESGQ
        var number = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 129 : 138;
        Span<byte> info = stackalloc byte[bytes];
        info.Clear();
        BitConverter.TryWriteBytes(info, signal);
        BitConverter.TryWriteBytes(info[8..], messageQueue);
        BitConverter.TryWriteBytes(info[16..], fromPid);
        BitConverter.TryWriteBytes(info[20..], fromUid);
        BitConverter.TryWriteBytes(info[24..], value);
        fixed (byte* at = info)
            _ = Syscall(number, pid, signal, (nint)at, 0, 0);
    }

    private static nint StatxNumber => RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 332 : 291;
}
