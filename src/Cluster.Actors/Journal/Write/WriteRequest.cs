using System.Collections.Immutable;
using Akka.Actor;
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
    private readonly RecordWrite? _write; // of the product's own actors; null: Akka's protocol

    public WriteRequest(
        string persistenceId,
        JournalRow[] rows,
        long trimBelow,
        IImmutableList<Exception>? rejections,
        CancellationToken cancellation,
        string? group = null)
    {
        Group = group;
        PersistenceId = persistenceId;
        Stored = rows;
        TrimBelow = trimBelow;
        Rejections = rejections;
        _cancellation = cancellation;
        IsForeign = group is null;
        foreach (ref readonly var row in rows.AsSpan())
        {
            Bytes += row.Message.Length;
            IsForeign |= row.Identifier != JournalRecordSerializer.SerializerId;
        }
    }

    private WriteRequest(RecordWrite write, string? group, JournalRow[] rows, long trimBelow)
        : this(write.PersistenceId, rows, trimBelow, null, CancellationToken.None, group) => _write = write;

    public string PersistenceId { get; }

    /// <summary>The fence group of the actor; null: its events go to the package's table.</summary>
    public string? Group { get; }

    /// <summary>Whether the rows belong in the package's table, and not in the log.</summary>
    public bool IsForeign { get; }

    /// <summary>The groups that this node is to claim, if the request does that and nothing else.</summary>
    public IReadOnlyList<string> Claims { get; private init; } = [];

    /// <summary>
    /// The number up to which the history is deleted, if the request does that and nothing else; 0: it does not. Only a
    /// whole history can be deleted. The deletion takes the next number.
    /// </summary>
    public long EndOf { get; private init; }

    /// <summary>The rows to insert; empty only if the request claims or deletes.</summary>
    public JournalRow[] Stored { get; }

    /// <summary>
    /// The insert also deletes the rows below this sequence number; 0: none, because there is no snapshot.
    /// </summary>
    public long TrimBelow { get; }

    public IImmutableList<Exception>? Rejections { get; }

    public int Rows => Math.Max(1, Stored.Length);

    public long Bytes { get; }

    /// <summary>Why the write failed; null: it has not failed.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Whether the actor was told that its write timed out. Such a write must not start any more.</summary>
    public bool IsAbandoned => _cancellation.IsCancellationRequested;

    /// <summary>A request that claims groups for this node.</summary>
    public static WriteRequest OfClaim(IReadOnlyList<string> groups) =>
        new(string.Empty, [], 0, null, CancellationToken.None) { Claims = groups };

    /// <summary>The request of a write of one of the product's own actors.</summary>
    /// <param name="write">The write.</param>
    /// <param name="group">The fence group of the actor.</param>
    /// <param name="now">The time, in ticks of UTC.</param>
    /// <param name="writer">Names the writer in the package's table.</param>
    public static WriteRequest Of(RecordWrite write, string? group, long now, string writer)
    {
        var rows = new JournalRow[write.Records.Length];
        long trimBelow = 0;
        for (var i = 0; i < rows.Length; i++)
        {
            var record = write.Records[i];
            var number = write.First + i;
            if (record.IsSnapshot && trimBelow == 0) trimBelow = number;
            rows[i] = new JournalRow(
                number, now, record.Payload, JournalRecordSerializer.SerializerId, JournalRecordSerializer.ManifestOf(record),
                writer);
        }

        return new WriteRequest(write, group, rows, trimBelow);
    }

    /// <summary>A request that deletes a history.</summary>
    public static WriteRequest OfEnd(string persistenceId, string group, long toSequenceNr) =>
        new(persistenceId, [], 0, null, CancellationToken.None, group) { EndOf = toSequenceNr };

    /// <summary>Tells the actor the result.</summary>
    public void Complete()
    {
        if (_write is { } write)
        {
            TrySetResult(null!); // only says that it has ended
            write.Actor.Tell(Failure is null ? write : new RecordWriteFailed(write, Failure), ActorRefs.NoSender);
        }
        else if (Failure is null)
        {
            TrySetResult(Rejections!);
        }
        else
        {
            TrySetException(Failure);
        }
    }
}
