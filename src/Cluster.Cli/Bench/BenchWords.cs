namespace Cluster.Cli.Bench;

/// <summary>
/// The descriptions and bounds of the load generator's options for one kind; null: the kind has no such option.
/// </summary>
/// <param name="Objects">The objects.</param>
/// <param name="MostObjects">The highest number of them.</param>
/// <param name="Payload">The bytes of a call.</param>
/// <param name="DefaultPayload">Their default number.</param>
/// <param name="MostPayload">Their highest number.</param>
/// <param name="Messages">What is counted instead of time.</param>
/// <param name="Sequential">What is made one at a time.</param>
/// <param name="Wake">The interval that is measured as the time of a wake-up.</param>
/// <param name="Backlog">What is in the objects during the measurement.</param>
/// <param name="Waiters">The calls that are blocked during the measurement.</param>
/// <param name="WaiterTypes">What these calls wait for.</param>
internal sealed record BenchWords(
    string Objects, int MostObjects, string Payload, int DefaultPayload, int MostPayload, string Messages,
    string Sequential, string? Wake, string? Backlog, string? Waiters, string? WaiterTypes);
