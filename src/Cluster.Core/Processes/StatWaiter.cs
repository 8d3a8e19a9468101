using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Processes;

/// <summary>A question for the state of a process. It waits until all sessions of the process have answered.</summary>
/// <param name="pid">Who asks.</param>
/// <param name="seq">The number of the call.</param>
/// <param name="ticket">The place in line.</param>
/// <param name="deadlineMs">When the answer is given without the rest.</param>
/// <param name="credentials">Those of the asker.</param>
/// <param name="report">The reports that it waits for have this number, or a higher one.</param>
/// <param name="gateways">The sessions that have not answered.</param>
internal sealed class StatWaiter(
    int pid, ulong seq, ulong ticket, long deadlineMs, Credentials credentials, ulong report,
    IEnumerable<string> gateways) : Waiter(pid, seq, ticket, deadlineMs, credentials)
{
    private readonly HashSet<string> _left = [.. gateways];

    public override bool IsRecorded => false;

    /// <summary>What the process waits for, as far as the sessions have said.</summary>
    public List<ProcessWait> Waits { get; } = [];

    /// <summary>Whether all have answered.</summary>
    public bool IsComplete => _left.Count == 0;

    /// <summary>Takes the answer of a session, once.</summary>
    public void Hear(ReportWaits heard)
    {
        if (heard.Report < report || !_left.Remove(heard.Gateway)) return;
        Waits.AddRange(heard.Waits.Take(Bounds.WaitsPerProcess));
    }

    /// <summary>A session is gone.</summary>
    public void Lose(string gateway) => _left.Remove(gateway);

    public override Call ToCall() => new() { Seq = Seq, ProcessStat = new ProcessStat { Waits = true } };
}
