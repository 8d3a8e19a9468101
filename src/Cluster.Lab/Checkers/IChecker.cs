using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers;

/// <summary>A promise of the product, checked on what clients saw. A pure function.</summary>
public interface IChecker
{
    /// <summary>The promise.</summary>
    string Name { get; }

    /// <summary>Judges a history.</summary>
    Verdict Check(History history);
}
