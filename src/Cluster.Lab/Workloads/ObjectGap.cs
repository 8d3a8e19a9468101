namespace Cluster.Lab.Workloads;

/// <summary>The longest time for which an object answered nobody, though somebody was owed an answer.</summary>
/// <param name="Object">Its name in the history.</param>
/// <param name="StartedAt">When, ns of the history's clock.</param>
/// <param name="Length">How long.</param>
/// <param name="IsOpen">It was still waiting.</param>
public readonly record struct ObjectGap(string Object, long StartedAt, TimeSpan Length, bool IsOpen);
