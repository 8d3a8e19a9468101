using Cluster.Client;

namespace Cluster.Cli.Bench;

/// <summary>What to measure. Sizes in bytes.</summary>
internal sealed record BenchOptions
{
    public required IpcClientOptions Connection { get; init; }

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

    /// <summary>Sends, and as many receives, instead of a time; 0: none.</summary>
    public long Messages { get; init; }

    /// <summary>Messages of another type that lie in each queue meanwhile.</summary>
    public int Backlog { get; init; }

    /// <summary>Receivers that are blocked on the first queue meanwhile.</summary>
    public int Waiters { get; init; }

    /// <summary>Each waiter waits for a type of its own.</summary>
    public bool ManyTypes { get; init; }

    /// <summary>Measure the waking of a blocked receiver.</summary>
    public bool Wake { get; init; }

    /// <summary>Measure one send at a time.</summary>
    public bool Sequential { get; init; }
}
