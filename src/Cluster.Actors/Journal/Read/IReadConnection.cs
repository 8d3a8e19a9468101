namespace Cluster.Actors.Journal.Read;

/// <summary>A reader's own connection. Used by one thread; disposed and made anew after each failure.</summary>
internal interface IReadConnection : IDisposable
{
    /// <summary>
    /// Streams the history of each request to it, in order, and completes it. A request's rows are of one snapshot of
    /// the database, so that a trimming that goes on meanwhile cannot tear a hole into them.
    /// </summary>
    void Read(List<RecoveryRequest> batch);
}
