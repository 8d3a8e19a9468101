using Cluster.Protocol;

namespace Cluster.Core.Tests.Processes;

/// <summary>Pending signals, masks and dispositions: signal(7), sigaction(2), sigprocmask(2), sigtimedwait(2).</summary>
public sealed class SignalTests
{
    private const int Block = 0;
    private const int Unblock = 1;
    private const int SetMask = 2;

    private const Signal Rt = Signal.SIGRTMIN;

    private readonly SignalHost _host = new();

    [Fact]
    public void A_standard_signal_is_pending_once_with_its_first_sender()
    {
        _host.Mask(Block, Signal.SIGUSR1);
        Assert.Equal(Errno.None, _host.Send(Signal.SIGUSR1, pid: 9, value: 1));
        Assert.Equal(Errno.None, _host.Send(Signal.SIGUSR1, pid: 10, value: 2));
        Assert.Equal(SignalSet.Of(Signal.SIGUSR1), _host.Pending());
        var info = _host.Wait(0, Signal.SIGUSR1).SignalInfo;
        Assert.Equal((10, -1, 9, 1000u, 1L), (info.Signal, info.Code, info.Pid, info.Uid, info.Value));
        Assert.Equal((int)Errno.EAGAIN, _host.Wait(0, Signal.SIGUSR1).Errno);
    }

    [Fact]
    public void Real_time_signals_queue_the_lowest_number_first_and_each_number_in_order()
    {
        _host.Mask(Block, Rt, Rt + 1, Signal.SIGUSR1, Signal.SIGSEGV);
        foreach (var (signal, value) in new[] { (Rt + 1, 1L), (Rt, 2L), (Rt + 1, 3L), (Rt, 4L) })
            _host.Send(signal, value: value);
        _host.Send(Signal.SIGUSR1);
        _host.Send(Signal.SIGSEGV);
        _host.Crash(fromSnapshot: true);
        _host.Crash();
        var got = Enumerable.Range(0, 6)
            .Select(_ => _host.Wait(0, Rt, Rt + 1, Signal.SIGUSR1, Signal.SIGSEGV).SignalInfo)
            .Select(info => ((Signal)info.Signal, info.Value)).ToArray();
        Assert.Equal(
            [(Signal.SIGSEGV, 0L), (Signal.SIGUSR1, 0), (Rt, 2), (Rt, 4), (Rt + 1, 1), (Rt + 1, 3)], got);
        Assert.Equal(0ul, _host.Pending());
    }

    [Fact]
    public void A_blocked_signal_does_its_action_when_it_is_unblocked()
    {
        _host.Mask(Block, Signal.SIGTERM);
        _host.Send(Signal.SIGTERM);
        Assert.Null(_host.Process.Exit);
        _host.Mask(Unblock, Signal.SIGTERM);
        Assert.Equal((int)Signal.SIGTERM, _host.Process.Exit!.Signal);
    }

    [Fact]
    public void A_mask_says_what_was_before_and_never_has_SIGKILL_or_SIGSTOP()
    {
        Assert.Equal(0ul, _host.Mask(Block, Signal.SIGUSR1, Signal.SIGKILL, Signal.SIGSTOP));
        Assert.Equal(SignalSet.Of(Signal.SIGUSR1), _host.Mask(SetMask, Signal.SIGHUP));
        Assert.Equal(SignalSet.Of(Signal.SIGHUP), _host.Mask(Unblock, Signal.SIGHUP));
        var asked = _host.Call(new SignalCall { Mask = new SignalMask { How = 99 } });
        Assert.Equal((0, 0ul), (asked.Errno, asked.SignalSetting.Set));
        var bad = _host.Call(new SignalCall { Mask = new SignalMask { How = 3, Set = 1 } });
        Assert.Equal((int)Errno.EINVAL, bad.Errno);
    }

    [Fact]
    public void An_ignored_signal_is_dropped_unless_it_is_blocked()
    {
        _host.Dispose(Signal.SIGTERM, 1);
        _host.Send(Signal.SIGTERM);
        Assert.Null(_host.Process.Exit);
        Assert.Equal(0ul, _host.Pending());
        _host.Mask(Block, Signal.SIGTERM, Signal.SIGCHLD);
        _host.Send(Signal.SIGTERM);
        _host.Send(Signal.SIGCHLD);
        Assert.Equal(SignalSet.Of(Signal.SIGTERM, Signal.SIGCHLD), _host.Pending());
        _host.Mask(SetMask);
        Assert.Null(_host.Process.Exit);
        Assert.Equal((int)Errno.EAGAIN, _host.Wait(0, Signal.SIGTERM, Signal.SIGCHLD).Errno);
    }

