namespace Cluster.Actors.Operations;

/// <summary>One thing that a node needs to serve calls.</summary>
/// <param name="Name">Its name, the same in every release.</param>
/// <param name="Reason">Why it is not as it has to be; null: it is.</param>
public sealed record HealthCheck(string Name, string? Reason);
