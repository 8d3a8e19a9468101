using Cluster.Core.Machines;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Tests.Machines;

/// <summary>What an object keeps for a process that does not acknowledge is bounded.</summary>
public sealed class LedgerBoundsTests
{
    private readonly Ledger _ledger = new();

    [Fact]
    public void Many_bytes_fill_it_for_their_process_until_it_acknowledges()
    {
        var text = ByteString.CopyFrom(new byte[1024 * 1024]);
        for (var seq = 1ul; seq <= 128; seq++)
        {
            Assert.False(_ledger.IsFull(7));
            _ledger.Complete(7, new Result { Seq = seq, Message = new Message { Text = text } });
        }

        Assert.Equal((true, false, false), (_ledger.IsFull(7), _ledger.IsFull(8), _ledger.IsOverfull(7)));
        _ledger.Acknowledge(7, 100, []);
        Assert.False(_ledger.IsFull(7));
        Assert.InRange(_ledger.UnacknowledgedBytes, 29 * 1024 * 1024, 30 * 1024 * 1024);
        _ledger.RemoveProcess(7, 0, null, 1);
        Assert.Equal(0, _ledger.UnacknowledgedBytes);
    }

    [Fact]
    public void Many_results_fill_it_and_twice_as_many_leave_no_room_for_failures()
    {
        for (var seq = 1ul; seq <= Bounds.Unacknowledged; seq++) _ledger.Complete(7, new Result { Seq = seq });
        Assert.Equal((true, false), (_ledger.IsFull(7), _ledger.IsOverfull(7)));
        for (var seq = 1ul; seq <= Bounds.Unacknowledged; seq++)
            _ledger.Complete(7, new Result { Seq = Bounds.Unacknowledged + seq });
        Assert.True(_ledger.IsOverfull(7));
        _ledger.Acknowledge(7, ulong.MaxValue, []);
        Assert.Equal((false, 0L), (_ledger.IsFull(7), _ledger.UnacknowledgedBytes));
    }

    [Fact]
    public void A_restored_ledger_has_the_same_bytes()
    {
        _ledger.Complete(7, new Result { Seq = 1, Message = new Message { Text = ByteString.CopyFrom(new byte[5_000]) } });
        var restored = new Ledger();
        restored.Restore(_ledger.ToState(), (_, _) => null);
        Assert.Equal(_ledger.UnacknowledgedBytes, restored.UnacknowledgedBytes);
    }
}
