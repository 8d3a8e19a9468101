using System.Runtime.CompilerServices;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Output;

namespace Cluster.Cli.Kinds;

/// <summary>FIFOs: fifo(7).</summary>
internal sealed class FifoKind : PathKind<IFifo>
{
    public override Kind Kind => Kind.Fifo;

    public override KindNames Names { get; } = new()
    {
        Word = "fifo",
        Letter = 'F',
        Option = "fifo",
        Noun = "FIFO",
        ShortNoun = "FIFO",
        JsonName = "fifos",
    };

    public override string CallPrefix => "fifo";

    public override string PairCall => "pipe2";

    public override string LsofType => "FIFO";

    public override string? LsofName => "pipe";

    public override char FileType => 'p';

    public override IEnumerable<StraceFormat> StraceFormats => FifoStrace.Formats;

    public override Command CreateCommand(Globals globals) =>
        new("fifo", "Calls on FIFOs. Example: ls | ipc fifo write /run/names")
        {
            FifoCommands.Create(globals, NameArgument()),
            FifoCommands.Read(globals, NameArgument()),
            FifoCommands.Write(globals, NameArgument()),
            FifoCommands.State(globals, NameArgument()),
            CreateStat(globals),
            CreateUnlink(globals),
        };

    public override string Normalize(string name) => FifoPath.Normalize(name);

    public override async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadFileAsync(
        IIpcClient ipc, string name, [EnumeratorCancellation] CancellationToken cancelled)
    {
        await using var fifo = await Objects(ipc).OpenAsync(name, OpenFlags.ReadOnly, cancelled);
        await foreach (var bytes in FifoCommands.ReadAsync(fifo, cancelled)) yield return bytes;
    }

    protected override string NameHelp =>
        "The FIFO's path, such as /run/orders: absolute, up to 4095 bytes. There are no directories to make first";

    protected override IFifos Objects(IIpcClient ipc) => ipc.Fifos;

    // ---- strace ----

    /// <remarks>The directory makes the FIFO, or finds it: mkfifo(3), and the first half of open(2).</remarks>
    public override StraceArguments Got(Get get) => get.Unnamed ? new(PairCall, "") : (get.Flags & IpcFlags.IPC_CREAT) == 0
        ? new("open", StraceText.Quote(get.Name))
        : new("mknod", $"{StraceText.Quote(get.Name)}, S_IFIFO|{StraceText.Octal(get.Mode)}");
}
