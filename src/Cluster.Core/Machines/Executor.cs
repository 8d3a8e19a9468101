using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Machines;

/// <summary>
/// Runs a machine behind a journal by group commit. Inputs are taken at once. At most one write is under way, and all
/// that happens meanwhile goes into the next one. No result leaves before the events that it follows from are written.
/// </summary>
/// <remarks>
/// Pure, as RawNode of etcd's raft is. The shell drives it in this order:
/// <code>
/// executor.Machine.Submit(submit, nowMs);            // or Ask, OnReply, Tick, Suspend
/// if (executor.TryBeginWrite(out var write))         // nothing is under way, and somebody waits for a write
///     journal.Append(write.Rows);                    // asynchronous; meanwhile further inputs may come
/// Send(executor.Ready);                              // what had no event to wait for
/// executor.Ready.Clear();
/// // ... the journal has synced the rows:
/// executor.Committed();
/// Send(executor.Ready);                              // the results of all inputs before TryBeginWrite
/// executor.Ready.Clear();
/// if (executor.TryBeginWrite(out write)) { ... }     // what came during the write
/// </code>
/// A write that fails ends the executor. Nothing that the write covered has left, so a new executor is made from the
/// journal.
/// </remarks>
public sealed class Executor : IOutputs
{
    private readonly ExecutorOptions _options;
    private Batch? _open;               // what waits for events that no write covers yet
    private Batch? _writing;            // what waits for the write under way
    private List<SnapshotPart>? _parts; // while a snapshot is read
    private Record? _pending;           // events that no write covers yet; null: none
    private long _pendingBytes;
    private Queue<ulong>? _subscriptions;
    private Queue<ulong>? _ended; // subscriptions
    private bool _urgent;
    private bool _isWriting;
    private long _bytesSinceSnapshot;
    private long _snapshotBytes;

    /// <summary>Makes an executor for a machine without state. Replay the journal first.</summary>
    public Executor(Machine machine, ExecutorOptions? options = null)
    {
        Machine = machine;
        _options = options ?? new ExecutorOptions();
        machine.Bind(this);
    }

    /// <summary>The machine, which takes its inputs directly.</summary>
    public Machine Machine { get; }

    /// <summary>What may leave now. The shell sends it and clears it.</summary>
    public Batch Ready { get; } = new();

    /// <summary>Whether the shell has to turn calls away (<see cref="Machine.TurnAway"/>).</summary>
    public bool IsFull => PendingCount >= _options.PendingEvents || _pendingBytes >= _options.PendingBytes;

    /// <summary>
    /// Whether even failures would be too much. The shell drops calls, and their callers send them again.
    /// </summary>
    public bool IsOverfull => PendingCount >= 2 * _options.PendingEvents;

    /// <summary>
    /// Whether only events wait for which no caller waits (acknowledgements). They are written later.
    /// </summary>
    public bool HasLazyEvents => _pending is not null && !_urgent;

    /// <summary>Whether a write is under way.</summary>
    public bool IsWriting => _isWriting;

    /// <summary>Whether everything is written and has left.</summary>
    public bool IsIdle => !_isWriting && _pending is null && Ready.IsEmpty;

    /// <summary>Replays a row of events.</summary>
    public void Replay(ReadOnlySpan<byte> row)
    {
        var record = Record.Parser.ParseFrom(row);
        foreach (var fact in record.Events) Machine.Replay(fact);
        _bytesSinceSnapshot += row.Length;
    }

    /// <summary>Replays a row of a snapshot. The last row of a snapshot replaces the state.</summary>
    public void ReplaySnapshot(ReadOnlySpan<byte> row)
    {
        var part = SnapshotPart.Parser.ParseFrom(row);
        if (part.Index == 0 || _parts is null) _parts = [];
        _parts.Add(part);
        if (_parts.Count != part.Count) return;
        var whole = new byte[_parts.Sum(each => each.Data.Length)];
        var at = 0;
        foreach (var each in _parts)
        {
            each.Data.Span.CopyTo(whole.AsSpan(at));
            at += each.Data.Length;
        }

        _parts = null;
        Machine.Restore(Snapshot.Parser.ParseFrom(whole));
        _snapshotBytes = whole.Length;
        _bytesSinceSnapshot = 0;
    }

