using System.Net;

namespace Cluster.Node.Gateway;

/// <summary>What is known of the other end of a connection.</summary>
/// <param name="Address">Where it comes from.</param>
public sealed record Caller(EndPoint? Address);
