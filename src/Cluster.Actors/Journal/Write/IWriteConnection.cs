namespace Cluster.Actors.Journal.Write;

/// <summary>The connection of the writer thread. After a failure the writer disposes it and opens a new one.</summary>
internal interface IWriteConnection : IDisposable
{
    /// <summary>
    /// Stores the whole batch in one transaction and returns when it is durable.
    /// </summary>
    /// <exception cref="RowsRefusedException">
    /// The database refused a row. Nothing was stored, and the connection still works.
    /// </exception>
    void Write(List<WriteRequest> batch);

    /// <summary>
    /// Stores the valid requests in one transaction, each under its own savepoint. Sets
    /// <see cref="WriteRequest.Failure"/> on the refused requests. The others are durable on return.
    /// </summary>
    void WriteEach(List<WriteRequest> batch);

    /// <summary>
    /// Does a step of what can wait, while there is nothing to write. Returns when to do the next one; null: not before
    /// the next write.
    /// </summary>
    TimeSpan? Idle();

    /// <summary>Prepares the database for an orderly close. Not called after a failure.</summary>
    void Finish();
}