    /// <summary>
    /// Begins the next write, if there is something to write and no write is under way. The shell calls
    /// <see cref="Committed"/> when the rows are synced.
    /// </summary>
    /// <param name="write">The rows.</param>
    /// <param name="lazy">Whether to write even if no caller waits for it.</param>
    public bool TryBeginWrite(out JournalWrite write, bool lazy = false)
    {
        write = default;
        if (_isWriting || _pending is null || !(_urgent || lazy)) return false;
        write = WantsSnapshot ? TakeSnapshot(_pending) : TakeRecord(_pending);
        _pending = null;
        _pendingBytes = 0;
        _urgent = false;
        (_writing, _open) = (_open, null);
        _isWriting = true;
        return true;
    }

    /// <summary>Says that the write under way is in the journal, synced.</summary>
    public void Committed()
    {
        _isWriting = false;
        _writing?.MoveTo(Ready);
        _writing = null;
    }

    /// <summary>Says that the journal was deleted. Whatever waited for a write may leave.</summary>
    public void Abandon()
    {
        _pending = null;
        _pendingBytes = 0;
        _urgent = false;
        _open?.MoveTo(Ready);
        _open = null;
    }

    public void Append(Event fact)
    {
        if (Machine.IsVolatile) return; // no journal, so results need not wait
        (_pending ??= new Record { Revision = Machine.Revision - 1 }).Events.Add(fact);
        _pendingBytes += fact.CalculateSize();
        if (fact.FactCase != Event.FactOneofCase.CallsAcknowledged) _urgent = true;
    }

    public void Release(int pid, Result result) => Target.Add(pid, result);

    public void Answer(ulong token, Reply reply) => Target.Add(token, reply);

    public void Publish(Reply news) => Target.AddNews(Batch.ToAll, news);

    public void Push(ulong token, Reply news) => Target.AddNews(token, news);

    public void Subscribe(ulong token) => (_subscriptions ??= []).Enqueue(token);

    /// <summary>Takes the token of a new subscriber.</summary>
    public bool TryTakeSubscription(out ulong token)
    {
        token = 0;
        return _subscriptions is not null && _subscriptions.TryDequeue(out token);
    }

    public void Unsubscribe(ulong token) => (_ended ??= []).Enqueue(token);

    /// <summary>Takes the token of a subscription that has ended.</summary>
    public bool TryTakeEnded(out ulong token)
    {
        token = 0;
        return _ended is not null && _ended.TryDequeue(out token);
    }

    public void Send(Request request) => Target.Add(request);

    // What is said now waits for the last write that covers an event. Lazy events (acknowledgements) do not count: they
    // change nothing that a result could show.
    private Batch Target => _urgent ? _open ??= new() : _isWriting ? _writing ??= new() : Ready;

    private int PendingCount => _pending?.Events.Count ?? 0;

    private bool WantsSnapshot =>
        _bytesSinceSnapshot + _pendingBytes
        > Math.Max(
            _options.SnapshotAfterBytes,
            _options.SnapshotAfterTimes * Math.Max(_snapshotBytes, Machine.StateBytes));

    private JournalWrite TakeRecord(Record pending)
    {
        var row = pending.ToByteArray();
        _bytesSinceSnapshot += row.Length;
        return new JournalWrite([row], IsSnapshot: false, pending.Events.Count);
    }

    // The state contains the pending events already, so the snapshot replaces them.
    private JournalWrite TakeSnapshot(Record pending)
    {
        var whole = Machine.TakeSnapshot().ToByteArray();
        _snapshotBytes = whole.Length;
        _bytesSinceSnapshot = 0;
        var count = Math.Max(1, (whole.Length + _options.SnapshotPartBytes - 1) / _options.SnapshotPartBytes);
        var rows = new ReadOnlyMemory<byte>[count];
        for (var index = 0; index < count; index++)
        {
            var from = index * _options.SnapshotPartBytes;
            var length = Math.Min(_options.SnapshotPartBytes, whole.Length - from);
            rows[index] = new SnapshotPart
            {
                Index = (uint)index,
                Count = (uint)count,
                Data = UnsafeByteOperations.UnsafeWrap(whole.AsMemory(from, length)),
            }.ToByteArray();
        }

        return new JournalWrite(rows, IsSnapshot: true, pending.Events.Count);
    }
}
