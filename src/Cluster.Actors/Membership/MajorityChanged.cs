namespace Cluster.Actors.Membership;

/// <summary>Published on the event stream when a majority confirms this node again, or does so no longer.</summary>
/// <param name="IsHeard">Whether the node may speak.</param>
public sealed record MajorityChanged(bool IsHeard);
