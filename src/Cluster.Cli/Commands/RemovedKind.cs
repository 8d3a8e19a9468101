using System.CommandLine;
using System.CommandLine.Parsing;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Commands;

/// <summary>A key, and the word that the user wrote for it.</summary>
internal readonly record struct NamedKey(int Value, string Word);

/// <summary>One kind of what ipcrm(1) removes: its options and its calls.</summary>
internal sealed class RemovedKind
{
    private RemovedKind(string name, string text, string option, char letter)
    {
        (Name, Text) = (name, text);
        IdOption = new Option<int[]>($"--{option}-id", $"-{letter}")
        {
            HelpName = "ID",
            Description = $"Remove the {text} with this id; may be repeated",
            AllowMultipleArgumentsPerToken = true,
            CustomParser = result => Words.Numbers(result, 0, int.MaxValue),
        };
        KeyOption = new Option<NamedKey[]>($"--{option}-key", $"-{char.ToUpperInvariant(letter)}")
        {
            HelpName = "KEY",
            Description = $"Remove the {text} with this key; may be repeated",
            AllowMultipleArgumentsPerToken = true,
            CustomParser = result =>
                Words.ReadAll<NamedKey>(result, TryKey, "a key such as 42, 052 or 0x2a (0 is none)"),
        };
    }

    /// <summary>As --all has it.</summary>
    public string Name { get; }

    /// <summary>As ipcrm speaks of it.</summary>
    public string Text { get; }

    public Option<int[]> IdOption { get; }

    public Option<NamedKey[]> KeyOption { get; }

    /// <summary>Removes the object of an id.</summary>
    public required Func<IIpcClient, int, CancellationToken, Task> RemoveAsync { get; init; }

    /// <summary>The id of the object with a key.</summary>
    public required Func<IIpcClient, int, CancellationToken, Task<int>> FindAsync { get; init; }

    /// <summary>All ids.</summary>
    public required Func<IIpcClient, CancellationToken, IAsyncEnumerable<int>> IdsAsync { get; init; }

    /// <summary>All kinds, in the order in which ipcrm --all removes them.</summary>
    public static IEnumerable<RemovedKind> All()
    {
        yield return new RemovedKind("shm", "shared memory segment", "shmem", 'm')
        {
            RemoveAsync = (ipc, id, cancelled) => ipc.SharedMemorySegments.Open(id).RemoveAsync(cancelled),
            FindAsync = async (ipc, key, cancelled) =>
                (await ipc.SharedMemorySegments.GetAsync(
                    key, 0, GetFlags.None, UnixFileMode.None, cancellationToken: cancelled)).Id,
            IdsAsync = (ipc, cancelled) => ipc.SharedMemorySegments.ListAsync(cancelled).Select(entry => entry.Id),
        };
        yield return new RemovedKind("sem", "semaphore", "semaphore", 's')
        {
            RemoveAsync = (ipc, id, cancelled) => ipc.SemaphoreSets.Open(id).RemoveAsync(cancelled),
            FindAsync = async (ipc, key, cancelled) =>
                (await ipc.SemaphoreSets.GetAsync(
                    key, 0, GetFlags.None, UnixFileMode.None, cancellationToken: cancelled)).Id,
            IdsAsync = (ipc, cancelled) => ipc.SemaphoreSets.ListAsync(cancelled).Select(entry => entry.Id),
        };
        yield return new RemovedKind("msg", "message queue", "queue", 'q')
        {
            RemoveAsync = (ipc, id, cancelled) => ipc.MessageQueues.Open(id).RemoveAsync(cancelled),
            FindAsync = async (ipc, key, cancelled) =>
                (await ipc.MessageQueues.GetAsync(
                    key, GetFlags.None, UnixFileMode.None, cancellationToken: cancelled)).Id,
            IdsAsync = (ipc, cancelled) => ipc.MessageQueues.ListAsync(cancelled).Select(entry => entry.Id),
        };
    }

    public void AddTo(Command command)
    {
        command.Add(IdOption);
        command.Add(KeyOption);
    }

    public bool IsGiven(CommandResult result) =>
        result.GetResult(IdOption) is not null || result.GetResult(KeyOption) is not null;

    private static bool TryKey(string text, out NamedKey key)
    {
        var isKey = Parsing.TrySigned(text, out var number) && number is >= int.MinValue and <= uint.MaxValue
            && number != IpcFlags.IPC_PRIVATE;
        key = new NamedKey((int)number, text);
        return isKey;
    }
}