    [Fact]
    public void A_signal_that_becomes_ignored_is_not_pending_any_more()
    {
        _host.Mask(Block, Signal.SIGTERM, Signal.SIGCHLD, Signal.SIGUSR1);
        foreach (var signal in new[] { Signal.SIGTERM, Signal.SIGCHLD, Signal.SIGUSR1 }) _host.Send(signal);
        _host.Dispose(Signal.SIGTERM, 1);
        _host.Dispose(Signal.SIGCHLD, 0);
        _host.Dispose(Signal.SIGUSR1, 0);
        Assert.Equal(SignalSet.Of(Signal.SIGUSR1), _host.Pending());
    }

    [Fact]
    public void An_action_says_what_was_before_and_SIGKILL_has_only_one()
    {
        var set = new SignalAction { Signal = 10, Disposition = 2 };
        Assert.Equal(0, _host.Call(new SignalCall { Action = set }).SignalSetting.Disposition);
        var query = new SignalAction { Signal = 10 };
        Assert.Equal(2, _host.Call(new SignalCall { Action = query }).SignalSetting.Disposition);
        Assert.Equal(Errno.EINVAL, _host.Dispose(Signal.SIGKILL, 1));
        Assert.Equal(Errno.EINVAL, _host.Dispose(Signal.SIGSTOP, 0));
        Assert.Equal(Errno.EINVAL, _host.Dispose((Signal)65, 0));
        Assert.Equal(Errno.EINVAL, _host.Dispose(Signal.SIGHUP, 3));
        Assert.Equal(0, _host.Call(new SignalCall { Action = new SignalAction { Signal = 9 } }).Errno);
    }

    [Fact]
    public void Only_the_process_itself_may_change_what_it_does()
    {
        var call = new SignalCall { Mask = new SignalMask { Set = 1 } };
        Assert.Equal((int)Errno.EPERM, _host.Call(call, pid: 9).Errno);
        Assert.Equal((int)Errno.EPERM, _host.Call(new SignalCall { Pending = new SignalPending() }, pid: 9, uid: 0).Errno);
    }

    [Fact]
    public void A_handler_gets_a_signal_once_and_waits_for_the_next()
    {
        _host.Dispose(Signal.SIGUSR1, 2);
        var seq = _host.Start(new SignalCall { Take = new SignalTake() });
        _host.Send(Signal.SIGUSR1, pid: 9);
        Assert.Contains(_host.Results, each => each.Pid == SignalHost.Own && each.Result.Seq == seq);
        Assert.Null(_host.Process.Exit);
        _host.Send(Signal.SIGUSR1, pid: 10);
        Assert.Equal(10, _host.Take().SignalInfo.Pid);
        Assert.Equal(0ul, _host.Pending());
    }

    [Fact]
    public void A_take_that_is_sent_again_after_a_crash_gets_the_same_signal()
    {
        _host.Dispose(Signal.SIGUSR1, 2);
        _host.Send(Signal.SIGUSR1, pid: 9);
        var take = new Call { Seq = 90, Signal = new SignalCall { Take = new SignalTake() } };
        _host.Submit(take);
        _host.Crash();
        _host.Submit(take);
        Assert.Equal((90ul, 9), (_host.Results.Peek().Result.Seq, _host.Results.Dequeue().Result.SignalInfo.Pid));
    }

    [Fact]
    public void A_parked_wait_survives_a_crash_and_gets_the_signal_when_its_caller_is_back()
    {
        _host.Mask(Block, Rt);
        var call = new Call
        {
            Seq = 90, TimeoutMs = 5_000, Signal = new SignalCall { Wait = new SignalWait { Set = SignalSet.Of(Rt) } },
        };
        _host.Submit(call);
        _host.Crash(fromSnapshot: true);
        _host.Send(Rt, value: 5);
        Assert.DoesNotContain(_host.Results, each => each.Result.Seq == 90);
        _host.Submit(call);
        Assert.Equal(5, _host.Results.Last().Result.SignalInfo.Value);
    }

    [Fact]
    public void A_wait_ends_with_EAGAIN_and_a_cancelled_one_with_EINTR()
    {
        var wait = new SignalCall { Wait = new SignalWait { Set = SignalSet.Of(Rt) } };
        _host.Start(wait, timeoutMs: 5_000);
        _host.Results.Clear();
        _host.Pass(4_999);
        Assert.Empty(_host.Results);
        _host.Pass(1);
        Assert.Equal((int)Errno.EAGAIN, _host.Results.Dequeue().Result.Errno);
        var seq = _host.Start(wait);
        _host.Cancel(seq);
        Assert.Equal((int)Errno.EINTR, _host.Results.Dequeue().Result.Errno);
    }

