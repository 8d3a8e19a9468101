using Cluster.Cli.CommandLine;
using Cluster.Cli.Output;

namespace Cluster.Cli.Kinds;

/// <summary>Unix sockets: unix(7).</summary>
internal sealed class SocketKind : PathKind<ISocketConnection>
{
    public override Kind Kind => Kind.Socket;

    public override KindNames Names { get; } = new()
    {
        Word = "socket",
        Letter = 'X',
        Option = "socket",
        Noun = "Unix socket",
        ShortNoun = "socket",
        JsonName = "sockets",
    };

    public override string CallPrefix => "socket";

    public override char FileType => 's';

    public override string PairCall => "socketpair";

    public override string LsofType => "unix";

    public override string? LsofName => "socket";

    public override IEnumerable<StraceFormat> StraceFormats => SocketStrace.Formats;

    public override Command CreateCommand(Globals globals) =>
        new("socket", "Calls on Unix sockets. Example: ipc socket listen /run/orders")
        {
            SocketCommands.Listen(globals, "ipc socket listen"),
            SocketCommands.Connect(globals, "ipc socket connect"),
            CreateStat(globals),
            CreateUnlink(globals),
        };

    // The name of a socket is its path, or @ and its abstract name.
    public override string? NameOf(string path) =>
        path.StartsWith('/') || SocketName.IsAbstract(path) ? Normalize(path) : null;

    public override string Normalize(string name) => SocketName.Normalize(name);

    // ENXIO, open(2): "The file is a UNIX domain socket."
    public override IAsyncEnumerable<ReadOnlyMemory<byte>> ReadFileAsync(
        IIpcClient ipc, string name, CancellationToken cancelled) => throw new IpcException(Errno.ENXIO, "open");

    protected override string NameHelp => SocketCommands.NameHelp;

    protected override ISockets Objects(IIpcClient ipc) => ipc.Sockets;

    // ---- strace ----

    /// <remarks>The directory makes the socket: socket(2) and bind(2). Or it finds one: the first part of connect(2).</remarks>
    public override StraceArguments Got(Get get)
    {
        if (get.Unnamed) return new("socket", $"AF_UNIX, {SocketStrace.TypeName(get.Socket?.Type ?? 0)}, 0");
        return (get.Flags & IpcFlags.IPC_CREAT) == 0
            ? new("lookup", SocketStrace.Address(get.Name))
            : new("bind", $"{SocketStrace.Address(get.Name)}, {StraceText.Octal(get.Mode)}");
    }
}
