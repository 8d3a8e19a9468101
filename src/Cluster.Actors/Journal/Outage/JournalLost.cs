namespace Cluster.Actors.Journal.Outage;

/// <summary>Published on the event stream once for each outage, when the journal's database stops working.</summary>
/// <param name="Reason">The failure of the database.</param>
public sealed record JournalLost(string Reason);
