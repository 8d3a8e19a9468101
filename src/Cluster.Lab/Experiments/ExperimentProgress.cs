namespace Cluster.Lab.Experiments;

/// <summary>The progress of an experiment.</summary>
/// <param name="Elapsed">The time since the experiment began.</param>
/// <param name="What">The last event.</param>
/// <param name="CallsPerSecond">The calls per second of all clients since the last report.</param>
public readonly record struct ExperimentProgress(TimeSpan Elapsed, string What, double CallsPerSecond);
