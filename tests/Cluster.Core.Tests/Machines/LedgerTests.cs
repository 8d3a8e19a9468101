using Cluster.Core.Machines;
using Cluster.Protocol;
using CsCheck;

namespace Cluster.Core.Tests.Machines;

/// <summary>The stored results of completed calls, and their removal.</summary>
public sealed class LedgerTests
{
    private readonly ProbeMachine _machine = new();
    private readonly Executor _executor;

    public LedgerTests() => _executor = new Executor(_machine);

    [Fact]
    public void The_ledger_keeps_results_until_they_are_acknowledged()
    {
        for (ulong seq = 1; seq <= 5; seq++) _machine.Submit(ProbeMachine.Set(7, seq), 0);
        Assert.Equal(5, _machine.Ledger.UnacknowledgedCount);
        _machine.Submit(ProbeMachine.Ack(7, 4), 0);
        Assert.Equal(2, _machine.Ledger.UnacknowledgedCount);
        Assert.True(_machine.Ledger.IsAcknowledged(7, 3));
        Assert.False(_machine.Ledger.IsAcknowledged(7, 4));
        Assert.False(_machine.Ledger.TryGet(7, 3, out _));
        Assert.True(_machine.Ledger.TryGet(7, 4, out _));
        _machine.Submit(ProbeMachine.Ack(7, 2), 0); // never back
        Assert.True(_machine.Ledger.IsAcknowledged(7, 3));
        Assert.False(_machine.Ledger.IsAcknowledged(7, 4));
    }

    [Fact]
    public void An_acknowledgement_that_removes_no_result_is_no_event()
    {
        _machine.Submit(ProbeMachine.Set(7, 5), 0);
        var revision = _machine.Revision;
        _machine.Submit(ProbeMachine.Ack(7, 5), 0);
        _machine.Submit(ProbeMachine.Ack(8, 100), 0);
        Assert.Equal(revision, _machine.Revision);
    }

    [Fact]
    public void Seqs_may_be_far_apart_and_in_any_order()
    {
        foreach (var seq in new[] { ulong.MaxValue - 1, 1ul, 1ul << 40, 3ul })
            _machine.Submit(ProbeMachine.Set(7, seq), 0);
        _machine.Submit(ProbeMachine.Ack(7, 1ul << 40), 0);
        Assert.Equal(2, _machine.Ledger.UnacknowledgedCount);
        _machine.Submit(ProbeMachine.Ack(7, ulong.MaxValue), 0);
        Assert.Equal(0, _machine.Ledger.UnacknowledgedCount);
    }

    [Fact]
    public void The_tombstone_of_a_process_is_removed_after_its_time()
    {
        Exit(7, 0);
        Exit(8, 1);
        Assert.True(_machine.Ledger.HasExited(7));
        Exit(9, Ledger.TombstoneMs + 1);
        Assert.False(_machine.Ledger.HasExited(7));
        Assert.True(_machine.Ledger.HasExited(8));
        _machine.Submit(ProbeMachine.Set(8, 1), 0);
        Assert.Empty(_executor.Ready.Results);
        Assert.Equal(0, _machine.Ledger.UnacknowledgedCount);
    }

    [Fact]
    public void A_pending_call_does_not_keep_other_results()
    {
        for (ulong seq = 2; seq <= 9; seq++) _machine.Submit(ProbeMachine.Set(7, seq), 0);
        _machine.Submit(ProbeMachine.Ack(7, 10, 1), 0);
        Assert.Equal(0, _machine.Ledger.UnacknowledgedCount);
        Assert.True(_machine.Ledger.IsAcknowledged(7, 9));
        Assert.False(_machine.Ledger.IsAcknowledged(7, 1));

        _machine.Submit(ProbeMachine.Set(7, 1), 0); // it completes at last
        Assert.True(_machine.Ledger.TryGet(7, 1, out _));
        _machine.Submit(ProbeMachine.Ack(7, 10, 1), 0); // said before it had come
        Assert.True(_machine.Ledger.TryGet(7, 1, out _));
        _machine.Submit(ProbeMachine.Ack(7, 10), 0);
        Assert.Equal(0, _machine.Ledger.UnacknowledgedCount);
        _machine.Submit(ProbeMachine.Ack(7, 10, 1), 0); // an old frame takes nothing back
        Assert.True(_machine.Ledger.IsAcknowledged(7, 1));
    }

    [Fact]
    public void The_ledger_trims_as_a_list_does() =>
        Gen.Select(Gen.Bool, Gen.ULong[1, 60], Gen.ULong[1, 60].Array[0, 4]).Array[0, 80].Sample(operations =>
        {
            var machine = new ProbeMachine();
            _ = new Executor(machine);
            SortedSet<ulong> kept = [];
            foreach (var (isCall, number, pending) in operations)
            {
                if (isCall && !machine.Ledger.IsAcknowledged(7, number)) kept.Add(number);
                machine.Submit(isCall ? ProbeMachine.Set(7, number) : ProbeMachine.Ack(7, number, pending), 0);
                if (!isCall) kept.RemoveWhere(seq => seq < number && !pending.Contains(seq));
                if (machine.Ledger.UnacknowledgedCount != kept.Count) return false;
                if (kept.Any(seq => !machine.Ledger.TryGet(7, seq, out _))) return false;
            }

            return true;
        }, iter: 2_000);

    private void Exit(int pid, long nowMs) =>
        _machine.Ask(new Request { ProcessExited = new ProcessExited { Pid = pid } }, 1, nowMs);
}
