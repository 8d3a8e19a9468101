namespace Cluster.Cli.Kinds;

/// <summary>Asks listed objects, some hundred at a time. So a listing of any length starts at once.</summary>
internal static class Asking
{
    private const int AtOnce = 256;

    /// <summary>The answers in the order of the entries.</summary>
    /// <param name="entries">The objects.</param>
    /// <param name="ask">Asks one object; null: it is left out.</param>
    public static async IAsyncEnumerable<TAnswer> EachAsync<TEntry, TAnswer>(
        IAsyncEnumerable<TEntry> entries, Func<TEntry, Task<Answer<TAnswer>?>> ask)
    {
        var asked = new Queue<Task<Answer<TAnswer>?>>();
        await foreach (var entry in entries)
        {
            asked.Enqueue(ask(entry));
            if (asked.Count >= AtOnce && await asked.Dequeue() is { } answer) yield return answer.Value;
        }

        while (asked.TryDequeue(out var next))
        {
            if (await next is { } answer) yield return answer.Value;
        }
    }
}

/// <summary>What an object has answered.</summary>
internal readonly record struct Answer<T>(T Value);
