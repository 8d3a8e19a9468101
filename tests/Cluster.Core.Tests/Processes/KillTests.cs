using Cluster.Core.Processes;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Processes;

/// <summary>kill(2) and the default actions of signal(7), decided by the process that gets the signal.</summary>
public sealed class KillTests
{
    private readonly SignalHost _host = new();

    [Theory]
    [InlineData(Signal.SIGKILL)]
    [InlineData(Signal.SIGTERM)]
    [InlineData(Signal.SIGUSR1)]
    [InlineData(Signal.SIGRTMAX)]
    [InlineData(Signal.SIGQUIT)]
    public void A_signal_ends_the_process_and_its_session_hears_which(Signal signal)
    {
        Assert.Equal(Errno.None, _host.Send(signal));
        Assert.Equal((int)signal, _host.Process.Exit!.Signal);
        Assert.Equal((int)signal, _host.News.Dequeue().ProcessEnded.Signal);
        Assert.Equal(Errno.ESRCH, _host.Send(Signal.SIGTERM));
    }

    [Theory]
    [InlineData(Signal.SIGCHLD)]
    [InlineData(Signal.SIGCONT)]
    [InlineData(Signal.SIGURG)]
    [InlineData(Signal.SIGWINCH)]
    public void A_signal_that_is_ignored_by_default_does_nothing(Signal signal)
    {
        Assert.Equal(Errno.None, _host.Send(signal));
        Assert.Null(_host.Process.Exit);
        Assert.Equal(0ul, _host.Pending());
    }

    [Fact]
    public void A_call_that_is_sent_again_has_the_same_result_also_after_the_end()
    {
        var call = new Call { Seq = 77, Signal = new SignalCall { Send = new SignalSend { Signal = 15 } } };
        _host.Submit(call, pid: 9);
        _host.Crash();
        _host.Submit(call, pid: 9);
        Assert.Equal((9, 0), (_host.Results.Peek().Pid, _host.Results.Dequeue().Result.Errno));
        Assert.Equal(15, _host.Process.Exit!.Signal);
    }

    [Fact]
    public void A_process_that_has_ended_remains_until_its_sender_has_the_result()
    {
        Assert.Equal(Errno.None, _host.Send(Signal.SIGKILL));
        _host.Process.OnReply(ReplyTo(_host), _host.NowMs);
        Assert.False(_host.Process.IsFinished);
        _host.Ask(new Request { ProcessExited = new ProcessExited { Pid = 9 } });
        Assert.True(_host.Process.IsFinished);
    }

    [Fact]
    public void The_exit_of_a_sender_is_confirmed_while_the_process_ends_itself()
    {
        _host.Send(Signal.SIGKILL);
        Assert.True(_host.Process.Outbox.HasAny);
        _host.Replies.Clear();
        _host.Ask(new Request { ProcessExited = new ProcessExited { Pid = 9 } });
        Assert.Equal(0, _host.Replies.Dequeue().Errno);
    }

    [Fact]
    public void The_results_of_its_own_calls_do_not_keep_a_process_that_has_ended()
    {
        _host.Mask(0, Signal.SIGUSR1);
        _host.Ask(new Request { CloseProcess = new CloseProcess() });
        Assert.False(_host.Process.IsFinished);
        _host.Crash();
        _host.Process.OnReply(ReplyTo(_host), _host.NowMs);
        Assert.True(_host.Process.IsFinished);
        Assert.Equal((int)Errno.ESRCH, _host.Call(new SignalCall { Pending = new SignalPending() }).Errno);
    }

    [Fact]
    public void Who_waits_for_the_end_hears_how_it_came_also_after_a_crash()
    {
        var wait = new Call { Seq = 60, ProcessAwait = new ProcessAwait() };
        _host.Submit(wait, pid: 9);
        _host.Submit(new Call { Seq = 61, TimeoutMs = 1_000, ProcessAwait = new ProcessAwait() }, pid: 9);
        _host.Submit(new Call { Seq = 62, ProcessAwait = new ProcessAwait() });
        Assert.Equal((62ul, (int)Errno.EINVAL), (_host.Results.Peek().Result.Seq, _host.Results.Dequeue().Result.Errno));
        Assert.Empty(_host.Results);
        _host.Pass(1_000);
        Assert.Equal((int)Errno.ETIMEDOUT, _host.Results.Dequeue().Result.Errno);
        _host.Crash(fromSnapshot: true);
        _host.Crash();
        Assert.Equal(Errno.None, _host.Send(Signal.SIGTERM, pid: 10));
        Assert.Contains(_host.Results, each => each.Result is { Seq: 60, ProcessExit.Signal: 15 });
        _host.Crash();
        _host.Submit(wait, pid: 9);
        Assert.Equal(15, _host.Results.Dequeue().Result.ProcessExit.Signal);
        _host.Submit(new Call { Seq = 63, ProcessAwait = new ProcessAwait() }, pid: 9);
        Assert.Equal(15, _host.Results.Dequeue().Result.ProcessExit.Signal);
        _host.Process.OnReply(ReplyTo(_host), _host.NowMs);
        Assert.False(_host.Process.IsFinished);
    }

