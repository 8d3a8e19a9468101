using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Lab.Workloads;

/// <summary>The objects of a workload, by their ids. Their names in the history are KIND:INDEX.</summary>
internal sealed class WorkloadObjects
{
    public const int TypeCount = 3;

    private const int AtOnce = 32;

    public required int[] Queues { get; init; }

    public required int[] ParkedQueues { get; init; }

    public required int[] ParkedSets { get; init; }

    public required int[] Sets { get; init; }

    public required int[] Words { get; init; }

    public static async Task<WorkloadObjects> CreateAsync(
        IIpcClient client, WorkloadOptions options, CancellationToken cancelled)
    {
        var durability = options.Volatile ? Durability.Volatile : Durability.Durable;
        return new WorkloadObjects
        {
            Queues = await EachAsync(options.Queues, QueueAsync, cancelled).ConfigureAwait(false),
            ParkedQueues = await EachAsync(options.Parked > 0 ? options.ParkedQueues : 0, QueueAsync, cancelled)
                .ConfigureAwait(false),
            ParkedSets = await EachAsync(options.Parked > 1 ? options.ParkedQueues : 0, SetAsync, cancelled)
                .ConfigureAwait(false),
            Sets = await EachAsync(options.Sets, SetAsync, cancelled).ConfigureAwait(false),
            Words = await EachAsync(options.Words, WordAsync, cancelled).ConfigureAwait(false),
        };

        async Task<int> QueueAsync(CancellationToken token) =>
            (await client.MessageQueues.CreateAsync(durability: durability, cancellationToken: token)
                .ConfigureAwait(false)).Id;

        async Task<int> SetAsync(CancellationToken token) =>
            (await client.SemaphoreSets.CreateAsync(2, durability: durability, cancellationToken: token)
                .ConfigureAwait(false)).Id;

        async Task<int> WordAsync(CancellationToken token) =>
            (await client.SharedMemorySegments
                .CreateAsync(sizeof(ulong), durability: durability, cancellationToken: token)
                .ConfigureAwait(false)).Id;
    }

    /// <summary>The targets of all calls and their names in the history. The target of a word is its extent.</summary>
    public IEnumerable<(string Name, Target Target)> All =>
    [
        .. Queues.Select((id, i) => (Queue(i), Of(Kind.MessageQueue, id))),
        .. ParkedQueues.Select((id, i) => (ParkedQueue(i), Of(Kind.MessageQueue, id))),
        .. ParkedSets.Select((id, i) => (ParkedSet(i), Of(Kind.SemaphoreSet, id))),
        .. Sets.Select((id, i) => (Set(i), Of(Kind.SemaphoreSet, id))),
        .. Words.Select((id, i) => (Word(i), Of(Kind.Extent, (long)id << 32))),
    ];

    /// <summary>The segments of the words. A client calls the segment when it attaches the word first.</summary>
    public IEnumerable<(string Name, Target Target)> Segments =>
        Words.Select((id, i) => (Word(i), Of(Kind.SharedMemory, id)));

    /// <summary>Whether receivers ask this queue for a type. Each type then is served in an order of its own.</summary>
    public static bool IsTyped(int queue) => queue % 2 == 1;

    public static string Queue(int index) => $"queue:{index}";

    public static string ParkedQueue(int index) => $"parked:{index}";

    public static string ParkedSet(int index) => $"parked-set:{index}";

    public static string Set(int index) => $"set:{index}";

    public static string Word(int index) => $"word:{index}";

    private static Target Of(Kind kind, long id) => new() { Kind = kind, Id = id };

    private static async Task<int[]> EachAsync(
        int count, Func<CancellationToken, Task<int>> create, CancellationToken cancelled)
    {
        var ids = new int[count];
        var bound = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancelled };
        await Parallel.ForAsync(0, count, bound, async (index, token) =>
            ids[index] = await create(token).ConfigureAwait(false)).ConfigureAwait(false);
        return ids;
    }
}
