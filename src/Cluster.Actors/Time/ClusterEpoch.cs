namespace Cluster.Actors.Time;

/// <summary>
/// The number of the cluster over its journal. Each cluster that forms takes the next number, so of two clusters the
/// one with the higher number is the younger. The node that forms a cluster knows the number from the journal, and a
/// node that joins hears it from the members.
/// </summary>
public sealed class ClusterEpoch
{
    private long _number;

    /// <summary>The number; 0: not known yet.</summary>
    public long Number => Volatile.Read(ref _number);

    /// <summary>Takes the number. The first one counts: a node is a member of one cluster only.</summary>
    public void Hear(long number) => Interlocked.CompareExchange(ref _number, number, 0);
}
