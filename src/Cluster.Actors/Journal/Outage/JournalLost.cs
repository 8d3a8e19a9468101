namespace Cluster.Actors.Journal.Outage;

/// <summary>Published on the event stream when the journal's database stops working; once, until it is back.</summary>
/// <param name="Reason">What it said.</param>
public sealed record JournalLost(string Reason);
