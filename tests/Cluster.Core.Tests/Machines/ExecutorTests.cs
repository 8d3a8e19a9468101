using Cluster.Core.Machines;
using Cluster.Core.Namespaces;
using Cluster.Core.Objects.MessageQueues;
using Cluster.Core.Tests.Worlds;
using Cluster.Protocol;
using Record = Cluster.Protocol.Record;

namespace Cluster.Core.Tests.Machines;

/// <summary>Group commit: when output may leave, and when events are written.</summary>
public sealed class ExecutorTests
{
    private readonly ProbeMachine _machine = new();
    private readonly Executor _executor;

    public ExecutorTests() => _executor = new Executor(_machine);

    [Fact]
    public void A_result_waits_for_its_write()
    {
        _machine.Submit(ProbeMachine.Set(7, 1), 0);
        Assert.True(_executor.Ready.IsEmpty);
        var write = Begin();
        Assert.True(_executor.Ready.IsEmpty);
        _executor.Committed();
        Assert.Equal([1ul], Left());
        Assert.Single(Events(write));
        Assert.True(_executor.IsIdle);
    }

    [Fact]
    public void A_write_takes_all_events_since_the_write_before_it()
    {
        _machine.Submit(ProbeMachine.Set(7, 1), 0);
        Begin();
        for (ulong seq = 2; seq <= 4; seq++) _machine.Submit(ProbeMachine.Set(7, seq), 0);
        Assert.False(_executor.TryBeginWrite(out _));
        Assert.False(_executor.TryBeginWrite(out _, lazy: true));
        _executor.Committed();
        Assert.Equal([1ul], Left());
        Assert.Equal(3, Events(Begin()).Count);
        Assert.True(_executor.Ready.IsEmpty);
        _executor.Committed();
        Assert.Equal([2ul, 3, 4], Left());
    }

    [Fact]
    public void A_read_waits_for_the_write_whose_state_it_saw()
    {
        _machine.Submit(ProbeMachine.Get(7, 1), 0);
        Assert.Equal([1ul], Left()); // nothing to wait for
        _machine.Submit(ProbeMachine.Set(7, 2), 0);
        _machine.Submit(ProbeMachine.Get(8, 1), 0);
        Assert.Empty(Left());
        Begin();
        _machine.Submit(ProbeMachine.Get(8, 2), 0); // saw what is being written
        _machine.Submit(ProbeMachine.Set(7, 3), 0);
        _machine.Submit(ProbeMachine.Get(8, 3), 0); // saw what is not being written yet
        Assert.Empty(Left());
        _executor.Committed();
        Assert.Equal([2ul, 1, 2], Left());
        Begin();
        Assert.Empty(Left());
        _executor.Committed();
        Assert.Equal([3ul, 3], Left());
    }

    [Fact]
    public void Answers_and_requests_wait_for_the_write_as_results_do()
    {
        var directory = new ObjectDirectory(World.DirectoryOf(1), new MessageQueueKind());
        var executor = new Executor(directory);
        var stamp = new Stamp { Pid = 7, Credentials = new Credentials(), Limits = NamespaceLimits.Defaults };
        var submit = new Submit { Stamp = stamp };
        submit.Calls.Add(new Call { Seq = 1, Get = new Get() });
        submit.Calls.Add(new Call { Seq = 2, Remove = new Remove { Id = 0 } });
        directory.Submit(submit, 0);
        directory.Ask(new Request { EndObject = new EndObject { Id = 9 } }, 5, 0);
        Assert.True(executor.Ready.IsEmpty);
        Assert.True(executor.TryBeginWrite(out _));
        Assert.True(executor.Ready.IsEmpty);
        executor.Committed();
        Assert.NotNull(Assert.Single(executor.Ready.Requests).DestroyObject);
        Assert.Equal(5ul, Assert.Single(executor.Ready.Replies).Token);
    }

    [Fact]
    public void A_stored_result_waits_until_its_event_is_written()
    {
        _machine.Submit(ProbeMachine.Set(7, 1), 0);
        _machine.Submit(ProbeMachine.Set(7, 1), 0);
        Assert.True(_executor.Ready.IsEmpty);
        Begin();
        _machine.Submit(ProbeMachine.Set(7, 1), 0);
        Assert.True(_executor.Ready.IsEmpty);
        _executor.Committed();
        Assert.Equal([1ul, 1, 1], Left());
    }

    [Fact]
    public void Acknowledgements_are_written_with_other_events_or_after_a_delay()
    {
        Write(ProbeMachine.Set(7, 1));
        Left();
        _machine.Submit(ProbeMachine.Get(7, 2, ack: 2), 0);
        Assert.Equal([2ul], Left());
        Assert.True(_executor.HasLazyEvents);
        Assert.False(_executor.TryBeginWrite(out _));
        Assert.True(_executor.TryBeginWrite(out var write, lazy: true));
        Assert.Equal(Event.FactOneofCase.CallsAcknowledged, Assert.Single(Events(write)).FactCase);
        _executor.Committed();

        Write(ProbeMachine.Set(7, 3));
        _machine.Submit(ProbeMachine.Set(7, 4, ack: 4), 0);
        Assert.False(_executor.HasLazyEvents);
        Assert.Equal(2, Events(Begin()).Count);
    }

