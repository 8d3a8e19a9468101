namespace Cluster.Lab.Checkers;

/// <summary>What a checker has come to.</summary>
public enum Ruling
{
    /// <summary>The history is as promised.</summary>
    Holds = 0,

    /// <summary>It is not; there is a counterexample.</summary>
    Violated = 1,

    /// <summary>It could not be told within the budget, or from what was recorded. Not to be taken for
    /// "holds".</summary>
    Undecided = 2,
}
