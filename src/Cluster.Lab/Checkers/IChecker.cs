using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers;

/// <summary>Checks one promise of the product on a history. A pure function.</summary>
public interface IChecker
{
    /// <summary>The name of the promise, as reports show it.</summary>
    string Name { get; }

    /// <summary>Checks a history.</summary>
    Verdict Check(History history);
}
