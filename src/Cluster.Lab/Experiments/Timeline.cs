namespace Cluster.Lab.Experiments;

/// <summary>What happened when.</summary>
internal sealed class Timeline(Action<string> tell)
{
    private readonly Lock _lock = new();
    private readonly List<(long At, string What)> _events = [];

    /// <summary>When the clients began to work, ns.</summary>
    public long Start { get; private set; } = LabClock.Now;

    /// <summary>The clients begin to work.</summary>
    public void Begin() => Start = LabClock.Now;

    /// <summary>It happens now.</summary>
    /// <returns>When that is, ns.</returns>
    public long Note(string what)
    {
        var now = LabClock.Now;
        lock (_lock) _events.Add((now, what));
        tell(what);
        return now;
    }

    /// <summary>All that happened.</summary>
    public IReadOnlyList<TimelineEvent> Events
    {
        get
        {
            lock (_lock)
                return [.. _events.Select(one => new TimelineEvent(LabClock.Seconds(Start, one.At), one.What))];
        }
    }
}
