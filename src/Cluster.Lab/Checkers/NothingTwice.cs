using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers;

/// <summary>
/// No message is received twice, without a send, or after a send that failed. One exception is documented: a message
/// that a process received and did not acknowledge before its end goes back, and another process receives it too.
/// </summary>
public sealed class NothingTwice : IChecker
{
    public string Name => "nothing twice";

    public Verdict Check(History history)
    {
        var count = 0;
        foreach (var queue in QueueCalls.Of(history))
        {
            if (queue.Impossible is { } finding) return Verdict.Broken(Name, finding);
            count += queue.Messages.Count;
        }

        return Verdict.Held(Name, $"{count} messages came at most once");
    }
}
