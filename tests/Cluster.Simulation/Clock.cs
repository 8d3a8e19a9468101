namespace Cluster.Simulation;

/// <summary>Virtual time: events in their order, on one thread, with every random choice from one seed.</summary>
public sealed class Clock(int seed)
{
    private readonly PriorityQueue<Action, (long AtMs, long Order)> _events = new();
    private long _order;

    /// <summary>The source of every random choice.</summary>
    public Random Random { get; } = new(seed);

    /// <summary>Now, in ms since the epoch.</summary>
    public long NowMs { get; private set; } = 1_000_000;

    /// <summary>The events, newest last. The report of a failed run shows them.</summary>
    public Queue<string> Trace { get; } = [];

    /// <summary>Makes something happen later.</summary>
    public void After(long delayMs, Action action) => _events.Enqueue(action, (NowMs + Math.Max(0, delayMs), _order++));

    /// <summary>Lets everything happen up to a time.</summary>
    public void RunUntil(long endMs, Func<bool>? done = null)
    {
        while (_events.TryPeek(out _, out var next) && next.AtMs <= endMs && done?.Invoke() != true)
        {
            NowMs = next.AtMs;
            _events.Dequeue()();
        }

        if (done is null) NowMs = Math.Max(NowMs, endMs);
    }

    /// <summary>True with this probability.</summary>
    public bool Chance(double probability) => Random.NextDouble() < probability;

    /// <summary>Stores an event.</summary>
    public void Note(string what)
    {
        Trace.Enqueue($"{NowMs - 1_000_000,7} {what}");
        if (Trace.Count > 4000) Trace.Dequeue();
    }
}
