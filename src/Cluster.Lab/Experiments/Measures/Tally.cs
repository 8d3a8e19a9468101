using Cluster.Lab.Checkers;
using Cluster.Lab.Histories;

namespace Cluster.Lab.Experiments.Measures;

/// <summary>Counts of a history.</summary>
/// <param name="Calls">Calls made.</param>
/// <param name="Acknowledged">Calls that were answered with success.</param>
/// <param name="Unknown">Calls without an outcome: the client lost its process, or the call never ended.</param>
/// <param name="Lost">Acknowledged messages that neither a client nor the drain received.</param>
/// <param name="Duplicated">Messages that were received twice and cannot have gone back in between.</param>
public sealed record Tally(int Calls, int Acknowledged, int Unknown, int Lost, int Duplicated)
{
    /// <summary>Counts the calls of a history.</summary>
    public static Tally Of(History history)
    {
        var acknowledged = new Acknowledged(history);
        var received = history.Operations.Where(call => call is { Call: CallKind.Receive, IsOk: true, Text: not null })
            .ToLookup(call => call.Text!);
        return new Tally(
            history.Operations.Count,
            history.Operations.Count(call => call.IsOk),
            history.Operations.Count(call => call.IsOpen),
            history.Operations.Count(
                call => call is { Call: CallKind.Send, IsOk: true } && !received.Contains(call.Text!)),
            received.Count(acknowledged.IsTwice));
    }
}
