using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers;

/// <summary>All checkers.</summary>
public static class CheckerSuite
{
    /// <summary>The verdict of each checker.</summary>
    public static IReadOnlyList<Verdict> Check(History history, LinearizabilityOptions? options = null)
    {
        options ??= new LinearizabilityOptions();
        IChecker[] checkers =
        [
            new Linearizability(options), new NothingLost(), new NothingTwice(), new Fifo(options.Grace),
            new PermitsConserved(), new MutualExclusion(), new ParkedInOrder(), new StreamBytes(), new ExactlyOnce(), new NothingRefused(),
        ];
        return [.. checkers.Select(checker => checker.Check(history))];
    }
}
