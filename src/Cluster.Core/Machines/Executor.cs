using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Machines;

/// <summary>How an executor writes. All sizes in bytes.</summary>
public sealed record ExecutorOptions
{
    /// <summary>Events that may wait for the write under way; beyond it new calls fail with ENOBUFS.</summary>
    public int PendingEvents { get; init; } = 65_536;

    /// <summary>
    /// Bytes of messages that may wait for the write under way; beyond it new calls fail with ENOBUFS.
    /// </summary>
    public long PendingBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>A snapshot is taken after at least so many bytes of journal...</summary>
    public long SnapshotAfterBytes { get; init; } = 256 * 1024;

    /// <summary>...and after so many times the size of the last snapshot, or of the state if that is known.</summary>
    public int SnapshotAfterTimes { get; init; } = 2;

    /// <summary>The largest row of a snapshot.</summary>
    public int SnapshotPartBytes { get; init; } = 1024 * 1024;
}

/// <summary>One write of an entity: rows that are written together or not at all.</summary>
/// <param name="Rows">Their payloads, in order.</param>
/// <param name="IsSnapshot">Whether they are a whole snapshot, so that everything before them can go.</param>
/// <param name="Events">How many events it makes durable.</param>
public readonly record struct JournalWrite(IReadOnlyList<ReadOnlyMemory<byte>> Rows, bool IsSnapshot, int Events);

/// <summary>
/// Runs a machine behind a journal, by group commit: inputs go in at once, at most one write is under way, everything
/// that happened meanwhile goes into the next one, and nothing leaves before what it follows from is written.
/// </summary>
/// <remarks>
/// Pure, as etcd's RawNode is: inputs by <see cref="Machine"/>, then <see cref="TryBeginWrite"/>,
/// <see cref="Committed"/> and <see cref="Ready"/>. The actor shell and the simulation drive the same code. A write
/// that fails is the end of an executor: nothing it covers has left, so a new one is made from the journal.
/// </remarks>
public sealed class Executor : IOutputs
{
    private readonly ExecutorOptions _options;
    private Batch? _open;               // follows from events not yet being written
    private Batch? _writing;            // follows from events being written
    private List<SnapshotPart>? _parts; // while a snapshot is being read
    private Record? _pending;           // events not yet being written; none: null
    private long _pendingBytes;
    private Queue<ulong>? _subscriptions;
    private bool _urgent;
    private bool _isWriting;
    private long _bytesSinceSnapshot;
    private long _snapshotBytes;

    /// <summary>An executor for a machine without state: replay its journal first.</summary>
    public Executor(Machine machine, ExecutorOptions? options = null)
    {
        Machine = machine;
        _options = options ?? new ExecutorOptions();
        machine.Bind(this);
    }

    /// <summary>The machine; give it its inputs directly.</summary>
    public Machine Machine { get; }

    /// <summary>What may leave now. The caller takes it and clears it.</summary>
    public Batch Ready { get; } = new();

    /// <summary>Whether calls should be turned away (<see cref="Machine.TurnAway"/>).</summary>
    public bool IsFull => PendingCount >= _options.PendingEvents || _pendingBytes >= _options.PendingBytes;

    /// <summary>Whether even a refusal would be too much: calls are dropped, and come again.</summary>
    public bool IsOverfull => PendingCount >= 2 * _options.PendingEvents;

    /// <summary>Whether events wait that nobody waits for (acknowledgements): write them now and then.</summary>
    public bool HasLazyEvents => _pending is not null && !_urgent;

    /// <summary>Whether a write is under way.</summary>
    public bool IsWriting => _isWriting;

    /// <summary>Whether everything is written and nothing waits to leave.</summary>
    public bool IsIdle => !_isWriting && _pending is null && Ready.IsEmpty;

    /// <summary>An ordinary row of the journal.</summary>
    public void Replay(ReadOnlySpan<byte> row)
    {
        var record = Record.Parser.ParseFrom(row);
        foreach (var fact in record.Events) Machine.Replay(fact);
        _bytesSinceSnapshot += row.Length;
    }

    /// <summary>A row of a snapshot. The last one of a snapshot replaces the state.</summary>
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
    /// The next write, if there is something to write and none is under way. Rows may be written at once; tell
    /// <see cref="Committed"/> when they are.
    /// </summary>
    /// <param name="write">The rows.</param>
    /// <param name="lazy">Write even if nobody waits for it.</param>
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

    /// <summary>The write under way is in the journal, synced.</summary>
    public void Committed()
    {
        _isWriting = false;
        _writing?.MoveTo(Ready);
        _writing = null;
    }

    /// <summary>The journal was deleted, which settles everything: what waited for a write may leave.</summary>
    public void Abandon()
    {
        _pending = null;
        _pendingBytes = 0;
        _urgent = false;
        _open?.MoveTo(Ready);
        _open = null;
    }

    /// <inheritdoc/>
    public void Append(Event fact)
    {
        if (Machine.IsVolatile)
        {
            // Nothing to wait for, once what came before the object knew that it is volatile has left too.
            return;
        }

        (_pending ??= new Record { Revision = Machine.Revision - 1 }).Events.Add(fact);
        _pendingBytes += 64 + fact.FactCase switch
        {
            Event.FactOneofCase.MessageQueued => fact.MessageQueued.Text.Length,
            Event.FactOneofCase.SenderParked => fact.SenderParked.Call.Text.Length,
            Event.FactOneofCase.ExtentWritten => fact.ExtentWritten.Data.Length,
            _ => 0,
        };
        if (fact.FactCase != Event.FactOneofCase.CallsAcknowledged) _urgent = true;
    }

    /// <inheritdoc/>
    public void Release(int pid, Result result) => Target.Add(pid, result);

    /// <inheritdoc/>
    public void Answer(ulong token, Reply reply) => Target.Add(token, reply);

    /// <inheritdoc/>
    public void Publish(Reply news) => Target.AddNews(Batch.ToAll, news);

    /// <inheritdoc/>
    public void Push(ulong token, Reply news) => Target.AddNews(token, news);

    /// <inheritdoc/>
    public void Subscribe(ulong token) => (_subscriptions ??= []).Enqueue(token);

    /// <summary>The token of an asker that wants to hear what is published.</summary>
    public bool TryTakeSubscription(out ulong token)
    {
        token = 0;
        return _subscriptions is not null && _subscriptions.TryDequeue(out token);
    }

    /// <inheritdoc/>
    public void Send(Request request) => Target.Add(request);

    // Where something that is said now has to wait. Acknowledgements change nothing that a result could show.
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

    // The state has the pending events in it already: the snapshot stands for them.
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
