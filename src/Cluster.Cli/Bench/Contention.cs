namespace Cluster.Cli.Bench;

/// <summary>Further results of a measurement of a contended lock.</summary>
/// <param name="PairsPerSecond">Acquisitions with their releases, per second.</param>
/// <param name="LeastShare">The share of the worker that got the lock least often; 1: a fair share.</param>
/// <param name="GreatestShare">The share of the worker that got it most often.</param>
internal readonly record struct Contention(double PairsPerSecond, double LeastShare, double GreatestShare);
