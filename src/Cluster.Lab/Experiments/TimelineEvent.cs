namespace Cluster.Lab.Experiments;

/// <summary>Something that happened in an experiment.</summary>
/// <param name="Seconds">Since the clients began to work; what was before is negative.</param>
/// <param name="What">In words.</param>
public readonly record struct TimelineEvent(double Seconds, string What);
