using Cluster.Core.Sessions;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Sessions;

/// <summary>The decisions of a session.</summary>
public sealed class SessionCoreTests
{
    private readonly SessionHost _host = new();

    [Fact]
    public void A_writing_call_waits_until_its_entity_is_registered()
    {
        _host.Open();
        Call(1, new Call { Msgsnd = new MsgSnd() });
        Call(2, new Call { Msgstat = new MsgStat() });
        Assert.Empty(_host.Submits);
        Assert.NotNull(_host.Answer().TouchEntities);
        Assert.Equal([1ul, 2ul], _host.Submits.Select(submit => submit.Calls[0].Seq));
        Assert.Equal((7, 1ul), (_host.Submits.Peek().Stamp.Pid, _host.Submits.Peek().Stamp.Namespace));
    }

    [Fact]
    public void A_reading_call_is_passed_on_at_once()
    {
        _host.Open();
        Call(1, new Call { Msgstat = new MsgStat() });
        Assert.Single(_host.Submits);
        Assert.Empty(_host.Requests);
    }

    [Fact]
    public void A_request_is_repeated_until_it_is_answered()
    {
        _host.Open();
        Call(1, new Call { Msgsnd = new MsgSnd() });
        var first = _host.Requests.Dequeue();
        _host.Pass(200);
        Assert.Same(first, _host.Requests.Dequeue());
        _host.Pass(800);
        Assert.Same(first, _host.Requests.Peek());
        _host.Answer();
        Assert.Single(_host.Submits);
        _host.Pass(1_000);
        Assert.Empty(_host.Requests);
    }

    [Fact]
    public void A_client_that_is_not_admitted_in_time_gets_retry()
    {
        _host.Write(new ClientFrame { Hello = new Hello { NewProcess = new NewProcess() } });
        _host.Pass(20_000);
        Assert.True(_host.Frames.Dequeue().Farewell is { Errno: (int)Errno.EAGAIN, Retry: true });
        Assert.True(_host.HasEnded);
        Assert.Equal(long.MaxValue, _host.NextTickMs);
    }

    [Fact]
    public void A_client_that_does_not_read_loses_its_session()
    {
        _host.Open();
        var calls = new TargetCalls { Target = new Target { Kind = Kind.MessageQueue }, Calls = { Stat(1) } };
        _host.Write(new ClientFrame { Calls = { calls } }, unread: SessionCore.UnreadBound + 1);
        Assert.Equal((int)Errno.ENOBUFS, _host.Frames.Dequeue().Farewell.Errno);
        Assert.True(_host.HasEnded);
    }

    private static Call Stat(ulong seq) => new() { Seq = seq, Msgstat = new MsgStat() };

    private void Call(ulong seq, Call call)
    {
        call.Seq = seq;
        var calls = new TargetCalls { Target = new Target { Kind = Kind.MessageQueue, Id = 3 }, Calls = { call } };
        _host.Write(new ClientFrame { Calls = { calls } });
    }
}
