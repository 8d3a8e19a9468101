namespace Cluster.Actors.Journal.Outage;

/// <summary>Published on the event stream when the journal's database works again.</summary>
/// <param name="After">How long it did not.</param>
public sealed record JournalBack(TimeSpan After);
