using Cluster.Cli.Output;
using Op = Cluster.Protocol.SocketCall.OpOneofCase;

namespace Cluster.Cli.Kinds;

/// <summary>
/// The calls on Unix sockets in the notation of strace. The number of the description stands in the place of the descriptor.
/// </summary>
internal static class SocketStrace
{
    private static readonly (int Bit, string Name)[] Flags =
        [(SocketFlags.MSG_DONTWAIT, "MSG_DONTWAIT"), (SocketFlags.MSG_WAITALL, "MSG_WAITALL")];

    private static readonly string[] Hows = ["SHUT_RD", "SHUT_WR", "SHUT_RDWR"];

    public static IReadOnlyList<StraceFormat> Formats { get; } =
    [
        Format(Op.Listen, op => new("listen", $"{op.Call.Socket.Listen.Description}, {op.Call.Socket.Listen.Backlog}")),
        Format(
            Op.Connect,
            op => new("connect", $"{op.Call.Socket.Connect.Description}, {Address(op.Call.Socket.Connect.Name)}")),
        Format(
            Op.Accept,
            op => new("accept", $"{op.Call.Socket.Accept.Description}, NULL, NULL"),
            (_, result) => StraceOutcome.Of(result.SocketAccepted?.Description ?? 0)),
        Format(
            Op.Send,
            op =>
            {
                var (send, length) = (op.Call.Socket.Send, op.Traced.CallLength);
                var data = StraceText.Quote(send.Data, length);
                return new("sendto", $"{send.Description}, {data}, {length}, {FlagsOf(send.Flags)}, NULL, 0");
            },
            (_, result) => StraceOutcome.Of(result.SocketSent?.Bytes ?? 0)),
        Format(Op.Receive, op => new("recvfrom", $"{op.Call.Socket.Receive.Description}, "), (op, result) =>
            Received(op, result, op.Call.Socket.Receive.Size, FlagsOf(op.Call.Socket.Receive.Flags))),
        Format(Op.Peek, op => new("recvfrom", $"{op.Call.Socket.Peek.Description}, "), (op, result) =>
            Received(op, result, op.Call.Socket.Peek.Size, "MSG_PEEK|MSG_DONTWAIT")),
        Format(
            Op.Shutdown,
            op => new("shutdown", $"{op.Call.Socket.Shutdown.Description}, {HowOf(op.Call.Socket.Shutdown.How)}")),
        Format(
            Op.Stat,
            op => new("getsockopt", $"{op.Call.Socket.Stat.Description}, SOL_SOCKET, SO_PEERCRED, "),
            (_, result) => new(PeerOf(result.SocketStatus), "0")),
    ];

    /// <summary>struct sockaddr_un.</summary>
    public static string Address(string name) => SocketName.IsAbstract(name)
        ? $"{{sa_family=AF_UNIX, sun_path=@{StraceText.Quote(name[1..])}}}"
        : $"{{sa_family=AF_UNIX, sun_path={StraceText.Quote(name)}}}";

    /// <summary>SOCK_STREAM and the others.</summary>
    public static string TypeName(int type) => type switch
    {
        SocketFlags.SOCK_STREAM => "SOCK_STREAM",
        SocketFlags.SOCK_DGRAM => "SOCK_DGRAM",
        SocketFlags.SOCK_SEQPACKET => "SOCK_SEQPACKET",
        _ => $"{type}",
    };

    private static StraceOutcome Received(TracedOperation op, Result result, long size, string flags)
    {
        var (data, length) = (result.SocketBytes ?? new SocketBytes(), op.Traced.ResultLength);
        return new($"{StraceText.Quote(data.Data, length)}, {size}, {flags}, NULL, NULL", $"{length}");
    }

    private static string PeerOf(SocketStatus? status) => status?.Ends is [{ Peer: { } peer }, ..]
        ? $"{{pid={peer.Pid}, uid={peer.Uid}, gid={peer.Gid}}}, [12]"
        : "{}, [0]";

    private static string FlagsOf(int flags) => StraceText.Flags(flags, Flags);

    private static string HowOf(int how) => how >= 0 && how < Hows.Length ? Hows[how] : $"{how}";

    private static StraceFormat Format(
        Op operation, Func<TracedOperation, StraceArguments> arguments,
        Func<TracedOperation, Result, StraceOutcome>? outcome = null) =>
        new(CallTraits.Find(Call.OpOneofCase.Socket, (int)operation), arguments, outcome);
}
