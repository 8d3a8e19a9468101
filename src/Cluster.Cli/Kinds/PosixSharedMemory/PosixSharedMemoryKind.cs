using System.Runtime.CompilerServices;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Output;

namespace Cluster.Cli.Kinds;

/// <summary>POSIX shared memory objects: shm_overview(7).</summary>
internal sealed class PosixSharedMemoryKind : NamedKind<IPosixSharedMemoryObject>
{
    public override Kind Kind => Kind.PosixSharedMemory;

    public override KindNames Names { get; } = new()
    {
        Word = "pshm",
        Letter = 'M',
        Option = "posix-shmem",
        Noun = "POSIX shared memory object",
        ShortNoun = "object",
        JsonName = "posix-sharedmemory",
    };

    public override UtilLinuxNames UtilLinux { get; } = new("pshm", "POSIX shared memory", After: "shm");

    public override NamedMakeOption CreateMakeOption()
    {
        var option = new Option<long?>("--posix-shmem", "-m")
        {
            HelpName = "SIZE",
            Description = "A POSIX shared memory object of so many bytes, with the name of -n; suffixes as for -M",
            CustomParser = result => Words.Read<long>(result, Parsing.TrySize, "a size such as 4096, 64K or 1.5M"),
        };
        return new NamedMakeOption(option, async (ipc, parsed, making, cancelled) =>
        {
            await using var made = await ipc.PosixSharedMemory.OpenAsync(
                making.Name, OpenFlags.ReadWrite | OpenFlags.Create, making.Mode, making.Durability, cancelled);
            await made.SetLengthAsync(parsed.GetValue(option) ?? 0, cancelled);
        });
    }

    public override string Directory => "/dev/shm";

    public override string CallPrefix => "shm";

    public override Kind? PartKind => Kind.PosixExtent;

    public override Target PartOf(int id, long offset) => ExtentId.Of(Kind.PosixExtent, id, offset);

    public override IEnumerable<StraceFormat> StraceFormats => PosixSharedMemoryStrace.Formats;

    public override Command CreateCommand(Globals globals) =>
        new("pshm", "Calls on POSIX shared memory objects. Example: ipc pshm write /cache 'hello'")
        {
            PosixSharedMemoryCommands.Create(globals, NameArgument()),
            PosixSharedMemoryCommands.Truncate(globals, NameArgument()),
            PosixSharedMemoryCommands.Read(globals, NameArgument()),
            PosixSharedMemoryCommands.Write(globals, NameArgument()),
            CreateStat(globals),
            CreateUnlink(globals),
        };

    public override string Normalize(string name) => WithOneSlash(name);

    public override async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadFileAsync(
        IIpcClient ipc, string name, [EnumeratorCancellation] CancellationToken cancelled)
    {
        await using var memory = await Objects(ipc).OpenAsync(name, OpenFlags.ReadOnly, cancellationToken: cancelled);
        await foreach (var bytes in PosixSharedMemoryCommands.ReadAsync(memory, 0, null, cancelled)) yield return bytes;
    }

    protected override string NameHelp =>
        "The object's name, such as /cache: up to 255 bytes; slashes at its start do not count";

    protected override IPosixSharedMemory Objects(IIpcClient ipc) => ipc.PosixSharedMemory;

    // ---- lsipc ----

    public override IReadOnlyList<Column> Columns { get; } =
        [.. LsipcFormat.Posix, new("SIZE", true, "Segment size")];

    public override IReadOnlyList<string> DefaultColumns { get; } = [.. LsipcFormat.PosixFirst, "SIZE", "MTIME"];

    /// <remarks>util-linux 2.41 has no limits of POSIX shared memory, and there are none here.</remarks>
    public override Task<IReadOnlyList<string[]>> UsageAsync(Viewer viewer, CancellationToken cancelled) =>
        Task.FromResult<IReadOnlyList<string[]>>([]);

    protected override Task<string?[]> CellsAsync(
        Viewer viewer, string name, NamedObjectStat stat, CancellationToken cancelled) =>
        Task.FromResult<string?[]>([viewer.Unit.Show((ulong)stat.Size)]);
}
