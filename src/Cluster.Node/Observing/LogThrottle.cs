using System.Collections.Concurrent;

namespace Cluster.Node.Observing;

/// <summary>
/// Bounds the lines that libraries log: some kinds of line are written once for each connection or request, so a client
/// could fill the log. The product's own events have bounds of their own.
/// </summary>
internal sealed class LogThrottle(TimeProvider time)
{
    /// <summary>Lines of one kind, that is of one category and event, in one window.</summary>
    internal const int Lines = 5;

    /// <summary>The window.</summary>
    internal static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    // Categories and events are fixed in code, so this is only a safeguard.
    private const int Kinds = 1_024;

    private readonly ConcurrentDictionary<(string Category, int Event), Kind> _kinds = [];

    /// <summary>Whether a line is to be written.</summary>
    /// <param name="category">The category of the log.</param>
    /// <param name="eventId">The number of the event in it.</param>
    /// <param name="left">Lines of the kind that were left out since the last one that was written.</param>
    public bool Passes(string category, int eventId, out long left)
    {
        left = 0;
        if (category is OperatorLog.Category or AkkaLog.Category) return true;
        if (_kinds.Count >= Kinds) _kinds.Clear();
        var kind = _kinds.GetOrAdd((category, eventId), static _ => new Kind());
        lock (kind)
        {
            var now = time.GetTimestamp();
            if (kind.Written == 0 || time.GetElapsedTime(kind.Since, now) >= Window) (kind.Since, kind.Written) = (now, 0);
            if (kind.Written == Lines)
            {
                kind.Left++;
                return false;
            }

            kind.Written++;
            (left, kind.Left) = (kind.Left, 0);
            return true;
        }
    }

    private sealed class Kind
    {
        public long Since { get; set; }

        public int Written { get; set; }

        public long Left { get; set; }
    }
}
