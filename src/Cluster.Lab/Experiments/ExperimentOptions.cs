namespace Cluster.Lab.Experiments;

/// <summary>The options of an experiment.</summary>
public sealed record ExperimentOptions
{
    /// <summary>The fault.</summary>
    public ExperimentKind Kind { get; init; }

    /// <summary>Chooses the calls and the node for the fault.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The shortest duration of the workload. It runs longer if the faults take longer.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>The number of nodes.</summary>
    public int Nodes { get; init; } = 3;

    /// <summary>
    /// "sqlite": one file for all nodes; "postgres": a server that the experiment starts; "postgres://...": an existing
    /// database; null: postgres if it is installed, otherwise sqlite.
    /// </summary>
    public string? Journal { get; init; }

    /// <summary>The nodes' profile: how soon they declare each other dead.</summary>
    public string Profile { get; init; } = "default";

    /// <summary>Calls per second of all clients together.</summary>
    public double CallsPerSecond { get; init; } = 500;

    /// <summary>The number of clients.</summary>
    public int Clients { get; init; } = 12;

    /// <summary>The number of callers that are blocked during the whole experiment.</summary>
    public int Parked { get; init; } = 50;

    /// <summary>The number of message queues.</summary>
    public int Queues { get; init; } = 20;

    /// <summary>The number of semaphore sets.</summary>
    public int Sets { get; init; } = 8;

    /// <summary>The number of words of shared memory.</summary>
    public int Words { get; init; } = 8;

    /// <summary>The number of POSIX message queues.</summary>
    public int PosixQueues { get; init; } = 6;

    /// <summary>The number of POSIX semaphores.</summary>
    public int PosixSemaphores { get; init; } = 4;

    /// <summary>The number of byte streams.</summary>
    public int Streams { get; init; } = 4;

    /// <summary>The directory for the report, the history and the nodes' output.</summary>
    public required string Out { get; init; }

    /// <summary>
    /// The gateways of an existing cluster in Docker containers; empty: the experiment starts a cluster.
    /// </summary>
    public IReadOnlyList<string> Cluster { get; init; } = [];

    /// <summary>
    /// The nodes' containers, in the order of <see cref="Cluster"/>; empty: the containers that publish these ports.
    /// </summary>
    public IReadOnlyList<string> Containers { get; init; } = [];

    /// <summary>The journal's container; null: service postgres of the nodes' Compose project.</summary>
    public string? JournalContainer { get; init; }

    /// <summary>Whether the journal is kept after the experiment.</summary>
    public bool Keep { get; init; }

    /// <summary>The path of cluster-node.dll.</summary>
    public required string NodePath { get; init; }

    /// <summary>After this time without heartbeats the other nodes have certainly declared a node dead.</summary>
    public TimeSpan Silence => TimeSpan.FromSeconds(Profile == "fast" ? 8 : 16);
}
