namespace Cluster.Lab.Checkers;

/// <summary>The result of a check.</summary>
public enum Ruling
{
    /// <summary>The history keeps the promise.</summary>
    Holds = 0,

    /// <summary>The history breaks the promise: there is a counterexample.</summary>
    Violated = 1,

    /// <summary>
    /// The budget of the search or the recorded calls were not enough for a decision. This is not "holds".
    /// </summary>
    Undecided = 2,
}
