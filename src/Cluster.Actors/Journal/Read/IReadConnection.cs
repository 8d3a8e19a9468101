namespace Cluster.Actors.Journal.Read;

/// <summary>The connection of one reader thread. After a failure the thread disposes it and opens a new one.</summary>
internal interface IReadConnection : IDisposable
{
    /// <summary>
    /// Streams each history to its request, in order, and completes the request. The rows of a request come from one
    /// snapshot of the database, so that a concurrent deletion of old rows cannot leave a gap.
    /// </summary>
    void Read(List<RecoveryRequest> batch);
}
