namespace Cluster.Actors.Membership.Quorum;

/// <summary>Published on the event stream when this node loses its majority, or has one again.</summary>
/// <param name="HasMajority">Whether a majority confirms this node.</param>
public sealed record MajorityChanged(bool HasMajority);
