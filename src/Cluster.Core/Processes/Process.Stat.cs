using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Processes;

/// <content>
/// What others learn of a process, as from ps(1) and proc(5). Only the sessions know which calls are under way, so they
/// are asked. A session that does not answer is not waited for.
/// </content>
public sealed partial class Process
{
    /// <summary>How long the sessions of a process have to say what it waits for, in ms.</summary>
    public const long ReportMs = 1_000;

    // Questions that wait for sessions at once. Further ones get what is known without them.
    private const int StatsBound = 256;

    private readonly SortedDictionary<string, ulong> _sessions = []; // token by gateway; not journalled
    private ulong _report; // the number of the last question to the sessions; not journalled

    private void Join(string gateway, ulong token)
    {
        _sessions[gateway] = token;
        Subscribe(token);
    }

    protected override void OnUnsubscribed(ulong token)
    {
        var gateway = _sessions.FirstOrDefault(pair => pair.Value == token).Key;
        if (gateway is null) return;
        _sessions.Remove(gateway);
        foreach (var waiter in Waiters.InLine<StatWaiter>())
        {
            waiter.Lose(gateway);
            AnswerIfComplete(waiter);
        }
    }

    private void Stat(Stamp stamp, Call call)
    {
        var hasGone = !IsRunning && (_touched.Count == 0 || stamp.Pid == _started?.Pid);
        if (_started is null || hasGone || !IsSeenBy(stamp))
        {
            FailUnrecorded(stamp.Pid, call.Seq, Errno.ESRCH);
        }
        else if (!call.ProcessStat.Waits || !IsRunning || _sessions.Count == 0
            || Waiters.OfSort<StatWaiter>().Count() >= StatsBound)
        {
            AnswerUnrecorded(stamp.Pid, new Result { Seq = call.Seq, ProcessStatus = ToStatus(stamp.Credentials) });
        }
        else
        {
            ParkUnrecorded(new StatWaiter(
                stamp.Pid, call.Seq, Waiters.NextUnrecordedTicket(), NowMs + ReportMs, stamp.Credentials, ++_report,
                _sessions.Keys));
            Publish(ToNews(_report));
        }
    }

    private void Hear(ReportWaits heard)
    {
        foreach (var waiter in Waiters.InLine<StatWaiter>())
        {
            waiter.Hear(heard);
            AnswerIfComplete(waiter);
        }
    }

    private void AnswerIfComplete(StatWaiter waiter)
    {
        if (waiter.IsComplete) AnswerStat(waiter);
    }

    private void AnswerStat(StatWaiter waiter)
    {
        var status = ToStatus(waiter.Credentials);
        if (status.Condition == ProcessCondition.Unspecified)
            status.Condition = waiter.Waits.Count > 0 ? ProcessCondition.Sleeping : ProcessCondition.Running;
        if (MayTrace(waiter.Credentials))
            status.Waits.AddRange(waiter.Waits.OrderBy(wait => wait.Seq).Take(Bounds.WaitsPerProcess));
        AnswerUnrecorded(waiter, new Result { Seq = waiter.Seq, ProcessStatus = status });
    }

    private void AnswerStats()
    {
        foreach (var waiter in Waiters.InLine<StatWaiter>()) AnswerStat(waiter);
    }

    protected override bool TryEnd(Waiter waiter, Errno errno)
    {
        if (waiter is not StatWaiter stat || errno == Errno.EINTR) return false;
        AnswerStat(stat);
        return true;
    }

    private ProcessStatus ToStatus(Credentials? asker)
    {
        var status = new ProcessStatus
        {
            Pid = _started!.Pid,
            Parent = Parent,
            Credentials = _started.Credentials.Clone(),
            NamespacePath = _started.NamespacePath,
            LeaseMs = _started.LeaseMs,
            Started = _started.TimeMs / 1000,
            Objects = _touched.Count(key => key.Kind != Kind.ProcessTable),
            StoppedBy = _halted,
            Condition = this switch
            {
                { IsRunning: false } => ProcessCondition.Exiting,
                { _halted: not 0 } => ProcessCondition.Stopped,
                { _sessions.Count: 0 } => ProcessCondition.Disconnected,
                _ => ProcessCondition.Unspecified,
            },
        };
        if (asker is null || MayTrace(asker)) status.Gateways.AddRange(_sessions.Keys);
        return status;
    }

    private Reply ToNews(ulong report = 0) =>
        new() { From = Key, ProcessNews = new ProcessNews { Stopped = _halted != 0, Report = report } };

    // ptrace(2): root, or the same user.
    private bool MayTrace(Credentials tracer) => tracer.Uid == 0 || tracer.Uid == _started!.Credentials.Uid;

    // A process sees the processes of its own namespace.
    private bool IsSeenBy(Stamp stamp) => stamp.Pid == _started!.Pid || stamp.Namespace == _started.Namespace;
}