    [Fact]
    public void A_snapshot_replaces_the_events_before_it()
    {
        var options = new ExecutorOptions { SnapshotAfterBytes = 300, SnapshotAfterTimes = 1, SnapshotPartBytes = 10 };
        var machine = new ProbeMachine();
        var executor = new Executor(machine, options);
        List<JournalWrite> writes = [];
        for (ulong seq = 1; writes.All(write => !write.IsSnapshot); seq++)
        {
            machine.Submit(ProbeMachine.Set(7, seq, value: (long)seq), 0);
            Assert.True(executor.TryBeginWrite(out var write));
            writes.Add(write);
            Assert.DoesNotContain(executor.Ready.Results, each => each.Result.Seq == seq);
            executor.Committed();
            Assert.Equal(seq, executor.Ready.Results[^1].Result.Seq);
            Assert.True(seq < 100);
        }

        Assert.True(writes.Count > 2);
        Assert.True(writes[^1].Rows.Count > 2);
        Assert.Equal(machine.TakeSnapshot(), Replayed(writes).TakeSnapshot());
        Assert.Equal(machine.TakeSnapshot(), Replayed([writes[^1]]).TakeSnapshot());
    }

    [Fact]
    public void A_snapshot_cut_off_in_the_middle_changes_nothing()
    {
        var options = new ExecutorOptions { SnapshotAfterBytes = 0, SnapshotAfterTimes = 0, SnapshotPartBytes = 10 };
        var machine = new ProbeMachine();
        var executor = new Executor(machine, options);
        machine.Submit(ProbeMachine.Set(7, 1), 0);
        executor.TryBeginWrite(out var write);
        Assert.True(write is { IsSnapshot: true, Rows.Count: > 1 });
        var other = new ProbeMachine();
        var reader = new Executor(other);
        foreach (var row in write.Rows.SkipLast(1)) reader.ReplaySnapshot(row.Span);
        Assert.Equal(0ul, other.Revision);
        foreach (var row in write.Rows) reader.ReplaySnapshot(row.Span);
        Assert.Equal(machine.TakeSnapshot(), other.TakeSnapshot());
    }

    [Fact]
    public void A_record_has_the_number_of_events_before_it()
    {
        Write(ProbeMachine.Set(7, 1));
        _machine.Submit(ProbeMachine.Set(7, 2), 0);
        _machine.Submit(ProbeMachine.Set(7, 3), 0);
        Assert.Equal(1ul, Record.Parser.ParseFrom(Begin().Rows[0].Span).Revision);
    }

    [Fact]
    public void Calls_beyond_the_bound_of_waiting_events_fail()
    {
        var machine = new ProbeMachine();
        var executor = new Executor(machine, new ExecutorOptions { PendingEvents = 3 });
        for (ulong seq = 1; seq <= 3; seq++)
        {
            Assert.False(executor.IsFull);
            machine.Submit(ProbeMachine.Set(7, seq), 0);
        }

        Assert.True(executor.IsFull);
        Assert.False(executor.IsOverfull);
        machine.TurnAway(ProbeMachine.Set(7, 4), 0);
        machine.TurnAway(ProbeMachine.Set(7, 1), 0); // known: it has its result
        machine.TurnAway(ProbeMachine.Set(7, 5), 0);
        machine.TurnAway(ProbeMachine.Set(7, 6), 0);
        Assert.True(executor.IsOverfull);
        executor.TryBeginWrite(out _);
        Assert.False(executor.IsFull);
        executor.Committed();
        var errors = executor.Ready.Results.Select(each => (each.Result.Seq, (Errno)each.Result.Errno));
        Assert.Equal(
            [(1, Errno.None), (2, Errno.None), (3, Errno.None), (4, Errno.ENOBUFS), (1, Errno.None), (5, Errno.ENOBUFS),
                (6, Errno.ENOBUFS)],
            errors);
        machine.Submit(ProbeMachine.Set(7, 4), 0); // final, as every result is
        Assert.Equal((int)Errno.ENOBUFS, executor.Ready.Results[^1].Result.Errno);
    }

    [Fact]
    public void A_volatile_machine_waits_for_nothing()
    {
        _machine.IsVolatileNow = true;
        _machine.Submit(ProbeMachine.Set(7, 1), 0);
        Assert.Equal([1ul], Left());
        Assert.False(_executor.TryBeginWrite(out _, lazy: true));
    }

    [Fact]
    public void Results_carry_the_revision_of_their_event()
    {
        Write(ProbeMachine.Set(7, 1));
        Write(ProbeMachine.Failing(7, 2));
        _machine.Submit(ProbeMachine.Get(7, 3), 0);
        Assert.Equal([1ul, 2, 2], _executor.Ready.Results.Select(each => each.Result.Revision));
    }

    private JournalWrite Begin()
    {
        Assert.True(_executor.TryBeginWrite(out var write));
        return write;
    }

    private void Write(Submit submit)
    {
        _machine.Submit(submit, 0);
        Begin();
        _executor.Committed();
    }

    private ulong[] Left()
    {
        ulong[] seqs = [.. _executor.Ready.Results.Select(each => each.Result.Seq)];
        _executor.Ready.Clear();
        return seqs;
    }

    private static IList<Event> Events(JournalWrite write) =>
        Record.Parser.ParseFrom(Assert.Single(write.Rows).Span).Events;

    private static ProbeMachine Replayed(IEnumerable<JournalWrite> writes)
    {
        var machine = new ProbeMachine();
        var executor = new Executor(machine);
        foreach (var write in writes)
        {
            foreach (var row in write.Rows)
            {
                if (write.IsSnapshot) executor.ReplaySnapshot(row.Span);
                else executor.Replay(row.Span);
            }
        }

        return machine;
    }
}
