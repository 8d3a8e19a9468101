using Cluster.Core.Sessions;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Tests.Sessions;

/// <summary>How much one client can make its session hold, and what the session does at the bound.</summary>
public sealed class SessionFlowTests
{
    private static readonly Target Extent = new() { Kind = Kind.Extent, Id = 1L << 32 };
    private static readonly Target Queue = new() { Kind = Kind.MessageQueue, Id = 3 };

    private readonly SessionHost _host = new();

    [Fact]
    public void Reads_go_while_their_results_fit_and_the_rest_follows_in_order()
    {
        _host.Open();
        _host.Do(core => core.UnreadBytesBound = 1_000_000);
        _host.Write(new ClientFrame { Calls = { Reads(1, 10) } });
        var first = Assert.Single(_host.Submits);
        Assert.Equal([1ul, 2, 3], first.Calls.Select(call => call.Seq));

        _host.Submits.Clear();
        Answer(1);
        var second = Assert.Single(_host.Submits);
        Assert.Equal([4ul], second.Calls.Select(call => call.Seq));
        Assert.Equal(3ul, second.After);
        for (var seq = 2ul; seq <= 10; seq++) Answer(seq);
        Assert.Equal([4ul, 5, 6, 7, 8, 9, 10], _host.Submits.SelectMany(submit => submit.Calls).Select(call => call.Seq));
    }

    [Fact]
    public void A_result_that_is_larger_than_the_bound_can_be_had_when_the_node_has_room()
    {
        _host.Open();
        _host.Do(core => core.UnreadBytesBound = 1_000);
        _host.Write(new ClientFrame { Calls = { Reads(1, 2) } });
        Assert.Empty(_host.Submits);
        var wanted = _host.WantedBytes;
        Assert.InRange(wanted, Bounds.ExtentBytes, Bounds.ExtentBytes + 1_000);
        Raise(wanted);
        Assert.Equal(1ul, Assert.Single(Assert.Single(_host.Submits).Calls).Seq);
        Assert.Equal(0, _host.WantedBytes);

        // The second result waits for the first one, and then for the node again.
        _host.Do(core => core.UnreadBytesBound = 1_000);
        Answer(1);
        Assert.Equal((1, wanted), (_host.Submits.Count, _host.WantedBytes));
        Raise(wanted);
        Assert.Equal(2, _host.Submits.Count);
    }

    // The connection is not read while frames wait, so the client cannot renew its lease.
    [Fact]
    public void A_process_whose_calls_wait_for_the_node_keeps_its_lease()
    {
        _host.Open();
        _host.Do(core => core.UnreadBytesBound = 1_000);
        _host.Write(new ClientFrame { Calls = { Reads(1, 1) }, SentMs = 77 });
        Assert.Equal(_host.NowMs + 3_600_000 / 4, _host.NextTickMs);
        _host.Pass(3_600_000 / 4);
        Assert.NotNull(_host.Answer().RenewLease);
        Assert.Equal(77, Assert.Single(_host.Frames).RenewedMs);
        Raise(_host.WantedBytes);
        Assert.Equal(long.MaxValue, _host.NextTickMs);
    }

    [Fact]
    public void Calls_that_block_wait_for_no_room()
    {
        _host.Open();
        _host.Do(core => core.UnreadBytesBound = 1_000);
        var receives = new TargetCalls { Target = Queue };
        for (var seq = 1ul; seq <= 1_000; seq++)
            receives.Calls.Add(new Call { Seq = seq, Msgrcv = new MsgRcv { Size = Bounds.MessageBytes } });
        _host.Write(new ClientFrame { Calls = { receives } });
        _host.Answer();
        Assert.Equal(1_000, Assert.Single(_host.Submits).Calls.Count);
    }

    [Fact]
    public void A_client_that_does_not_read_is_slowed_until_it_reads()
    {
        _host.Open();
        _host.Do(core => (core.UnreadBytes, core.UnreadBytesBound) = (1_001, 1_000));
        _host.Write(new ClientFrame { Calls = { Reads(1, 1) } });
        _host.Write(new ClientFrame { Calls = { Reads(2, 1) } });
        Assert.Empty(_host.Submits);
        Assert.Equal(2, _host.HeldFrames);
        _host.Do(core =>
        {
            (core.UnreadBytes, core.UnreadBytesBound) = (0, 1_000_000);
            core.Read(_host.NowMs);
        });
        Assert.Equal([1ul, 2], _host.Submits.Select(submit => submit.Calls[0].Seq));
        Assert.Equal(0, _host.HeldFrames);
    }

