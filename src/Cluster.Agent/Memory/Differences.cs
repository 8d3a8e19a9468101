namespace Cluster.Agent.Memory;

/// <summary>Finds the pages in which two stretches of memory differ.</summary>
internal static class Differences
{
    /// <summary>The ranges of whole pages that differ, in their order; neighbours are one range.</summary>
    public static IEnumerable<(int Start, int End)> Of(ReadOnlyMemory<byte> one, ReadOnlyMemory<byte> other)
    {
        var start = -1;
        for (var at = 0; at < one.Length; at += Bounds.PageBytes)
        {
            var length = Math.Min(Bounds.PageBytes, one.Length - at);
            var isSame = one.Span.Slice(at, length).SequenceEqual(other.Span.Slice(at, length));
            if (!isSame && start < 0)
                start = at;
            if (!isSame || start < 0)
                continue;
            yield return (start, at);
            start = -1;
        }

        if (start >= 0)
            yield return (start, one.Length);
    }
}
