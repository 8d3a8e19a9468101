namespace Cluster.Node.Record;

/// <summary>
/// The record of the cluster in the journal, and the lock that each member holds on it. The kernel or the database
/// releases the lock however the node dies, so a lock that is held shows that a member of the cluster still lives.
/// </summary>
internal interface IClusterRecord : IAsyncDisposable
{
    /// <summary>Returns the record; null: no cluster has formed over this journal.</summary>
    Task<ClusterRow?> ReadAsync(CancellationToken cancelled);

    /// <summary>
    /// Takes the lock for this node alone, and forms a new cluster in the record. Returns null if another node holds
    /// the lock.
    /// </summary>
    /// <param name="clockMs">The reading with which the clock of the first cluster begins, in ms.</param>
    /// <param name="self">The address of this node.</param>
    /// <param name="cancelled">Aborts.</param>
    Task<ClusterRow?> TryFormAsync(long clockMs, string self, CancellationToken cancelled);

    /// <summary>
    /// Holds the lock together with the other members, from now on. False: a node that forms a cluster has it at this
    /// moment.
    /// </summary>
    Task<bool> TryShareAsync(CancellationToken cancelled);

    /// <summary>
    /// Makes the record of a cluster that formed without one: by nodes of a version that wrote none. An existing record
    /// stays.
    /// </summary>
    Task AdoptAsync(ClusterRow row, CancellationToken cancelled);

    /// <summary>Writes that the cluster lives, unless the record is that of an older cluster.</summary>
    Task BeatAsync(ClusterRow row, CancellationToken cancelled);
}
