namespace Cluster.Actors.Journal.Write;

/// <summary>The writer's own connection. Used by one thread; disposed and made anew after each failure.</summary>
internal interface IWriteConnection : IDisposable
{
    /// <summary>
    /// Stores the whole batch in one transaction and returns when it is durable.
    /// </summary>
    /// <exception cref="RowsRefusedException">
    /// A row of the batch is at fault. Nothing was stored, and the connection is well.
    /// </exception>
    void Write(List<WriteRequest> batch);

    /// <summary>
    /// Stores what can be stored, in one transaction, each request under a savepoint of its own: the requests at fault
    /// have their <see cref="WriteRequest.Failure"/> set, the others are durable on return.
    /// </summary>
    void WriteEach(List<WriteRequest> batch);

    /// <summary>Leaves the database tidy before an orderly close. Not called after a failure.</summary>
    void Finish();
}
