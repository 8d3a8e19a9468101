using Cluster.Protocol;

namespace Cluster.Core.Tests.Sessions;

/// <summary>A session whose process is stopped, killed, or asked what it waits for.</summary>
public sealed class StoppedSessionTests
{
    private readonly SessionHost _host = new();

    public StoppedSessionTests() => _host.Open();

    [Fact]
    public void A_stopped_process_gets_nothing_and_calls_nothing_until_it_continues()
    {
        Call(1);
        News(new ProcessNews { Stopped = true });
        Call(2);
        Assert.Equal(1ul, Assert.Single(_host.Submits).Calls[0].Seq);
        var results = new Results { From = Queue, Pid = 7, Results_ = { new Result { Seq = 1 } } };
        _host.Do(core => core.Results(results, _host.NowMs));
        Assert.Empty(_host.Frames);
        News(new ProcessNews());
        Assert.True(Assert.Single(_host.Frames).Resend);
        Assert.Equal(2ul, _host.Submits.Last().Calls[0].Seq);
    }

    [Fact]
    public void The_end_of_the_client_ends_a_stopped_process()
    {
        News(new ProcessNews { Stopped = true });
        Call(1);
        _host.Write(new ClientFrame { Close = true, Ack = 1 });
        Assert.NotNull(Assert.Single(_host.Requests).CloseProcess);
        Assert.Empty(_host.Submits);
    }

    [Fact]
    public void A_killed_process_hears_the_signal()
    {
        var ended = new ProcessEnded { Signal = (int)Signal.SIGTERM };
        _host.Do(core => core.Reply(new Reply { From = Process, ProcessEnded = ended }, _host.NowMs));
        var farewell = _host.Frames.Dequeue().Farewell;
        Assert.Equal(((int)Errno.ESRCH, 15, false), (farewell.Errno, farewell.Signal, farewell.Retry));
        Assert.Equal("the process was killed by signal 15 (SIGTERM)", farewell.Reason);
        Assert.True(_host.HasEnded);
    }

    [Fact]
    public void A_session_reports_the_calls_that_have_no_result()
    {
        Call(4);
        _host.Pass(1_500);
        News(new ProcessNews { Report = 3 });
        var report = _host.Requests.Last().ReportWaits;
        Assert.Equal((3ul, "here"), (report.Report, report.Gateway));
        var wait = Assert.Single(report.Waits);
        Assert.Equal((4ul, "msgstat", 1_500L), (wait.Seq, wait.Call, wait.WaitedMs));
        Assert.Equal(Kind.MessageQueue, wait.Target.Kind);
    }

    [Fact]
    public void A_process_entity_that_has_moved_is_subscribed_to_again()
    {
        _host.Do(core => core.Reply(new Reply { From = Process, Errno = (int)Errno.EAGAIN }, _host.NowMs));
        Assert.Equal("here", Assert.Single(_host.Requests).RenewLease.Gateway);
        _host.Answer();
        Assert.Empty(_host.Frames);
    }

    [Fact]
    public void Calls_on_the_own_process_need_no_registration()
    {
        var mask = new Call { Seq = 1, Signal = new SignalCall { Mask = new SignalMask { Set = 1 } } };
        Write(mask, new Target { Kind = Kind.Process, Id = 7 });
        Assert.Single(_host.Submits);
        var send = new Call { Seq = 2, Signal = new SignalCall { Send = new SignalSend { Signal = 9 } } };
        Write(send, new Target { Kind = Kind.Process, Id = 8 });
        Assert.Single(_host.Submits);
        Assert.NotNull(_host.Answer().TouchEntities);
        Assert.Equal(8, _host.Submits.Last().To.Id);
    }

    private static EntityKey Process => Core.Processes.Process.KeyOf(7);

    private static EntityKey Queue => new() { Kind = Kind.MessageQueue, Namespace = 1, Id = 3 };

    private void News(ProcessNews news) =>
        _host.Do(core => core.Reply(new Reply { From = Process, ProcessNews = news }, _host.NowMs));

    private void Call(ulong seq) => Write(
        new Call { Seq = seq, Msgstat = new MsgStat() }, new Target { Kind = Kind.MessageQueue, Id = 3 });

    private void Write(Call call, Target target) =>
        _host.Write(new ClientFrame { Calls = { new TargetCalls { Target = target, Calls = { call } } } });
}
