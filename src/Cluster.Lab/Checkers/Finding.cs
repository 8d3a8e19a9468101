using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers;

/// <summary>A counterexample.</summary>
internal sealed record Finding(string Words, params IReadOnlyList<Operation> Operations);
