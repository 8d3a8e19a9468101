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

    public required IPosixMessageQueue[] PosixQueues { get; init; }

    public required IPosixSemaphore[] PosixSemaphores { get; init; }

    /// <summary>Both ends of each stream, so that it is never emptied because nobody has it open.</summary>
    public required IFifo[] Streams { get; init; }

    public static async Task<WorkloadObjects> CreateAsync(
        IIpcClient client, WorkloadOptions options, CancellationToken cancelled)
    {
        var durability = options.Volatile ? Durability.Volatile : Durability.Durable;
        var name = $"/lab-{Guid.NewGuid():n}-"; // a cluster may have objects of other experiments
        return new WorkloadObjects
        {
            Queues = await EachAsync(options.Queues, QueueAsync, cancelled).ConfigureAwait(false),
            ParkedQueues = await EachAsync(options.Parked > 0 ? options.ParkedQueues : 0, QueueAsync, cancelled)
                .ConfigureAwait(false),
            ParkedSets = await EachAsync(options.Parked > 1 ? options.ParkedQueues : 0, SetAsync, cancelled)
                .ConfigureAwait(false),
            Sets = await EachAsync(options.Sets, SetAsync, cancelled).ConfigureAwait(false),
            Words = await EachAsync(options.Words, WordAsync, cancelled).ConfigureAwait(false),
            PosixQueues = await EachAsync(options.PosixQueues, PosixQueueAsync, cancelled).ConfigureAwait(false),
            PosixSemaphores = await EachAsync(options.PosixSemaphores, PosixSemaphoreAsync, cancelled)
                .ConfigureAwait(false),
            Streams = await EachAsync(options.Streams, StreamAsync, cancelled).ConfigureAwait(false),
        };

        async Task<IFifo> StreamAsync(int index, CancellationToken token)
        {
            await client.Fifos.CreateAsync($"{name}f{index}", durability: durability, cancellationToken: token)
                .ConfigureAwait(false);
            return await client.Fifos.OpenAsync($"{name}f{index}", OpenFlags.ReadWrite, token).ConfigureAwait(false);
        }

        Task<IPosixMessageQueue> PosixQueueAsync(int index, CancellationToken token) =>
            client.PosixMessageQueues.OpenAsync(
                $"{name}q{index}", OpenFlags.ReadWrite | Making, size: new PosixQueueSize(10, 64),
                durability: durability, cancellationToken: token);

        Task<IPosixSemaphore> PosixSemaphoreAsync(int index, CancellationToken token) =>
            client.PosixSemaphores.OpenAsync(
                $"{name}s{index}", Making, value: options.Permits, durability: durability, cancellationToken: token);

        async Task<int> QueueAsync(int index, CancellationToken token) =>
            (await client.MessageQueues.CreateAsync(durability: durability, cancellationToken: token)
                .ConfigureAwait(false)).Id;

        async Task<int> SetAsync(int index, CancellationToken token) =>
            (await client.SemaphoreSets.CreateAsync(2, durability: durability, cancellationToken: token)
                .ConfigureAwait(false)).Id;

        async Task<int> WordAsync(int index, CancellationToken token) =>
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
        .. PosixQueues.Select((queue, i) => (PosixQueue(i), Of(Kind.Mqueue, queue.Description.Id))),
        .. PosixSemaphores.Select((each, i) => (PosixSemaphore(i), Of(Kind.PosixSemaphore, each.Description.Id))),
        .. Streams.Select((each, i) => (Stream(i), Of(Kind.Fifo, each.Description.Id))),
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

    public static string PosixQueue(int index) => $"mq:{index}";

    public static string PosixSemaphore(int index) => $"psem:{index}";

    public static string Stream(int index) => $"stream:{index}";

    /// <summary>
    /// The priority of a message that the history has with a type: the highest priority is the lowest type, so that
    /// mq_receive(3) is a msgrcv(2) with <see cref="AnyPriority"/>.
    /// </summary>
    public static int PriorityOf(long type) => (int)(Bounds.MqueuePriorities - type);

    /// <summary>The type of a message with a priority.</summary>
    public static long TypeOf(int priority) => Bounds.MqueuePriorities - priority;

    /// <summary>The selector of mq_receive(3) in the history.</summary>
    public const long AnyPriority = -Bounds.MqueuePriorities;

    private const OpenFlags Making = OpenFlags.Create | OpenFlags.Exclusive;

    private static Target Of(Kind kind, long id) => new() { Kind = kind, Id = id };

    private static async Task<T[]> EachAsync<T>(
        int count, Func<int, CancellationToken, Task<T>> create, CancellationToken cancelled)
    {
        var ids = new T[count];
        var bound = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancelled };
        await Parallel.ForAsync(0, count, bound, async (index, token) =>
            ids[index] = await create(index, token).ConfigureAwait(false)).ConfigureAwait(false);
        return ids;
    }
}
