using System.Net;

namespace Cluster.Node.Gateway;

/// <summary>The other end of a connection.</summary>
/// <param name="Address">Its address; null: unknown.</param>
public sealed record Caller(EndPoint? Address);
