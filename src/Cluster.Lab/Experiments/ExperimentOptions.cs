namespace Cluster.Lab.Experiments;

/// <summary>What an experiment is told.</summary>
public sealed record ExperimentOptions
{
    /// <summary>What is done to the cluster.</summary>
    public ExperimentKind Kind { get; init; }

    /// <summary>Chooses the calls and the victim.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>How long the workload runs at least; longer if what is done to the cluster takes longer.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Nodes.</summary>
    public int Nodes { get; init; } = 3;

    /// <summary>
    /// "sqlite": one file for all; "postgres": a server that the experiment makes; "postgres://...": one that is there;
    /// null: postgres if it is installed, or else sqlite.
    /// </summary>
    public string? Journal { get; init; }

    /// <summary>The nodes' profile: how soon they give each other up.</summary>
    public string Profile { get; init; } = "default";

    /// <summary>Calls a second of all clients together.</summary>
    public double CallsPerSecond { get; init; } = 500;

    /// <summary>Clients.</summary>
    public int Clients { get; init; } = 12;

    /// <summary>Callers that are blocked during all of it.</summary>
    public int Parked { get; init; } = 50;

    /// <summary>Message queues.</summary>
    public int Queues { get; init; } = 20;

    /// <summary>Semaphore sets.</summary>
    public int Sets { get; init; } = 8;

    /// <summary>Words of shared memory.</summary>
    public int Words { get; init; } = 8;

    /// <summary>Where report, history and the nodes' output go.</summary>
    public required string Out { get; init; }

    /// <summary>
    /// Gateways of a cluster that is there, in containers of Docker; empty: the experiment starts its own.
    /// </summary>
    public IReadOnlyList<string> Cluster { get; init; } = [];

    /// <summary>
    /// The nodes' containers, in the order of <see cref="Cluster"/>; empty: those that publish these ports.
    /// </summary>
    public IReadOnlyList<string> Containers { get; init; } = [];

    /// <summary>The journal's container; null: service postgres of the nodes' compose project.</summary>
    public string? JournalContainer { get; init; }

    /// <summary>Keep the journal when all is over.</summary>
    public bool Keep { get; init; }

    /// <summary>The path of cluster-node.dll.</summary>
    public required string NodePath { get; init; }

    /// <summary>Whether nodes of this profile have given up one that was silent for so long.</summary>
    public TimeSpan Silence => TimeSpan.FromSeconds(Profile == "fast" ? 8 : 16);
}
