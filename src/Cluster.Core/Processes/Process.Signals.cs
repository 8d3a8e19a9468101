using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Processes;

/// <content>
/// Signals: signal(7), with the rules of kernel/signal.c. A signal is a call of the sender on the process that gets it, so
/// it happens once, as each call does. Default actions are done here, so that they need no client. A signal that has a
/// handler is pending until the client takes it, by a call that may park.
/// </content>
public sealed partial class Process
{
    private const int User = 0;   // SI_USER
    private const int Queue = -1; // SI_QUEUE
    private const int MessageQueue = -3; // SI_MESGQ, which only the process itself sends: its client heard of the message

    private static readonly ulong Standard = (1UL << (SignalSet.FirstRealTime - 1)) - 1;

    private readonly PendingSignals _pending = new();
    private ulong _blocked;
    private ulong _ignored; // SIG_IGN
    private ulong _caught;  // a handler of the client
    private long _signalLimit = Bounds.RlimitSigpending;
    private int _halted;    // the signal that stopped the process; 0: it is not stopped
    private ulong _nextTicket = 1;

    // ---- decide ----

    private void Signal(Stamp stamp, Call call)
    {
        var (pid, seq, signal) = (stamp.Pid, call.Seq, call.Signal);
        switch (signal.OpCase)
        {
            case SignalCall.OpOneofCase.Send:
                Send(stamp, seq, signal.Send);
                break;
            case SignalCall.OpOneofCase.Probe:
                FailUnrecorded(pid, seq, MaySignal(stamp.Credentials) ? Errno.None : Errno.EPERM);
                break;
            default:
                if (pid == _started!.Pid) OwnSignal(stamp, call);
                else FailUnrecorded(pid, seq, Errno.EPERM);
                break;
        }
    }

    // kill(2): the same user, or CAP_KILL.
    private bool MaySignal(Credentials sender) =>
        sender.Uid == _started!.Credentials.Uid || sender.Has(LinuxCapability.Kill);

    private void Send(Stamp stamp, ulong seq, SignalSend send)
    {
        var (pid, signal) = (stamp.Pid, send.Signal);
        var isOwn = send.Code == MessageQueue && pid == _started!.Pid;
        if (!SignalSet.IsSignal(signal) || (send.Code is not (User or Queue) && !isOwn))
        {
            FailUnrecorded(pid, seq, Errno.EINVAL);
        }
        else if (!MaySignal(stamp.Credentials))
        {
            FailUnrecorded(pid, seq, Errno.EPERM);
        }
        else
        {
            var info = new SignalInfo
            {
                Signal = signal, Code = send.Code,
                Pid = isOwn ? send.FromPid : pid,
                Uid = isOwn ? send.FromUid : stamp.Credentials.Uid,
                Value = send.Code == User ? 0 : send.Value,
            };
            Send(pid, seq, info);
            Act();
        }
    }

    // __send_signal_locked() of the kernel.
    private void Send(int pid, ulong seq, SignalInfo info)
    {
        Prepare(info.Signal);
        var isStandard = SignalSet.Has(Standard, info.Signal);
        var isFull = _pending.Queued >= _signalLimit && !(isStandard && info.Code >= User);
        if (IsIgnored(info.Signal) || (isStandard && SignalSet.Has(_pending.Set, info.Signal)))
        {
            AnswerRecorded(pid, new Result { Seq = seq });
        }
        else if (isFull && !isStandard && info.Code != User)
        {
            FailRecorded(pid, seq, Errno.EAGAIN);
        }
        else if (IsFatalNow(info.Signal))
        {
            AnswerRecorded(pid, new Result { Seq = seq });
            End(_ack, exact: null, expired: false, info.Signal);
        }
        else
        {
            var queued = new SignalQueued { Pid = pid, Seq = seq, Info = info, Bare = isFull };
            Emit(new SignalFact { Queued = queued });
            Release(pid, seq);
        }
    }

    // prepare_signal() of the kernel: SIGCONT continues even if it is blocked or ignored.
    private void Prepare(int signal)
    {
        var cont = SignalSet.Of(Protocol.Signal.SIGCONT);
        var flushed = signal == (int)Protocol.Signal.SIGCONT ? SignalSet.Stops
            : SignalSet.Has(SignalSet.Stops, signal) ? cont
            : 0;
        if ((_pending.Set & flushed) != 0)
            Emit(new SignalFact { Flushed = new SignalsFlushed { Set = flushed } });
        if (signal == (int)Protocol.Signal.SIGCONT && _halted != 0)
        {
            Emit(new SignalFact { Continued = new ProcessContinued() });
            Renew();
            Publish(ToNews());
        }
    }

    // A signal that is blocked is not ignored, because its disposition may have changed when it is unblocked.
    private bool IsIgnored(int signal) => !SignalSet.Has(_blocked, signal) && DoesNothing(signal);

    private bool DoesNothing(int signal) => SignalSet.Has(_ignored, signal)
        || (!SignalSet.Has(_caught, signal) && SignalSet.Has(SignalSet.IgnoredByDefault, signal));

    // SIGKILL ends the process at once, whatever its state is. A stopped process gets the others when it continues.
    private bool IsFatalNow(int signal) => signal == (int)Protocol.Signal.SIGKILL
        || (_halted == 0 && !SignalSet.Has(_blocked | _caught | SignalSet.Stops, signal) && !DoesNothing(signal));