    [Fact]
    public void Results_that_come_all_the_same_end_the_stream_which_may_come_again()
    {
        _host.Open();
        _host.Do(core => core.UnreadBytes = 2 * Bounds.UnreadBytes + 1);
        Answer(1);
        _host.Frames.Dequeue();
        Assert.True(_host.Frames.Dequeue().Farewell is { Errno: (int)Errno.ENOBUFS, Retry: true });
        Assert.True(_host.HasEnded);
    }

    [Fact]
    public void A_lease_is_renewed_by_frames_that_wait()
    {
        _host.Open();
        _host.Do(core => (core.UnreadBytes, core.UnreadBytesBound) = (1_001, 1_000));
        _host.NowMs += 3_600_000 / 2;
        _host.Write(new ClientFrame { Calls = { Reads(1, 1) } });
        Assert.Contains(_host.Requests, request => request.RenewLease is not null);
    }

    [Fact]
    public void A_cancel_of_a_call_that_never_was_goes_nowhere()
    {
        _host.Open();
        _host.Write(new ClientFrame { Calls = { new TargetCalls { Target = Queue, Cancels = { 5, 6, 7 } } } });
        Assert.Empty(_host.Requests);
        Assert.All(_host.Submits, submit => Assert.Empty(submit.Cancels));
    }

    [Fact]
    public void Cancels_may_cross_results_and_no_more()
    {
        _host.Open();
        for (var seq = 1ul; seq <= 10_000; seq++)
        {
            _host.Write(new ClientFrame { Calls = { Reads(seq, 1) } });
            Answer(seq);
            _host.Write(new ClientFrame { Calls = { new TargetCalls { Target = Extent, Cancels = { seq } } } });
        }

        Assert.False(_host.HasEnded);
        var strays = new TargetCalls { Target = Queue };
        for (var seq = 1; seq <= Bounds.CallsPerFrame; seq++) strays.Cancels.Add((ulong)seq);
        _host.Write(new ClientFrame { Calls = { strays, strays } });
        Assert.Equal((int)Errno.EPROTO, _host.Frames.Last().Farewell.Errno);
    }

    [Fact]
    public void A_cancel_goes_only_where_its_call_went()
    {
        _host.Open();
        var receive = new Call { Seq = 1, Msgrcv = new MsgRcv() };
        _host.Write(new ClientFrame { Calls = { new TargetCalls { Target = Queue, Calls = { receive } } } });
        _host.Answer();
        var stranger = new Target { Kind = Kind.MessageQueue, Id = 4 };
        _host.Write(new ClientFrame { Calls = { new TargetCalls { Target = stranger, Cancels = { 1 } } } });
        _host.Write(new ClientFrame { Calls = { new TargetCalls { Target = Queue, Cancels = { 1 } } } });
        Assert.Equal([0, 0, 1], _host.Submits.Select(submit => submit.Cancels.Count));
    }

    [Fact]
    public void Acknowledgements_that_wait_for_an_object_are_bounded()
    {
        _host.Open();
        _host.Write(new ClientFrame { Calls = { Send(1, 10) } });
        for (var i = 0; i < 10_000; i++)
            _host.Write(new ClientFrame { Calls = { new TargetCalls { Target = Queue, Ack = 1 } } });
        _host.Answer();
        Assert.InRange(_host.Submits.Count, 2, 300);
    }

    [Fact]
    public void Bytes_of_calls_that_wait_for_an_object_are_bounded()
    {
        _host.Open();
        for (var seq = 1ul; seq <= 40; seq++) _host.Write(new ClientFrame { Calls = { Send(seq, 1_000_000) } });
        Assert.InRange(_host.HeldFrames, 20, 24);
        _host.Answer();
        Assert.Equal(40, _host.Submits.Count);
    }

    private static TargetCalls Send(ulong seq, int bytes)
    {
        var send = new MsgSnd { Type = 1, Text = ByteString.CopyFrom(new byte[bytes]) };
        return new TargetCalls { Target = Queue, Calls = { new Call { Seq = seq, Msgsnd = send } } };
    }

    private static TargetCalls Reads(ulong first, int count)
    {
        var calls = new TargetCalls { Target = Extent };
        for (var i = 0; i < count; i++)
            calls.Calls.Add(new Call { Seq = first + (ulong)i, ShmRead = new ShmRead { Length = Bounds.ExtentBytes } });
        return calls;
    }

    private void Raise(long bound) => _host.Do(core =>
    {
        core.UnreadBytesBound = bound;
        core.Read(_host.NowMs);
    });

    private void Answer(ulong seq) => _host.Do(core => core.Results(
        new Results { From = new EntityKey { Kind = Extent.Kind, Id = Extent.Id }, Results_ = { new Result { Seq = seq } } },
        _host.NowMs));
}