    [Fact]
    public void Another_user_may_not_and_root_may()
    {
        Assert.Equal(Errno.EPERM, _host.Send(Signal.SIGTERM, uid: 1001));
        var probe = new SignalCall { Probe = new SignalProbe() };
        Assert.Equal((int)Errno.EPERM, _host.Call(probe, pid: 9, uid: 1001).Errno);
        Assert.Equal(0, _host.Call(probe, pid: 9).Errno);
        Assert.Equal(Errno.None, _host.Send(Signal.SIGTERM, uid: 0));
        Assert.NotNull(_host.Process.Exit);
    }

    [Fact]
    public void A_process_of_another_namespace_does_not_see_it()
    {
        Assert.Equal(Errno.ESRCH, _host.Send(Signal.SIGTERM, uid: 0, space: 2));
        Assert.Null(_host.Process.Exit);
    }

    [Theory]
    [InlineData(65)]
    [InlineData(-1)]
    [InlineData(0)]
    public void A_number_that_is_no_signal_is_EINVAL(int signal) =>
        Assert.Equal(Errno.EINVAL, _host.Send((Signal)signal));

    [Fact]
    public void A_pid_that_is_not_in_use_gets_no_journal_from_a_call()
    {
        var process = new Process(Process.KeyOf(12));
        var executor = new Core.Machines.Executor(process);
        var submit = new Submit { Stamp = new Stamp { Pid = 9, Namespace = 1 }, Cancels = { 5 } };
        submit.Calls.Add(new Call { Seq = 6, Signal = new SignalCall { Send = new SignalSend { Signal = 9 } } });
        process.Submit(submit, 1_000);
        Assert.Equal(2, executor.Ready.Results.Count);
        Assert.All(executor.Ready.Results, each => Assert.Equal((int)Errno.ESRCH, each.Result.Errno));
        process.Ask(new Request { ProcessExited = new ProcessExited { Pid = 9 } }, 1, 1_000);
        Assert.Equal(0, Assert.Single(executor.Ready.Replies).Reply.Errno);
        Assert.Equal((true, 0ul), (process.IsFinished, process.Revision));
    }

    [Fact]
    public void A_pid_that_is_not_in_use_gets_no_journal_from_a_client_that_names_it_as_its_parent()
    {
        var process = new Process(Process.KeyOf(12));
        var executor = new Core.Machines.Executor(process);
        process.Ask(new Request { CheckParent = new CheckParent { Uid = 1000, NamespacePath = "/" } }, 1, 1_000);
        Assert.Equal((int)Errno.ESRCH, Assert.Single(executor.Ready.Replies).Reply.Errno);
        Assert.Equal((true, 0ul), (process.IsFinished, process.Revision));
    }

    [Fact]
    public void A_stopped_process_keeps_its_lease_and_gets_what_was_sent_when_it_continues()
    {
        Assert.Equal(Errno.None, _host.Send(Signal.SIGTSTP));
        Assert.True(_host.News.Dequeue().ProcessNews.Stopped);
        _host.Pass(1_000_000);
        Assert.Null(_host.Process.Exit);
        Assert.Equal(Errno.None, _host.Send(Signal.SIGTERM));
        _host.Crash();
        Assert.Null(_host.Process.Exit);
        Assert.Equal(Errno.None, _host.Send(Signal.SIGCONT));
        Assert.Equal((int)Signal.SIGTERM, _host.Process.Exit!.Signal);
    }

    [Fact]
    public void A_process_that_continues_has_a_new_lease()
    {
        _host.Send(Signal.SIGSTOP);
        _host.Pass(9_999);
        _host.Send(Signal.SIGCONT);
        Assert.True(_host.News.Dequeue().ProcessNews.Stopped);
        Assert.False(_host.News.Dequeue().ProcessNews.Stopped);
        _host.Pass(9_999);
        Assert.Null(_host.Process.Exit);
        _host.Pass(1);
        Assert.True(_host.Process.Exit!.Expired);
    }

