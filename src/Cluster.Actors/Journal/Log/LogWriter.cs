using Cluster.Actors.Journal.Rows;
using Cluster.Actors.Journal.Write;

namespace Cluster.Actors.Journal.Log;

/// <summary>
/// Decides what each transaction of the writer's thread stores: the commit, and beside it a step of the compaction. It
/// outlives the connections.
/// </summary>
/// <remarks>
/// A write is stored if its group is this writer's, and if it follows the last entry of its entity. Both are exact: the
/// transaction is refused if a group of any writer has changed hands since the writer looked.
/// </remarks>
internal sealed class LogWriter(LogIndex index, LogSettings settings, TimeProvider time)
{
    // A snapshot of this size goes to a segment at once: it would be written twice otherwise.
    private const long LargeSnapshot = 64 * 1024;

    private readonly LogBytes _bytes = new();
    private readonly List<(string Id, int Start, int Length, LogPart Part, bool IsSegment)> _drafts = [];
    private readonly List<(string Id, LogPart Part, bool IsSegment)> _written = [];
    private readonly Dictionary<string, long> _lasts = [];
    private readonly LogCompaction _compaction = new(index, settings, time);
    private volatile object? _salt; // a boxed uint: readers read it
    private object? _session;
    private LogHead _self;
    private LogFence _fence = new(0, new Dictionary<string, long>(), new HashSet<long>());
    private long _number; // of the last commit
    private uint _sum;
    private long _trimmedAt;
    private LogCommit? _unsettled; // its outcome is unknown; _written belongs to it

    /// <summary>The salt of the journal.</summary>
    /// <exception cref="InvalidOperationException">The journal was not opened yet.</exception>
    public uint Salt => (uint)(_salt ?? throw new InvalidOperationException("the journal is not open"));

    /// <summary>Begins to use a new connection: finds out what became of the last commit.</summary>
    /// <exception cref="JournalDamagedException">The journal is another one, or lacks a commit.</exception>
    public void Attach(ILogDatabase database)
    {
        _salt = database.Open((uint?)_salt, _session);
        _session = database.Session;
        _fence = database.ReadFence();
        if (_self.Writer == 0 || !_fence.Writers.Contains(_self.Writer)) Register(database);
        else Settle(database);
        index.IsCertain = true;
    }

    /// <summary>Stores a batch. Sets <see cref="WriteRequest.Failure"/> on the requests that were refused.</summary>
    /// <exception cref="RowsRefusedException">The package's table refused a row, and nothing was stored.</exception>
    /// <exception cref="JournalDamagedException">The journal lacks what was stored before.</exception>
    public void Write(ILogDatabase database, List<WriteRequest> batch)
    {
        Claim(database, batch);
        while (true)
        {
            var transaction = Prepare(database, batch);
            if (transaction.IsEmpty) return;
            switch (Store(database, transaction))
            {
                case LogOutcome.Stored:
                    return;
                case LogOutcome.CommitLost:
                    index.IsCertain = false;
                    throw Lost(_number);
                default:
                    ReadFence(database);
                    break;
            }
        }
    }

    /// <summary>Whether the journal was opened once.</summary>
    public bool IsOpen => _salt is not null;

    /// <summary>
    /// Compacts a step of the log while there is nothing to write. Returns when to do so again; null: not before the next
    /// write.
    /// </summary>
    public TimeSpan? Idle(ILogDatabase database)
    {
        var untilTrim = settings.TrimAfter - time.GetElapsedTime(_trimmedAt);
        if (index.FreshBytes > settings.IdleBytes || (index.FreshTrims > 0 && untilTrim <= TimeSpan.Zero))
        {
            _trimmedAt = time.GetTimestamp();
            _compaction.Want();
        }

        var transaction = new LogTransaction { Fence = _fence.Version };
        _compaction.Step(transaction, Salt, _self, _number, isIdle: true);
        if (transaction.IsEmpty)
        {
            index.Chunks.Trim();
            return database.Tidy() ? TimeSpan.Zero
                : index.FreshTrims > 0 && untilTrim > TimeSpan.Zero ? untilTrim
                : null;
        }

        if (Store(database, transaction) is LogOutcome.FenceMoved) ReadFence(database);
        return TimeSpan.Zero;
    }

    private LogOutcome Store(ILogDatabase database, LogTransaction transaction)
    {
        LogOutcome outcome;
        try
        {
            outcome = database.Store(transaction);
        }
        catch (Exception exception) when (exception is not RowsRefusedException)
        {
            _unsettled = transaction.Commit;
            index.IsCertain = false;
            throw;
        }

        if (outcome is not LogOutcome.Stored) return outcome;
        if (transaction.Commit is { } commit) Add(commit);
        foreach (var request in transaction.Foreign) index.Recovered(request.PersistenceId, request.Stored[^1].SequenceNr);
        _compaction.Stored(transaction, _self.Writer);
        return outcome;
    }

    private void Add(LogCommit commit)
    {
        (_number, _sum) = (commit.Number, commit.Sum);
        index.Add(commit, _written);
    }

    private void Register(ILogDatabase database)
    {
        var (self, former) = database.Register(settings.Node);
        _fence = database.ReadFence();
        (_self, _number, _sum, _unsettled) = (self, self.Number, self.Sum, null);
        _compaction.Reset();
        index.Reset(self.Writer, former.Select(head => LogTail.Read(database, head, Salt, index.Chunks)).ToArray());
        Own();
    }

    private void Settle(ILogDatabase database)
    {
        if (_unsettled is { } commit)
        {
            var isStored = false;
            database.ReadLog(commit.Number - 1, commit.Number, (number, body) =>
                isStored = LogCommit.Open(number, body, Salt).Sum == commit.Sum);
            if (isStored) Add(commit);
            _unsettled = null;
        }

        var isThere = _number == LogCommit.Base(_self.Writer);
        database.ReadLog(_number - 1, _number, (_, _) => isThere = true);
        if (!isThere) throw Lost(_number);
        Own();
    }

