using Cluster.Protocol;

namespace Cluster.Core.Processes;

/// <content>How events change the signals of a process, and their snapshot.</content>
public sealed partial class Process
{
    private void ApplySignal(SignalFact fact)
    {
        switch (fact.FactCase)
        {
            case SignalFact.FactOneofCase.Queued:
                _pending.Add(fact.Queued.Info, fact.Queued.Bare);
                if (fact.Queued.Pid != 0) ApplyCompleted(fact.Queued.Pid, new Result { Seq = fact.Queued.Seq }); // 0: SIGCHLD
                break;
            case SignalFact.FactOneofCase.Flushed:
                _pending.Flush(fact.Flushed.Set);
                break;
            case SignalFact.FactOneofCase.Taken:
                var info = _pending.Take(fact.Taken.Signal);
                ApplyCompleted(_started!.Pid, new Result { Seq = fact.Taken.Seq, SignalInfo = info });
                break;
            case SignalFact.FactOneofCase.Dropped:
                _pending.Take(fact.Dropped.Signal);
                break;
            case SignalFact.FactOneofCase.ActionSet:
                Apply(fact.ActionSet);
                break;
            case SignalFact.FactOneofCase.MaskSet:
                var masked = new SignalSetting { Set = _blocked };
                _blocked = fact.MaskSet.Set;
                ApplyCompleted(_started!.Pid, new Result { Seq = fact.MaskSet.Seq, SignalSetting = masked });
                break;
            case SignalFact.FactOneofCase.LimitSet:
                var limited = new SignalSetting { Limit = _signalLimit };
                _signalLimit = fact.LimitSet.Limit;
                ApplyCompleted(_started!.Pid, new Result { Seq = fact.LimitSet.Seq, SignalSetting = limited });
                break;
            case SignalFact.FactOneofCase.WaitParked:
                Park(fact.WaitParked, _nextTicket++);
                break;
            case SignalFact.FactOneofCase.Halted:
                _halted = fact.Halted.Signal;
                break;
            case SignalFact.FactOneofCase.Continued:
                _halted = 0;
                break;
            default:
                throw new InvalidOperationException($"signals have no event {fact.FactCase}");
        }
    }

    // do_sigaction() of the kernel: a signal that does nothing from now on is not pending any more, even if it is blocked.
    private void Apply(SignalActionSet set)
    {
        var old = new SignalSetting { Disposition = DispositionOf(set.Signal) };
        var bit = SignalSet.Of(set.Signal);
        _ignored = set.Disposition == 1 ? _ignored | bit : _ignored & ~bit;
        _caught = set.Disposition == 2 ? _caught | bit : _caught & ~bit;
        if (DoesNothing(set.Signal)) _pending.Flush(bit);
        ApplyCompleted(_started!.Pid, new Result { Seq = set.Seq, SignalSetting = old });
    }

    private void Park(SignalWaitParked parked, ulong ticket) =>
        Waiters.Add(new SignalWaiter(_started!.Pid, parked, ticket, _started.Credentials));

    private SignalsState SaveSignals()
    {
        var state = new SignalsState
        {
            Blocked = _blocked, Ignored = _ignored, Caught = _caught, Limit = _signalLimit, Halted = _halted,
            NextTicket = _nextTicket,
        };
        _pending.Save(state);
        foreach (var waiter in Waiters.InLine<SignalWaiter>())
            state.Waits.Add(new StoredSignalWait { Ticket = waiter.Ticket, Parked = waiter.Parked });
        return state;
    }

    // A snapshot of an earlier version has no signals.
    private void LoadSignals(SignalsState? stored)
    {
        var state = stored ?? new SignalsState { NextTicket = 1 };
        (_blocked, _ignored, _caught) = (state.Blocked, state.Ignored, state.Caught);
        (_halted, _nextTicket) = (state.Halted, state.NextTicket);
        _signalLimit = state.HasLimit ? state.Limit : Bounds.RlimitSigpending;
        _pending.Load(state);
        foreach (var wait in state.Waits) Park(wait.Parked, wait.Ticket);
    }
}
