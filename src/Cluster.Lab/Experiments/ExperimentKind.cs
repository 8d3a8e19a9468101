namespace Cluster.Lab.Experiments;

/// <summary>The fault of an experiment.</summary>
public enum ExperimentKind
{
    /// <summary>A node is killed and started again later.</summary>
    Failover = 0,

    /// <summary>A node is stopped until the others have declared it dead, and then continued.</summary>
    Pause = 1,

    /// <summary>The network between a node and the others is cut and healed.</summary>
    Partition = 2,

    /// <summary>One node after another is stopped in order and started again.</summary>
    Rolling = 3,

    /// <summary>The journal becomes unavailable and available again.</summary>
    Journal = 4,

    /// <summary>All nodes are killed at once and started again.</summary>
    Persistence = 5,

    /// <summary>The wall clocks of one node, and then of all, step and drift.</summary>
    Clock = 6,

    /// <summary>The packets from one node to another one are lost, in one direction.</summary>
    Asymmetric = 7,

    /// <summary>The disk of the journal is full, read-only, slow, and hangs.</summary>
    Disk = 8,
}