    private void ReadFence(ILogDatabase database)
    {
        _fence = database.ReadFence();
        // Another node may have found this writer without groups. It compacts the log of this writer then.
        if (_fence.Writers.Contains(_self.Writer)) Own();
        else Register(database);
    }

    private void Own() => index.Own(
        _fence.Owners.Where(group => group.Value == _self.Writer).Select(group => group.Key).ToHashSet());

    private void Claim(ILogDatabase database, List<WriteRequest> batch)
    {
        var claims = batch.Where(request => request.Claims.Count > 0).ToArray();
        if (claims.Length == 0) return;
        ReadFence(database);
        var wanted = claims.SelectMany(request => request.Claims).Where(group => !IsMine(group)).Distinct().ToArray();
        if (wanted.Length == 0) return;
        database.Claim(_self.Writer, wanted);
        foreach (var head in database.CloseWithoutGroups(_self.Writer))
            index.Inherit(LogTail.Read(database, head, Salt, index.Chunks));
        ReadFence(database);
    }

    private bool IsMine(string group) => _fence.Owners.TryGetValue(group, out var owner) && owner == _self.Writer;

    private LogTransaction Prepare(ILogDatabase database, List<WriteRequest> batch)
    {
        var transaction = new LogTransaction { Fence = _fence.Version };
        FindLasts(database, batch);
        _drafts.Clear();
        _written.Clear();
        LogCommit.Begin(_bytes);
        foreach (var request in batch)
        {
            if (request.Failure is JournalConflictException) request.Failure = null; // of an attempt before
            if (request.Stored.Length == 0 && request.EndOf == 0) continue; // a claim
            if (request.IsForeign) transaction.Foreign.Add(request);
            else Draft(transaction, request);
        }

        if (_drafts.Count == 0) return transaction;
        var commit = LogCommit.End(_bytes, Salt, _number + 1, _sum);
        transaction.Commit = commit;
        foreach (var (id, start, length, part, isSegment) in _drafts)
            _written.Add((id, isSegment ? part : part with { Entries = commit.Body.Slice(start, length) }, isSegment));
        if (index.IsDue(settings)) _compaction.Want();
        _compaction.Pay(commit.Body.Length);
        _compaction.Step(transaction, Salt, _self, _number, isIdle: false);
        return transaction;
    }

    private void Draft(LogTransaction transaction, WriteRequest request)
    {
        var id = request.PersistenceId;
        var last = _lasts.GetValueOrDefault(id);
        // A group that is claimed and not read yet may have entries that this node does not know.
        var isMine = index.IsTaken(request.Group!);
        if (request.EndOf > 0 && last == 0 && isMine) return; // there is nothing to delete
        var isWhole = request.EndOf == 0 || request.EndOf >= last;
        var first = request.EndOf > 0 ? last + 1 : request.Stored[0].SequenceNr;
        if (!isMine || !isWhole || first != last + 1)
        {
            request.Failure = new JournalConflictException(id, first, null);
            return;
        }

        var isSegment = request.TrimBelow == first && request.Bytes >= LargeSnapshot;
        var begin = _bytes.Length;
        var start = LogCommit.BeginEntity(_bytes, id);
        var part = Encode(request, first);
        if (isSegment)
        {
            part = part with { Entries = _bytes.Span[start..].ToArray() };
            _bytes.CutTo(begin);
            transaction.Trims.Add((id, first));
            transaction.Segments.Add(LogSegment.Make(id, part.First, part.Last, null, Salt, [part.Entries]));
            part = part with { Entries = default };
        }
        else
        {
            LogCommit.EndEntity(_bytes, start);
        }

        _lasts[id] = part.Last;
        _drafts.Add((id, start, _bytes.Length - start, part, isSegment));
    }

    private LogPart Encode(WriteRequest request, long first)
    {
        if (request.EndOf > 0)
        {
            new LogEntry(LogEntryKind.End, first, default).AddTo(_bytes);
            return new LogPart(default, first, first, LogEntryKind.End);
        }

        var kind = LogEntryKind.Record;
        LogEntryKind? firstKind = null;
        foreach (ref readonly var row in request.Stored.AsSpan())
        {
            kind = row.Manifest != JournalRecordSerializer.SnapshotManifest ? LogEntryKind.Record
                : kind is LogEntryKind.Record ? LogEntryKind.SnapshotStart : LogEntryKind.SnapshotPiece;
            firstKind ??= kind;
            new LogEntry(kind, row.SequenceNr, row.Message).AddTo(_bytes);
        }

        return new LogPart(default, first, request.Stored[^1].SequenceNr, firstKind!.Value);
    }

    // One question for all entities of the batch whose last number is not in memory.
    private void FindLasts(ILogDatabase database, List<WriteRequest> batch)
    {
        _lasts.Clear();
        List<string>? unknown = null;
        foreach (var request in batch)
        {
            if (request.IsForeign || request.Claims.Count > 0) continue;
            if (index.LastOf(request.PersistenceId) is { } last) _lasts[request.PersistenceId] = last;
            else (unknown ??= []).Add(request.PersistenceId);
        }

        if (unknown is null) return;
        var stored = database.LastOf(unknown);
        foreach (var id in unknown) _lasts[id] = Math.Max(stored.GetValueOrDefault(id), index.LastPartOf(id));
    }

    private static JournalDamagedException Lost(long number) => new(
        $"{LogCommit.Describe(number)}, which was confirmed, is missing: the database was set back or replaced. Stop all "
        + "nodes, and bring its newest copy back");
}
