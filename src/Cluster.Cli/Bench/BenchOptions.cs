using Cluster.Client;

namespace Cluster.Cli.Bench;

/// <summary>What is measured.</summary>
internal enum BenchMode
{
    /// <summary>Sends and receives, as many in flight as the window has room for.</summary>
    Load,

    /// <summary>One send at a time.</summary>
    Sequential,

    /// <summary>From a send to the continuation of the receiver that it wakes.</summary>
    Wake,

    /// <summary>Calls to objects that are in the journal only.</summary>
    Recovery,
}

/// <summary>What to measure. Sizes in bytes.</summary>
internal sealed record BenchOptions
{
    public required IpcClientOptions Connection { get; init; }

    public BenchMode Mode { get; init; }

    public bool Volatile { get; init; }

    /// <summary>Client processes, each with a pid and a stream of its own.</summary>
    public int Processes { get; init; } = 1;

    /// <summary>Queues.</summary>
    public int Objects { get; init; } = 1;

    public int Payload { get; init; } = 100;

    /// <summary>Calls in flight of each process.</summary>
    public int Window { get; init; } = 256;

    public double Seconds { get; init; } = 10;

    public double WarmupSeconds { get; init; } = 2;

    /// <summary>Messages to send, instead of a time; there is no warm-up then. 0: none.</summary>
    public long Messages { get; init; }

    /// <summary>Messages of another type that lie in each queue meanwhile.</summary>
    public int Backlog { get; init; }

    /// <summary>Receivers that are blocked on the first queue meanwhile.</summary>
    public int Waiters { get; init; }

    /// <summary>Each waiter waits for a type of its own.</summary>
    public bool ManyTypes { get; init; }

    /// <summary>The warm-up that there is.</summary>
    public double EffectiveWarmupSeconds => Messages > 0 ? 0 : WarmupSeconds;
}
