namespace Cluster.Actors.Journal.Outage;

/// <summary>Published on the event stream when the journal holds something that the node refuses to use.</summary>
/// <param name="Reason">What is wrong.</param>
public sealed record JournalDamage(string Reason);
