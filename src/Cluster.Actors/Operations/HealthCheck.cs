namespace Cluster.Actors.Operations;

/// <summary>One condition that a node needs to serve calls.</summary>
/// <param name="Name">Its name, the same in every release.</param>
/// <param name="Reason">Why the condition does not hold; null: it holds.</param>
public sealed record HealthCheck(string Name, string? Reason);
