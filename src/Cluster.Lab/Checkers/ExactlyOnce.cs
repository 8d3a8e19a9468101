using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers;

/// <summary>
/// Each call completes exactly once, unless its process exits before. Each text is in at most one queue, and is
/// received from it at most once. Check a history after all of its calls have completed or were cancelled.
/// </summary>
public sealed class ExactlyOnce : IChecker
{
    public string Name => "exactly once";

    public Verdict Check(History history)
    {
        var sent = new Dictionary<string, Operation>();
        var exited = history.Operations.Where(call => call.Call == CallKind.Exit).Select(call => call.Client)
            .ToHashSet();
        foreach (var call in history.Operations)
        {
            if (call.Completions > 1)
                return Verdict.Broken(Name, new Finding($"a call completed {call.Completions} times", call));
            if (call.Outcome == Outcome.Pending && !exited.Contains(call.Client))
                return Verdict.Broken(Name, new Finding("a call never completed", call));
            if (call is { Call: CallKind.Send, Text: { } text } && !sent.TryAdd(text, call))
                return Verdict.Broken(Name,
                    new Finding("a text was sent twice: the workload is wrong", sent[text], call));
        }

        foreach (var receive in history.Operations.Where(call => call is { Call: CallKind.Receive, IsOk: true }))
        {
            if (!sent.TryGetValue(receive.Text ?? "", out var send) || send.Object != receive.Object)
                return Verdict.Broken(Name,
                    new Finding("a message came out of a queue that it was not sent to", receive));
        }

        var twice = new NothingTwice().Check(history);
        return twice.Holds
            ? Verdict.Held(Name, $"{history.Operations.Count} calls completed once")
            : twice with { Name = Name };
    }
}
