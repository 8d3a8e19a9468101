using Cluster.Protocol;

namespace Cluster.Core.Sessions;

/// <content>
/// What signals and ps(1) want of a session. The client of a stopped process is handed nothing: its calls wait in the
/// session, and results are dropped, because their objects keep them. When the process continues, the client sends its
/// calls again and gets the results.
/// </content>
public sealed partial class SessionCore
{
    private bool _isStopped;
    private ulong _clientAck; // the highest of the frames

    // The end of a client ends a stopped process too. True: nothing else may pass.
    private bool PassCloseOnly()
    {
        if (_held.FirstOrDefault(frame => frame.Close) is { } close) Close(close);
        return true;
    }

    private void OnNews(ProcessNews news)
    {
        if (news.Report != 0) Report(news.Report);
        if (news.Stopped == _isStopped) return;
        _isStopped = news.Stopped;
        if (_isStopped) return;
        if (_unanswered.Count > 0) Write(new ServerFrame { Resend = true });
        PassHeld();
    }

    private void Report(ulong number)
    {
        var report = new ReportWaits { Report = number, Gateway = _settings.Gateway };
        var oldest = _unanswered.Where(pair => CallTraits.Operations[pair.Value.Sent.Operation].Blocks != Blocking.Background).OrderBy(pair => pair.Key)
            .Take(Bounds.WaitsPerProcess);
        foreach (var (seq, call) in oldest)
        {
            report.Waits.Add(new ProcessWait
            {
                Seq = seq, Target = call.Target, Call = NameOf(call), WaitedMs = Math.Max(0, _nowMs - call.SinceMs),
            });
        }

        _requests.Send(new Request { To = _process, ReportWaits = report }, _nowMs, _ => { });
    }

    private static string NameOf(Unanswered call) => CallTraits.Operations[call.Sent.Operation].Name;

    private void LeaveKilled(int signal)
    {
        if (_isOver) return;
        _isOver = true;
        var name = Enum.IsDefined((Signal)signal) ? ((Signal)signal).ToString() : $"SIGRT_{signal - SignalSet.FirstRealTime}";
        var reason = $"the process was killed by signal {signal} ({name})";
        Write(new ServerFrame { Farewell = new Farewell { Errno = (int)Errno.ESRCH, Reason = reason, Signal = signal } });
    }
}
