using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers;

/// <summary>
/// No message is received twice, none that was not sent, none whose send is said not to have happened. What a process
/// took that ended before it could acknowledge it goes back as documented, and may come to somebody else too.
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
