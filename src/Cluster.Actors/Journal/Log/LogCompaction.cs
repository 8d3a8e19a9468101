namespace Cluster.Actors.Journal.Log;

/// <summary>
/// Moves an older stretch of the log into segments, a step in each transaction of the writer, and then removes its rows.
/// A crash in between leaves entries in both places, which their numbers tell apart.
/// </summary>
internal sealed class LogCompaction(LogIndex index, LogSettings settings, TimeProvider time)
{
    // The fewest entities that one transaction compacts, unless fewer are left. The most are as many as its bytes pay for:
    // a bound of the entities would let the log grow without one while commits are large.
    private const int EntitiesAtLeast = 16;

    // So many entities are few.
    private const int FewEntities = 64;
    private const int RowsAtOnce = 8;

    // An idle writer has no caller who waits for the transaction.
    private const int IdleFactor = 16;

    // A stretch is compacted before the next one is full.
    private const double Lead = 1.5;

    private readonly List<string> _step = [];
    private readonly List<LogPart> _parts = [];
    private LogGeneration? _generation;
    private string[] _entities = [];
    private int _done;
    private double _credit;
    private double _perByte;
    private (long Writer, long To)? _removing;
    private long _closing;

    /// <summary>The newest stretch is large enough to be compacted, once the one before is.</summary>
    public void Want()
    {
        if (_generation is null && _removing is null && _closing == 0) index.Freeze();
    }

    /// <summary>Begins anew, with what the index has.</summary>
    public void Reset() => (_generation, _removing, _closing) = (null, null, 0);

    /// <summary>The log has grown, so the compaction may do so much more.</summary>
    public void Pay(int bytes) => _credit += bytes * _perByte;

    /// <summary>Adds the next step to a transaction.</summary>
    public void Step(LogTransaction transaction, uint salt, LogHead self, long number, bool isIdle)
    {
        _step.Clear();
        var factor = isIdle ? IdleFactor : 1;
        if (_closing != 0)
        {
            transaction.Closed = _closing;
        }
        else if (_removing is { } removing)
        {
            // The newest row of this writer stays: the next commit sees by it that nothing was lost.
            var to = removing.Writer == self.Writer ? Math.Min(removing.To, number - 1) : removing.To;
            transaction.Removed = (LogCommit.Base(removing.Writer), to, RowsAtOnce * factor);
        }
        else if (_generation is not null || Begin())
        {
            var left = _entities.Length - _done;
            var count = Math.Min(left, isIdle ? FewEntities * factor : (int)_credit);
            if (count < Math.Min(EntitiesAtLeast, left)) return;
            for (var i = 0; i < count; i++) Compact(transaction, _entities[_done + i], salt);
            if (count == left && _generation!.End is { } end)
                transaction.Head = new LogHead(_generation.Writer, settings.Node, end.Number, end.Sum);
        }
    }

    /// <summary>A transaction with a step is durable.</summary>
    public void Stored(LogTransaction transaction, long self)
    {
        if (_step.Count > 0)
        {
            index.Compacted(_step);
            _done += _step.Count;
            _credit -= _step.Count;
            _step.Clear();
        }

        if (_generation is not null && _done == _entities.Length && (transaction.Head is not null || _generation.End is null))
        {
            if (transaction.Head is { } head) _removing = (head.Writer, head.Number);
            _generation = null;
            index.EndCompaction();
        }
        else if (transaction.Removed is { } removed && transaction.RemovedRows < removed.AtMost)
        {
            if (_removing!.Value.Writer != self) _closing = _removing.Value.Writer;
            _removing = null;
        }
        else if (transaction.Closed != 0)
        {
            _closing = 0;
        }
    }

    private bool Begin()
    {
        _generation = index.TakeFrozen();
        if (_generation is null) return false;
        _entities = index.ToCompact(_generation);
        (_done, _credit) = (0, 0);
        // A stretch of few entities is short, or nearly all of it is of no use: its rows go soon.
        var within = _entities.Length > FewEntities ? settings.LogBytes : Math.Clamp(_generation.Bytes, 1, settings.LogBytes);
        _perByte = Math.Max(_entities.Length, EntitiesAtLeast) / (double)within * Lead;
        return true;
    }

    private void Compact(LogTransaction transaction, string id, uint salt)
    {
        _step.Add(id);
        var below = index.TakeOf(_generation!, id, _parts);
        var start = Math.Max(0, _parts.FindLastIndex(part => part.StartsAnew));
        if (_parts.Count > 0 && _parts[start].StartsAnew) below = Math.Max(below, _parts[start].First);
        if (below > 0) transaction.Trims.Add((id, below));
        var run = new List<ReadOnlyMemory<byte>>();
        LogPart first = default;
        long last = 0;
        foreach (var part in _parts.Skip(start))
        {
            if (run.Count > 0 && part.Last <= last) continue; // adopted as well
            if (run.Count > 0 && part.First != last + 1) Flush();
            if (run.Count == 0) first = part;
            run.Add(part.Entries);
            last = part.Last;
        }

        if (run.Count > 0) Flush();

        void Flush()
        {
            var isEnd = first.Kind is LogEntryKind.End && first.Last == last;
            var ended = isEnd ? time.GetUtcNow().ToUnixTimeSeconds() : (long?)null;
            transaction.Segments.Add(LogSegment.Make(id, first.First, last, ended, salt, run));
            run.Clear();
        }
    }
}
