using System.Runtime.InteropServices;
using System.Text;

namespace Cluster.Agent.Native;

/// <summary>Sockets of AF_UNIX and SOCK_SEQPACKET: unix(7).</summary>
internal static unsafe class Sockets
{
    private const int PathBytes = 108;
    private const int FamilyBytes = 2;

    /// <summary>Listens at a path. The path is free before.</summary>
    /// <exception cref="IOException">The path is too long, or cannot be bound.</exception>
    public static Descriptor Listen(string path, int backlog)
    {
        var socket = Open(Libc.SOCK_NONBLOCK);
        var address = Address(path);
        fixed (byte* at = address)
        {
            if (Libc.Bind(socket.Number, at, (uint)address.Length) == 0 && Libc.Listen(socket.Number, backlog) == 0)
                return socket;
        }

        var error = Marshal.GetLastPInvokeErrorMessage();
        socket.Dispose();
        throw new IOException($"cannot listen at {path}: {error}");
    }

    /// <summary>SO_PEERCRED: who has connected, as the kernel saw it at connect(2).</summary>
    public static Libc.PeerCredentials? PeerOf(int socket)
    {
        Libc.PeerCredentials peer;
        var length = (uint)sizeof(Libc.PeerCredentials);
        return Libc.GetOption(socket, Libc.SOL_SOCKET, Libc.SO_PEERCRED, &peer, &length) == 0 ? peer : null;
    }

    /// <summary>SO_PEERGROUPS: the supplementary groups, at connect(2).</summary>
    public static uint[] GroupsOf(int socket)
    {
        var groups = new uint[Bounds.Groups];
        var length = (uint)groups.Length * sizeof(uint);
        fixed (uint* at = groups)
        {
            if (Libc.GetOption(socket, Libc.SOL_SOCKET, Libc.SO_PEERGROUPS, at, &length) != 0)
                return [];
        }

        return groups.AsSpan(0, (int)length / sizeof(uint)).ToArray();
    }

    /// <summary>SO_PEERPIDFD (Linux 6.5), else pidfd_open(2): a descriptor that becomes readable at the exit.</summary>
    public static Descriptor? PidDescriptorOf(int socket, int pid)
    {
        int descriptor;
        uint length = sizeof(int);
        if (Libc.GetOption(socket, Libc.SOL_SOCKET, Libc.SO_PEERPIDFD, &descriptor, &length) != 0)
            descriptor = Libc.OpenPidDescriptor(pid);
        return descriptor < 0 ? null : new Descriptor(descriptor);
    }

    private static Descriptor Open(int flags)
    {
        var socket = Libc.Socket(Libc.AF_UNIX, Libc.SOCK_SEQPACKET | Libc.SOCK_CLOEXEC | flags, 0);
        return socket >= 0
            ? new Descriptor(socket)
            : throw new IOException("socket: " + Marshal.GetLastPInvokeErrorMessage());
    }

    private static byte[] Address(string path)
    {
        var text = Encoding.UTF8.GetBytes(path);
        if (text.Length >= PathBytes)
            throw new IOException($"the path of the socket is longer than {PathBytes - 1} bytes: {path}");
        var address = new byte[FamilyBytes + PathBytes];
        address[0] = Libc.AF_UNIX;
        text.CopyTo(address, FamilyBytes);
        return address;
    }
}
