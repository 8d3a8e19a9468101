using Cluster.Core.Entities;
using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Worlds;

/// <summary>One machine behind a journal in memory, and a follower that replays every row as it is written.</summary>
public sealed class Entity
{
    private readonly ExecutorOptions? _options;
    private readonly List<(bool IsSnapshot, byte[] Row)> _journal = [];
    private Executor _follower;

    public Entity(EntityKey key, ulong incarnation, ExecutorOptions? options = null)
    {
        _options = options;
        Executor = Start(key);
        Machine.Incarnation = incarnation;
        _follower = Start(key);
    }

    public Executor Executor { get; private set; }

    public Machine Machine => Executor.Machine;

    /// <summary>Snapshots written so far, and the rows of the largest.</summary>
    public (int Count, int Parts) Snapshots { get; private set; }

    /// <summary>Writes everything that waits, and says that it is written.</summary>
    public void Commit()
    {
        while (Executor.TryBeginWrite(out var write, lazy: true))
        {
            Store(write);
            Executor.Committed();
        }
    }

    /// <summary>Puts the rows of a write into the journal; the follower reads them at once.</summary>
    public void Store(JournalWrite write)
    {
        if (write.IsSnapshot)
        {
            _journal.Clear();
            Snapshots = (Snapshots.Count + 1, Math.Max(Snapshots.Parts, write.Rows.Count));
        }

        foreach (var row in write.Rows)
        {
            _journal.Add((write.IsSnapshot, row.ToArray()));
            Feed(_follower, _journal[^1]);
        }
    }

    /// <summary>The node is lost: a new machine is made from the journal, and nothing that waited has left.</summary>
    public void Crash(ulong incarnation)
    {
        Executor = Replayed();
        Machine.Incarnation = incarnation;
    }

    /// <summary>
    /// The journal has the live state, if it is read from the start, as it was written, or from a
    /// snapshot of it; and the state does not contradict itself.
    /// </summary>
    public void Check(bool fromStart)
    {
        Machine.CheckInvariants();
        if (Machine.IsVolatile || Machine.Revision == 0) return;
        var live = Machine.TakeSnapshot().Clone();
        Same(live, _follower.Machine.TakeSnapshot(), "the state as replayed row by row");
        var restored = MachineFactory.Create(Machine.Key);
        restored.Restore(Snapshot.Parser.ParseFrom(Google.Protobuf.MessageExtensions.ToByteArray(live)));
        Same(live, restored.TakeSnapshot(), "the state as restored from a snapshot");
        if (fromStart) Same(live, Replayed().Machine.TakeSnapshot(), "the state as replayed from the start");
    }

    private Executor Replayed()
    {
        var executor = Start(Machine.Key);
        foreach (var row in _journal) Feed(executor, row);
        return executor;
    }

    private Executor Start(EntityKey key) => new(MachineFactory.Create(key), _options);

    private static void Feed(Executor executor, (bool IsSnapshot, byte[] Row) row)
    {
        if (row.IsSnapshot) executor.ReplaySnapshot(row.Row);
        else executor.Replay(row.Row);
    }

    private static void Same(Snapshot live, Snapshot other, string what)
    {
        if (!live.Equals(other))
            throw new InvalidOperationException($"{what} is not the live state:\n live  {live}\n other {other}");
    }
}
