namespace Cluster.Lab.Experiments;

/// <summary>What an experiment does now.</summary>
/// <param name="Elapsed">Since it began.</param>
/// <param name="What">What happened last.</param>
/// <param name="CallsPerSecond">Of the clients, since the last time.</param>
public readonly record struct ExperimentProgress(TimeSpan Elapsed, string What, double CallsPerSecond);
