namespace Cluster.Actors.Membership.Links;

/// <summary>Two members that do not hear each other.</summary>
/// <param name="Goes">The uid of the member that has to go.</param>
/// <param name="Stays">The uid of the other one.</param>
internal readonly record struct BrokenLink(int Goes, int Stays);