    /// <summary>
    /// Does the default actions of the signals that are pending and not blocked, in the order of the kernel, and serves
    /// the calls that wait for signals. A stopped process does nothing.
    /// </summary>
    private void Act()
    {
        while (IsRunning && _halted == 0 && SignalSet.Next(_pending.Set & ~_blocked & ~_caught) is var next and > 0)
        {
            if (IsFatalNow(next))
            {
                End(_ack, exact: null, expired: false, next);
                return;
            }

            Emit(new SignalFact { Dropped = new SignalDropped { Signal = next } });
            if (DoesNothing(next)) continue;
            Emit(new SignalFact { Halted = new ProcessHalted { Signal = next } });
            Publish(ToNews());
        }

        ServeSignals();
    }

    // A thread that waits for a signal gets it before a handler does.
    private void ServeSignals()
    {
        if (_halted != 0 || !IsRunning || _pending.Set == 0) return;
        foreach (var waiter in Waiters.InLine<SignalWaiter>().OrderBy(waiter => waiter.IsTake))
        {
            if (waiter.Presence == Presence.Connected && NextFor(waiter.Parked) is var next and > 0)
                Take(waiter.Seq, next);
        }
    }

    private int NextFor(SignalWaitParked wait) =>
        SignalSet.Next(_pending.Set & (wait.Take ? _caught & ~_blocked : wait.Set));

    private void Take(ulong seq, int signal)
    {
        Emit(new SignalFact { Taken = new SignalTaken { Seq = seq, Signal = signal } });
        Release(_started!.Pid, seq);
    }

    // ---- what a process does on itself ----

    private void OwnSignal(Stamp stamp, Call call)
    {
        var (pid, seq, signal) = (stamp.Pid, call.Seq, call.Signal);
        switch (signal.OpCase)
        {
            case SignalCall.OpOneofCase.Action:
                SetAction(pid, seq, signal.Action);
                break;
            case SignalCall.OpOneofCase.Mask:
                SetMask(pid, seq, signal.Mask);
                break;
            case SignalCall.OpOneofCase.Pending:
                var setting = new SignalSetting { Set = _pending.Set & _blocked };
                AnswerUnrecorded(pid, new Result { Seq = seq, SignalSetting = setting });
                break;
            case SignalCall.OpOneofCase.Wait:
                WaitFor(call, new SignalWaitParked { Set = signal.Wait.Set & ~SignalSet.Unstoppable });
                break;
            case SignalCall.OpOneofCase.Take:
                WaitFor(call, new SignalWaitParked { Take = true });
                break;
            case SignalCall.OpOneofCase.Limit when signal.Limit.Limit is >= 0 and <= Bounds.QueuedSignals:
                Emit(new SignalFact { LimitSet = new SignalLimitSet { Seq = seq, Limit = signal.Limit.Limit } });
                Release(pid, seq);
                break;
            default:
                FailUnrecorded(pid, seq, Errno.EINVAL);
                break;
        }
    }

    private void SetAction(int pid, ulong seq, SignalAction action)
    {
        if (!SignalSet.IsSignal(action.Signal))
        {
            FailUnrecorded(pid, seq, Errno.EINVAL);
        }
        else if (!action.HasDisposition)
        {
            var setting = new SignalSetting { Disposition = DispositionOf(action.Signal) };
            AnswerUnrecorded(pid, new Result { Seq = seq, SignalSetting = setting });
        }
        else if (SignalSet.Has(SignalSet.Unstoppable, action.Signal) || action.Disposition is < 0 or > 2)
        {
            FailUnrecorded(pid, seq, Errno.EINVAL);
        }
        else
        {
            var set = new SignalActionSet { Seq = seq, Signal = action.Signal, Disposition = action.Disposition };
            Emit(new SignalFact { ActionSet = set });
            Release(pid, seq);
            Act();
        }
    }

    private int DispositionOf(int signal) =>
        SignalSet.Has(_ignored, signal) ? 1 : SignalSet.Has(_caught, signal) ? 2 : 0;

    private void SetMask(int pid, ulong seq, SignalMask mask)
    {
        if (!mask.HasSet) // how is not looked at then, as in the kernel
        {
            AnswerUnrecorded(pid, new Result { Seq = seq, SignalSetting = new SignalSetting { Set = _blocked } });
            return;
        }

        ulong? set = mask.How switch
        {
            0 => _blocked | mask.Set,
            1 => _blocked & ~mask.Set,
            2 => mask.Set,
            _ => null,
        };
        if (set is not { } chosen)
        {
            FailUnrecorded(pid, seq, Errno.EINVAL);
            return;
        }

        var fact = new SignalMaskSet { Seq = seq, Set = chosen & ~SignalSet.Unstoppable };
        Emit(new SignalFact { MaskSet = fact });
        Release(pid, seq);
        Act();
    }

    private void WaitFor(Call call, SignalWaitParked wait)
    {
        wait.Seq = call.Seq;
        if (_halted == 0 && NextFor(wait) is var next and > 0)
        {
            Take(call.Seq, next);
        }
        else if (call is { HasTimeoutMs: true, TimeoutMs: <= 0 })
        {
            FailRecorded(_started!.Pid, call.Seq, Errno.EAGAIN);
        }
        else
        {
            wait.DeadlineMs = DeadlineOf(call);
            Emit(new SignalFact { WaitParked = wait });
        }
    }

    protected override void OnCallerBack(Waiter waiter, Presence before) => ServeSignals();

    private void Emit(SignalFact fact) => Emit(new Event { Signal = fact });
}
