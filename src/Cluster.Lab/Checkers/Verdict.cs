using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers;

/// <summary>The result of one checker for one history.</summary>
/// <param name="Name">The name of the promise.</param>
/// <param name="Ruling">The result.</param>
/// <param name="Explanation">Violated: the first counterexample in words. Undecided: the reason. Holds: what was
/// checked.</param>
/// <param name="Operations">The calls of the counterexample.</param>
public sealed record Verdict(
    string Name, Ruling Ruling, string Explanation, IReadOnlyList<Operation> Operations)
{
    /// <summary>Whether the promise was checked and kept.</summary>
    public bool Holds => Ruling == Ruling.Holds;

    /// <summary>The verdict, and the calls of the counterexample below it, one per text line.</summary>
    public override string ToString() =>
        $"{Name}: {Ruling}: {Explanation}{string.Concat(Operations.Select(operation => $"\n  {operation}"))}";

    internal static Verdict Held(string name, string what) => new(name, Ruling.Holds, what, []);

    internal static Verdict Unclear(string name, string why) => new(name, Ruling.Undecided, why, []);

    internal static Verdict Broken(string name, Finding finding) =>
        new(name, Ruling.Violated, finding.Words, finding.Operations);
}
