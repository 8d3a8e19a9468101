namespace Cluster.Cli.Bench;

/// <summary>What is measured.</summary>
internal enum BenchMode
{
    /// <summary>Sends and receives, with a full window of calls in flight.</summary>
    Load,

    /// <summary>One send at a time.</summary>
    Sequential,

    /// <summary>From a send to the continuation of the receiver that it wakes.</summary>
    Wake,

    /// <summary>Calls to objects that the node has in its journal only.</summary>
    Recovery,
}

/// <summary>What to measure. Sizes in bytes.</summary>
internal sealed record BenchOptions
{
    public required IpcClientOptions Connection { get; init; }

    public BenchMode Mode { get; init; }

    public bool Volatile { get; init; }

    /// <summary>Client processes, each with its own pid and stream.</summary>
    public int Processes { get; init; } = 1;

    /// <summary>Queues.</summary>
    public int Objects { get; init; } = 1;

    public int Payload { get; init; } = 100;

    /// <summary>Calls in flight of each process.</summary>
    public int Window { get; init; } = 256;

    public double Seconds { get; init; } = 10;

    public double WarmupSeconds { get; init; } = 2;

    /// <summary>How many messages to send without a warm-up; 0: measure for a time instead.</summary>
    public long Messages { get; init; }

    /// <summary>Messages of another type in each queue during the measurement.</summary>
    public int Backlog { get; init; }

    /// <summary>Receivers that are blocked on the first queue during the measurement.</summary>
    public int Waiters { get; init; }

    /// <summary>Whether each waiter waits for another type.</summary>
    public bool ManyTypes { get; init; }

    /// <summary>The length of the warm-up in seconds; 0: none.</summary>
    public double EffectiveWarmupSeconds => Messages > 0 ? 0 : WarmupSeconds;
}