    [Fact]
    public void SIGKILL_ends_a_stopped_process()
    {
        _host.Send(Signal.SIGSTOP);
        _host.Send(Signal.SIGKILL);
        Assert.Equal((int)Signal.SIGKILL, _host.Process.Exit!.Signal);
    }

    [Fact]
    public void A_session_that_comes_late_hears_that_the_process_is_stopped_or_which_signal_killed_it()
    {
        _host.Send(Signal.SIGSTOP);
        var attach = new AttachProcess { Token = Google.Protobuf.ByteString.CopyFromUtf8("secret"), Gateway = "there" };
        _host.Ask(new Request { AttachProcess = attach }, token: 2);
        Assert.True(_host.Replies.Dequeue().Attached.Stopped);
        _host.Ask(new Request { RenewLease = new RenewLease { Gateway = "there" } }, token: 3);
        Assert.True(_host.Replies.Dequeue().ProcessNews.Stopped);
        _host.Send(Signal.SIGKILL);
        _host.Ask(new Request { AttachProcess = attach }, token: 4);
        Assert.Equal((int)Signal.SIGKILL, _host.Replies.Dequeue().ProcessEnded.Signal);
        _host.Ask(new Request { AttachProcess = new AttachProcess { Gateway = "there" } }, token: 5);
        Assert.Null(_host.Replies.Dequeue().ProcessEnded);
    }

    [Fact]
    public void A_question_for_the_state_waits_for_all_sessions()
    {
        _host.Ask(new Request { RenewLease = new RenewLease { Gateway = "there" } }, token: 2);
        _host.Submit(new Call { Seq = 50, ProcessStat = new ProcessStat { Waits = true } }, pid: 9);
        Assert.Empty(_host.Results);
        var number = _host.News.Dequeue().ProcessNews.Report;
        Report("here", number, 3);
        Report("here", number, 3);
        Assert.Empty(_host.Results);
        Report("there", number);
        var status = _host.Results.Dequeue().Result.ProcessStatus;
        Assert.Equal(ProcessCondition.Sleeping, status.Condition);
        Assert.Equal("msgrcv", Assert.Single(status.Waits).Call);
        Assert.Equal(["here", "there"], status.Gateways);
    }

    [Fact]
    public void A_session_that_is_silent_or_gone_holds_nobody_up_and_another_user_sees_no_calls()
    {
        _host.Submit(new Call { Seq = 50, ProcessStat = new ProcessStat { Waits = true } }, pid: 9, uid: 1001);
        _host.Submit(new Call { Seq = 51, ProcessStat = new ProcessStat { Waits = true } }, pid: 9);
        Report("here", _host.News.Dequeue().ProcessNews.Report, 3);
        var foreign = _host.Results.Dequeue().Result;
        Assert.Equal((50ul, ProcessCondition.Sleeping), (foreign.Seq, foreign.ProcessStatus.Condition));
        Assert.Empty(foreign.ProcessStatus.Waits);
        Assert.Empty(foreign.ProcessStatus.Gateways);
        Assert.Empty(_host.Results);
        _host.Pass(Process.ReportMs);
        Assert.Equal(ProcessCondition.Running, _host.Results.Dequeue().Result.ProcessStatus.Condition);
        _host.Submit(new Call { Seq = 52, ProcessStat = new ProcessStat { Waits = true } }, pid: 9);
        _host.Process.Unsubscribed(1, _host.NowMs);
        _host.Pass(0);
        Assert.Equal(ProcessCondition.Disconnected, _host.Results.Dequeue().Result.ProcessStatus.Condition);
    }

    private void Report(string gateway, ulong number, params ulong[] seqs)
    {
        var report = new ReportWaits { Report = number, Gateway = gateway };
        foreach (var seq in seqs) report.Waits.Add(new ProcessWait { Seq = seq, Call = "msgrcv" });
        _host.Ask(new Request { ReportWaits = report }, token: 30);
    }

    // The table of processes confirms the exit.
    private static Reply ReplyTo(SignalHost host)
    {
        Assert.True(host.Process.Outbox.HasAny);
        var request = host.Requests.Last(each => each.ProcessExited is not null);
        return new Reply { Id = request.Id, From = request.To };
    }
}
