using System.Collections.Immutable;
using Cluster.Actors.Journal.Rows;

namespace Cluster.Actors.Journal.Write;

/// <summary>
/// One write of one persistent actor: rows that are stored together or not at all. It is the promise of its result too:
/// null if all was accepted, otherwise an entry for each atomic write, with the reason if that one was rejected.
/// </summary>
internal sealed class WriteRequest : TaskCompletionSource<IImmutableList<Exception>>, IJournalWork
{
    private readonly CancellationToken _cancellation;

    public WriteRequest(
        string persistenceId,
        JournalRow[] rows,
        long trimBelow,
        IImmutableList<Exception>? rejections,
        CancellationToken cancellation)
    {
        PersistenceId = persistenceId;
        Stored = rows;
        TrimBelow = trimBelow;
        Rejections = rejections;
        _cancellation = cancellation;
        foreach (ref readonly var row in rows.AsSpan()) Bytes += row.Message.Length;
    }

    public string PersistenceId { get; }

    /// <summary>What to insert; never empty.</summary>
    public JournalRow[] Stored { get; }

    /// <summary>Rows below this sequence number are deleted with the insert; 0 without a snapshot.</summary>
    public long TrimBelow { get; }

    public IImmutableList<Exception>? Rejections { get; }

    public int Rows => Stored.Length;

    public long Bytes { get; }

    /// <summary>Why the write failed; null as long as it has not.</summary>
    public Exception? Failure { get; set; }

    /// <summary>The actor has been told that its write timed out, so a write not yet begun must not be made.</summary>
    public bool IsAbandoned => _cancellation.IsCancellationRequested;

    /// <summary>Tells the actor how it went.</summary>
    public void Complete()
    {
        if (Failure is null) TrySetResult(Rejections!);
        else TrySetException(Failure);
    }
}
