using System.Collections.Immutable;
using Cluster.Actors.Journal.Rows;

namespace Cluster.Actors.Journal.Write;

/// <summary>
/// One write of one persistent actor: rows that are stored together or not at all. It is also the promise of its
/// result: null if all atomic writes were accepted, otherwise an entry for each of them, with the reason of its
/// rejection or null.
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

    /// <summary>The rows to insert; never empty.</summary>
    public JournalRow[] Stored { get; }

    /// <summary>
    /// The insert also deletes the rows below this sequence number; 0: none, because there is no snapshot.
    /// </summary>
    public long TrimBelow { get; }

    public IImmutableList<Exception>? Rejections { get; }

    public int Rows => Stored.Length;

    public long Bytes { get; }

    /// <summary>Why the write failed; null: it has not failed.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Whether the actor was told that its write timed out. Such a write must not start any more.</summary>
    public bool IsAbandoned => _cancellation.IsCancellationRequested;

    /// <summary>Tells the actor the result.</summary>
    public void Complete()
    {
        if (Failure is null) TrySetResult(Rejections!);
        else TrySetException(Failure);
    }
}
