namespace Cluster.Lab.Experiments;

/// <summary>The events of an experiment and their times.</summary>
internal sealed class Timeline(Action<string> tell)
{
    private readonly Lock _lock = new();
    private readonly List<(long At, string What)> _events = [];

    /// <summary>When the clients began, ns.</summary>
    public long Start { get; private set; } = LabClock.Now;

    /// <summary>Notes that the clients begin now.</summary>
    public void Begin() => Start = LabClock.Now;

    /// <summary>Notes an event that happens now.</summary>
    /// <returns>The time now, ns.</returns>
    public long Note(string what)
    {
        var now = LabClock.Now;
        lock (_lock) _events.Add((now, what));
        tell(what);
        return now;
    }

    /// <summary>All events so far.</summary>
    public IReadOnlyList<TimelineEvent> Events
    {
        get
        {
            lock (_lock)
                return [.. _events.Select(one => new TimelineEvent(LabClock.Seconds(Start, one.At), one.What))];
        }
    }
}
