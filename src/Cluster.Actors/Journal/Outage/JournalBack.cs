namespace Cluster.Actors.Journal.Outage;

/// <summary>Published on the event stream when the journal's database works again.</summary>
/// <param name="After">The length of the outage.</param>
public sealed record JournalBack(TimeSpan After);
