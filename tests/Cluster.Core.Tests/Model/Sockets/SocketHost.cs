using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Model.Sockets;

/// <summary>One real pair of sockets. Its results have the format of the model.</summary>
public sealed class SocketHost(int type, long nowMs) : NamedObjectHost(Key, EntryOf(type, nowMs), nowMs, options: null)
{
    public static readonly EntityKey Key = new() { Kind = Kind.Socket, Namespace = 1, Id = 0 };

    private static DirectoryEntry EntryOf(int type, long nowMs) => new()
    {
        Permissions = new Permissions { Uid = 1000, Gid = 100, Mode = 0x180 },
        TimeMs = nowMs,
        Socket = new SocketSpec { Type = type },
        Unnamed = true,
        Creator = 1,
        CreatorSeq = 1,
    };

    protected override string Print(Result result)
    {
        if (result.Errno != 0) return ((Errno)result.Errno).ToString();
        return result switch
        {
            { DescriptionOpened: { } opened } => $"opened={opened.Number},{opened.PeerNumber}",
            { SocketSent: { } sent } => $"sent={sent.Bytes}",
            { SocketBytes: { } bytes } => SocketModel.Print(bytes.Data.Span, bytes.Length),
            { PollReadiness: { } poll } => $"ready={poll.Events}",
            _ => "ok",
        };
    }
}
