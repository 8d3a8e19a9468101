namespace Cluster.Lab.Experiments;

/// <summary>An event of an experiment.</summary>
/// <param name="Seconds">The time since the clients began; negative: before that.</param>
/// <param name="What">The text of the event.</param>
public readonly record struct TimelineEvent(double Seconds, string What);
