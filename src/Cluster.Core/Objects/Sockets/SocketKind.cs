using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Objects.Sockets;

/// <summary>
/// The kind "socket": unix(7). A socket that listens has a name, which is a path or an abstract name; a connection has none.
/// </summary>
public sealed class SocketKind() : ObjectKind(Kind.Socket, "socket", 'X', objectsLimit: null)
{
    public override bool IsNamed => true;

    public override bool IsSized => false;

    public override bool IsSystemV => false;

    public override bool MayBeUnnamed => true;

    // EADDRINUSE, unix(7): "The specified local address is already in use or the filesystem socket object already exists."
    public override Errno TakenErrno => Errno.EADDRINUSE;

    public override ObjectMachine Create(EntityKey key) => new Socket(key);

    public override bool IsSize(long size, Limits limits) => size == 0;

    public override string Normalize(string name) => SocketName.Normalize(name);

    public override Errno WhyNotName(string name, bool unlinks)
    {
        // An abstract name goes with its socket, and unlink(2) does not know it.
        if (unlinks && SocketName.IsAbstract(name)) return Errno.EINVAL;
        return SocketName.WhyNot(name);
    }

    public override Errno Describe(Get get, Stamp stamp, DirectoryEntry entry)
    {
        // ESOCKTNOSUPPORT, unix(7): "Unknown socket type."
        if (get.Socket is not { Type: SocketFlags.SOCK_STREAM or SocketFlags.SOCK_SEQPACKET }) return Errno.ESOCKTNOSUPPORT;
        entry.Socket = get.Socket.Clone();
        entry.Unnamed = get.Unnamed || SocketName.IsAbstract(get.Name);
        return Errno.None;
    }
}
