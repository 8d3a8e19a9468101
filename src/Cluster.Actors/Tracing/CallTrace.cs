using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Actors.Tracing;

/// <summary>Tells the taps of the node what happens in one entity. It exists only while somebody traces.</summary>
/// <param name="key">The entity.</param>
/// <param name="machine">The machine of the entity, which knows the parked calls.</param>
/// <param name="time">The time; UTC.</param>
internal sealed class CallTrace(EntityKey key, Machine machine, TimeProvider time)
{
    private readonly record struct Open(Call Call, long StartUs, bool Again, bool IsParked);

    private readonly Target _target = new() { Kind = key.Kind, Id = key.Id };
    private readonly Dictionary<(int Pid, ulong Seq), Open> _open = [];
    private IReadOnlyList<Tap> _taps = [];
    private bool _ended;

    /// <summary>The trace, for these taps.</summary>
    public CallTrace For(IReadOnlyList<Tap> taps)
    {
        if (ReferenceEquals(taps, _taps)) return this;
        _taps = taps;
        foreach (var waiter in machine.Waiters.All)
        {
            if (IsCovered(waiter.Pid))
                _open.TryAdd((waiter.Pid, waiter.Seq), new Open(waiter.ToCall(), 0, Again: false, IsParked: true));
        }

        return this;
    }

    /// <summary>Calls have arrived and have not run yet.</summary>
    public void Arrived(Submit submit)
    {
        var pid = submit.Stamp.Pid;
        if (!IsCovered(pid)) return;
        var nowUs = NowUs;
        foreach (var call in submit.Calls)
        {
            if (_open.Count >= Bounds.CallsPerProcess) return; // their results will not be seen
            if (machine.IsNew(submit, call.Seq)) _open.TryAdd((pid, call.Seq), new Open(call, nowUs, false, false));
            else if (submit.Resent && machine.Ledger.TryGet(pid, call.Seq, out _))
                _open.TryAdd((pid, call.Seq), new Open(call, 0, Again: true, false));
        }
    }

    /// <summary>These calls have run, or are parked now.</summary>
    public void Ran(Submit submit)
    {
        if (!IsCovered(submit.Stamp.Pid)) return;
        foreach (var call in submit.Calls) TellIfParked((submit.Stamp.Pid, call.Seq));
    }

    /// <summary>Calls that the machine had held may have run.</summary>
    public void Ran()
    {
        foreach (var call in _open.Keys.ToArray()) TellIfParked(call);
    }

    /// <summary>Results leave.</summary>
    public void Completed(IReadOnlyList<(int Pid, Result Result)> results)
    {
        if (_open.Count == 0) return;
        var nowUs = NowUs;
        foreach (var (pid, result) in results)
        {
            if (!_open.Remove((pid, result.Seq), out var open)) continue;
            TraceEvent? news = null;
            foreach (var tap in _taps)
            {
                if (!tap.Covers(key, pid) || !tap.Covers(key, open.Call, result)) continue;
                news ??= Event(pid, result.Seq, nowUs);
                news.Completed ??= TraceCut.Of(open.Call, result, open.StartUs, open.Again);
                tap.Write(news);
            }
        }
    }

    /// <summary>The entity hears of the exit of a process for the first time.</summary>
    public void Exited(int pid)
    {
        if (machine.Ledger.HasExited(pid)) return;
        foreach (var call in _open.Keys.Where(each => each.Pid == pid).ToArray()) _open.Remove(call);
        TellExit(pid, new TracedExit());
    }

    /// <summary>The entity is a process, and has ended.</summary>
    public void Ended(ProcessEnded ended)
    {
        if (_ended) return;
        _ended = true;
        TellExit((int)key.Id, new TracedExit { Expired = ended.Expired });
    }

    private void TellExit(int pid, TracedExit exited)
    {
        var news = Event(pid, 0, NowUs);
        news.Exited = exited;
        foreach (var tap in _taps)
        {
            if (tap.CoversExit(key)) tap.Write(news);
        }
    }

    private void TellIfParked((int Pid, ulong Seq) call)
    {
        if (!_open.TryGetValue(call, out var open) || open.IsParked) return;
        if (!machine.Waiters.TryGet(call.Pid, call.Seq, out _)) return;
        _open[call] = open with { IsParked = true };
        var news = Event(call.Pid, call.Seq, NowUs);
        news.Parked = TraceCut.Of(open.Call, null, open.StartUs, open.Again);
        foreach (var tap in _taps)
        {
            if (tap.Covers(key, call.Pid)) tap.Write(news);
        }
    }

    private TraceEvent Event(int pid, ulong seq, long nowUs) =>
        new() { TimeUs = nowUs, Pid = pid, Target = _target, Seq = seq };

    private bool IsCovered(int pid)
    {
        foreach (var tap in _taps)
        {
            if (tap.Covers(key, pid)) return true;
        }

        return false;
    }

    private long NowUs => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
