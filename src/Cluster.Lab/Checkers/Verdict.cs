using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers;

/// <summary>What a checker says about a history.</summary>
/// <param name="Name">The checker's.</param>
/// <param name="Ruling">The result.</param>
/// <param name="Explanation">Violated: the first counterexample in words. Undecided: why. Holds: what was looked
/// at.</param>
/// <param name="Operations">The calls of the counterexample.</param>
public sealed record Verdict(
    string Name, Ruling Ruling, string Explanation, IReadOnlyList<Operation> Operations)
{
    /// <summary>It was checked, and is as promised.</summary>
    public bool Holds => Ruling == Ruling.Holds;

    /// <summary>The verdict, and under it the calls, a line each.</summary>
    public override string ToString() =>
        $"{Name}: {Ruling}: {Explanation}{string.Concat(Operations.Select(operation => $"\n  {operation}"))}";

    internal static Verdict Held(string name, string what) => new(name, Ruling.Holds, what, []);

    internal static Verdict Unclear(string name, string why) => new(name, Ruling.Undecided, why, []);

    internal static Verdict Broken(string name, Finding finding) =>
        new(name, Ruling.Violated, finding.Words, finding.Operations);
}