    [Fact]
    public void A_wait_comes_before_a_handler_and_a_fatal_signal_before_a_wait()
    {
        _host.Dispose(Signal.SIGUSR1, 2);
        var take = _host.Start(new SignalCall { Take = new SignalTake() });
        var wait = _host.Start(
            new SignalCall { Wait = new SignalWait { Set = SignalSet.Of(Signal.SIGUSR1, Signal.SIGTERM) } });
        _host.Send(Signal.SIGUSR1);
        Assert.Contains(_host.Results, each => each.Result.Seq == wait);
        Assert.DoesNotContain(_host.Results, each => each.Result.Seq == take);
        _host.Start(new SignalCall { Wait = new SignalWait { Set = SignalSet.Of(Signal.SIGTERM) } });
        _host.Send(Signal.SIGTERM);
        Assert.Equal((int)Signal.SIGTERM, _host.Process.Exit!.Signal);
    }

    [Fact]
    public void A_stopped_process_takes_nothing()
    {
        _host.Dispose(Signal.SIGUSR1, 2);
        var take = _host.Start(new SignalCall { Take = new SignalTake() });
        _host.Send(Signal.SIGSTOP);
        _host.Send(Signal.SIGUSR1);
        Assert.DoesNotContain(_host.Results, each => each.Result.Seq == take);
        _host.Send(Signal.SIGCONT);
        Assert.Contains(_host.Results, each => each.Result.Seq == take);
    }

    [Fact]
    public void A_stop_signal_and_SIGCONT_remove_each_other()
    {
        _host.Mask(Block, Signal.SIGCONT, Signal.SIGTSTP, Signal.SIGTTIN);
        _host.Send(Signal.SIGTSTP);
        _host.Send(Signal.SIGTTIN);
        _host.Send(Signal.SIGCONT);
        Assert.Equal(SignalSet.Of(Signal.SIGCONT), _host.Pending());
        _host.Send(Signal.SIGTSTP);
        Assert.Equal(SignalSet.Of(Signal.SIGTSTP), _host.Pending());
    }

    [Fact]
    public void A_stop_signal_with_a_handler_does_not_stop()
    {
        _host.Dispose(Signal.SIGTSTP, 2);
        _host.Send(Signal.SIGTSTP);
        Assert.Empty(_host.News);
        Assert.Equal((int)Signal.SIGTSTP, _host.Take().SignalInfo.Signal);
    }

    [Fact]
    public void The_limit_bounds_the_queue_as_of_the_kernel()
    {
        _host.Mask(SetMask, Rt, Rt + 1, Signal.SIGUSR1, Signal.SIGUSR2);
        Assert.Equal(
            Bounds.RlimitSigpending,
            _host.Call(new SignalCall { Limit = new SignalLimit { Limit = 1 } }).SignalSetting.Limit);
        Assert.Equal(Errno.None, _host.Send(Rt, value: 1));
        Assert.Equal(Errno.EAGAIN, _host.Send(Rt, value: 2));
        Assert.Equal(Errno.None, _host.Send(Rt)); // by kill(2): it is pending already
        Assert.Equal(Errno.None, _host.Send(Rt + 1)); // pending, without a sender
        Assert.Equal(Errno.None, _host.Send(Signal.SIGUSR1)); // a standard signal of kill(2) has a place in any case
        Assert.Equal(Errno.None, _host.Send(Signal.SIGUSR2, value: 3)); // one of sigqueue(3) has not
        var got = Enumerable.Range(0, 4)
            .Select(_ => _host.Wait(0, Rt, Rt + 1, Signal.SIGUSR1, Signal.SIGUSR2).SignalInfo)
            .Select(info => ((Signal)info.Signal, info.Code, info.Pid, info.Value)).ToArray();
        Assert.Equal([(Signal.SIGUSR1, 0, 9, 0L), (Signal.SIGUSR2, 0, 0, 0), (Rt, -1, 9, 1), (Rt + 1, 0, 0, 0)], got);
        Assert.Equal(0ul, _host.Pending());
        Assert.Equal((int)Errno.EINVAL, _host.Call(new SignalCall { Limit = new SignalLimit { Limit = -1 } }).Errno);
    }

    [Fact]
    public void A_full_queue_fails_before_a_fatal_action()
    {
        _host.Call(new SignalCall { Limit = new SignalLimit { Limit = 0 } });
        Assert.Equal(Errno.EAGAIN, _host.Send(Rt, value: 1));
        Assert.Null(_host.Process.Exit);
        Assert.Equal(Errno.None, _host.Send(Rt));
        Assert.Equal((int)Rt, _host.Process.Exit!.Signal);
    }
}
