namespace Cluster.Actors.Journal.Log;

/// <summary>Which writer may write for which group.</summary>
/// <param name="Version">Each change has a higher one.</param>
/// <param name="Owners">The writer of each claimed group.</param>
/// <param name="Writers">The writers that may write at all.</param>
internal sealed record LogFence(
    long Version, IReadOnlyDictionary<string, long> Owners, IReadOnlySet<long> Writers);
