using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Output;

namespace Cluster.Cli.Kinds;

/// <summary>Named POSIX semaphores: sem_overview(7).</summary>
internal sealed class PosixSemaphoreKind : NamedKind<IPosixSemaphore>
{
    private const int FileBytes = 32; // sizeof(sem_t)
    private const int Shared = 128; // the futex is shared between processes

    public override Kind Kind => Kind.PosixSemaphore;

    public override KindNames Names { get; } = new()
    {
        Word = "psem",
        Letter = 'S',
        Option = "posix-semaphore",
        Noun = "POSIX semaphore",
        ShortNoun = "semaphore",
        JsonName = "posix-semaphores",
    };

    public override UtilLinuxNames UtilLinux { get; } = new("psem", "POSIX semaphore", After: "sem");

    public override NamedMakeOption CreateMakeOption()
    {
        var option = new Option<bool>("--posix-semaphore", "-s")
        {
            Description = "A POSIX semaphore of the value 0, with the name of -n",
        };
        return new NamedMakeOption(option, async (ipc, _, making, cancelled) =>
        {
            await using var made = await ipc.PosixSemaphores.OpenAsync(
                making.Name, OpenFlags.Create, making.Mode, 0, making.Durability, cancelled);
        });
    }

    public override string Directory => "/dev/shm";

    public override string FilePrefix => "sem.";

    public override string CallPrefix => "sem";

    public override IEnumerable<StraceFormat> StraceFormats => PosixSemaphoreStrace.Formats;

    public override Command CreateCommand(Globals globals) =>
        new("psem", "Calls on named POSIX semaphores. Example: ipc psem exec /gate -- make")
        {
            PosixSemaphoreCreateCommand.Create(globals, NameArgument()),
            PosixSemaphoreCommands.Wait(globals, NameArgument()),
            PosixSemaphoreCommands.Post(globals, NameArgument()),
            PosixSemaphoreCommands.Value(globals, NameArgument()),
            PosixSemaphoreExecCommand.Create(globals, NameArgument()),
            CreateStat(globals),
            CreateUnlink(globals),
        };

    public override string Normalize(string name) => WithOneSlash(name);

    /// <remarks>
    /// The bytes are those of sem_t in the C library (glibc, 64 bits): value, number of waiters, scope.
    /// </remarks>
    public override async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadFileAsync(
        IIpcClient ipc, string name, [EnumeratorCancellation] CancellationToken cancelled)
    {
        await using var semaphore = await Objects(ipc).OpenAsync(name, cancellationToken: cancelled);
        var waiters = await semaphore.GetWaiterCountAsync(cancelled);
        var value = await semaphore.GetValueAsync(cancelled);
        var bytes = new byte[FileBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)value);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), (uint)waiters);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), Shared);
        yield return bytes;
    }

    protected override string NameHelp =>
        "The semaphore's name, such as /gate: up to 251 bytes; slashes at its start do not count";

    protected override IPosixSemaphores Objects(IIpcClient ipc) => ipc.PosixSemaphores;

    // ---- lsipc ----

    public override IReadOnlyList<Column> Columns { get; } = [.. LsipcFormat.Posix, new("SVAL", true, "Value")];

    public override IReadOnlyList<string> DefaultColumns { get; } = [.. LsipcFormat.PosixFirst, "MTIME", "SVAL"];

    /// <remarks>util-linux 2.41 has no limits of POSIX semaphores, and there are none here.</remarks>
    public override Task<IReadOnlyList<string[]>> UsageAsync(Viewer viewer, CancellationToken cancelled) =>
        Task.FromResult<IReadOnlyList<string[]>>([]);

    // The value is for those who may open the semaphore.
    protected override async Task<string?[]> CellsAsync(
        Viewer viewer, string name, NamedObjectStat stat, CancellationToken cancelled)
    {
        try
        {
            await using var semaphore = await Objects(viewer.Ipc).OpenAsync(name, cancellationToken: cancelled);
            return [LsipcFormat.Number(await semaphore.GetValueAsync(cancelled))];
        }
        catch (IpcException exception) when (exception.Errno is Errno.EACCES or Errno.ENOENT)
        {
            return [null];
        }
    }

    // ---- strace ----

    protected override string OpenArguments(Get get) => $", {get.Size}";
}
