using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>
/// Splits a range of a shared memory object into the parts that lie in its extents. Each extent is a target of its own: the
/// client learns their nodes as it does for all objects.
/// </summary>
/// <param name="kind">The kind of the extents.</param>
/// <param name="id">The id of the object.</param>
internal readonly struct ExtentParts(Kind kind, long id)
{
    /// <summary>
    /// Parts of one range that are under way at once: bounds the bytes in a stream and in the memory of a node.
    /// </summary>
    private const int PartsAtOnce = 8;

    /// <summary>The extent that has the byte at an offset.</summary>
    public Target ExtentOf(long offset) => new() { Kind = kind, Id = (id << 32) | (offset / Bounds.ExtentBytes) };

    /// <summary>Runs an action on each part of a range. When one fails, no further parts are begun.</summary>
    public ValueTask ForEachAsync(long offset, int length, Func<ExtentPart, Task> action)
    {
        var first = PartAt(offset, 0, length);
        return first.Length == length
            ? length == 0 ? ValueTask.CompletedTask : new ValueTask(action(first))
            : new ValueTask(AllAsync(offset, length, action));
    }

    // Waits for all parts that were begun: nothing touches the caller's buffer afterwards.
    private async Task AllAsync(long offset, int length, Func<ExtentPart, Task> action)
    {
        var running = new Queue<Task>();
        Exception? failure = null;
        for (var at = 0; at < length && failure is null;)
        {
            var part = PartAt(offset, at, length);
            running.Enqueue(action(part));
            at += part.Length;
            if (running.Count >= PartsAtOnce)
                failure = await EndAsync(running.Dequeue()).ConfigureAwait(false);
        }

        while (running.TryDequeue(out var last))
            failure = await EndAsync(last).ConfigureAwait(false) ?? failure;
        if (failure is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
    }

    private static async Task<Exception?> EndAsync(Task task)
    {
        try
        {
            await task.ConfigureAwait(false);
            return null;
        }
        catch (Exception exception)
        {
            return exception;
        }
    }

    private ExtentPart PartAt(long offset, int at, int length)
    {
        var start = (int)((offset + at) % Bounds.ExtentBytes);
        return new ExtentPart(ExtentOf(offset + at), at, start, Math.Min(Bounds.ExtentBytes - start, length - at));
    }
}

/// <summary>A part of a range that lies in one extent.</summary>
/// <param name="Target">The extent.</param>
/// <param name="At">Where in the caller's buffer.</param>
/// <param name="Offset">Where in the extent.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct ExtentPart(Target Target, int At, int Offset, int Length);
