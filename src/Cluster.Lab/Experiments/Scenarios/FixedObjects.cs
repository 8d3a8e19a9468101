using System.Globalization;
using System.Text;
using Cluster.Client;

namespace Cluster.Lab.Experiments.Scenarios;

/// <summary>Objects with known contents that no client of the workload calls.</summary>
internal sealed class FixedObjects
{
    private const int Queues = 5;
    private const int MessagesMost = 40;
    private const int Types = 4;
    private const int Sets = 5;
    private const int SemaphoresMost = 8;
    private const int ValueMost = 1_000;
    private const int Words = 5;

    private readonly List<(int Id, List<string> Messages)> _queues = [];
    private readonly List<(int Id, int[] Values)> _sets = [];
    private readonly List<(int Id, ulong Word)> _words = [];

    public static async Task<FixedObjects> CreateAsync(IIpcClient client, int seed, CancellationToken cancelled)
    {
        var result = new FixedObjects();
        var random = new Random(seed);
        for (var i = 0; i < Queues; i++)
        {
            var queue = await client.MessageQueues.CreateAsync(cancellationToken: cancelled).ConfigureAwait(false);
            var messages = new List<string>();
            for (var j = random.Next(1, MessagesMost); j > 0; j--)
            {
                var (type, text) = (1 + random.Next(Types), $"{i}-{j}-{random.Next():x}");
                await queue.SendAsync(type, Encoding.UTF8.GetBytes(text), cancellationToken: cancelled)
                    .ConfigureAwait(false);
                messages.Add($"{type} {text}");
            }

            result._queues.Add((queue.Id, messages));
        }

        for (var i = 0; i < Sets; i++)
        {
            var values = Enumerable.Range(0, random.Next(1, SemaphoresMost))
                .Select(_ => random.Next(ValueMost)).ToArray();
            var set = await client.SemaphoreSets.CreateAsync(values.Length, cancellationToken: cancelled)
                .ConfigureAwait(false);
            await set.SetAllAsync(values, cancelled).ConfigureAwait(false);
            result._sets.Add((set.Id, values));
        }

        for (var i = 0; i < Words; i++)
        {
            var word = (ulong)random.NextInt64();
            var segment = await client.SharedMemorySegments.CreateAsync(sizeof(ulong), cancellationToken: cancelled)
                .ConfigureAwait(false);
            var memory = await segment.AttachAsync(cancellationToken: cancelled).ConfigureAwait(false);
            await memory.ExchangeAsync(0, word, cancelled).ConfigureAwait(false);
            result._words.Add((segment.Id, word));
        }

        return result;
    }

    /// <summary>The first difference from the initial contents; null: none. Receives all messages.</summary>
    public async Task<string?> DifferenceAsync(IIpcClient client, CancellationToken cancelled)
    {
        foreach (var (id, expected) in _queues)
        {
            var queue = client.MessageQueues.Open(id);
            var found = new List<string>();
            while (await queue.TryReceiveAsync(cancellationToken: cancelled).ConfigureAwait(false) is { } message)
                found.Add($"{message.Type} {Encoding.UTF8.GetString(message.Text.Span)}");
            if (!found.SequenceEqual(expected)) return Differs($"queue {id}", expected, found);
        }

        foreach (var (id, expected) in _sets)
        {
            var found = await client.SemaphoreSets.Open(id).GetAllAsync(cancelled).ConfigureAwait(false);
            if (!found.SequenceEqual(expected)) return Differs($"set {id}", expected, found);
        }

        foreach (var (id, expected) in _words)
        {
            var memory = await client.SharedMemorySegments.Open(id).AttachAsync(cancellationToken: cancelled)
                .ConfigureAwait(false);
            var found = await memory.LoadAsync<ulong>(0, cancelled).ConfigureAwait(false);
            if (found != expected) return Differs($"segment {id}", [expected], [found]);
        }

        return null;
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{_queues.Count} queues with {_queues.Sum(queue => queue.Messages.Count)} messages, {_sets.Count} sets with "
        + $"{_sets.Sum(set => set.Values.Length)} semaphores, {_words.Count} words");

    private static string Differs<T>(string what, IEnumerable<T> expected, IEnumerable<T> found) =>
        $"{what}: expected {string.Join(", ", expected)}; found {string.Join(", ", found)}";
}
