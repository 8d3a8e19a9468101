using System.Net;
using System.Net.Sockets;

namespace Cluster.Client.AspNetCore;

/// <summary>A Unix socket of the cluster as an address of a server.</summary>
/// <param name="name">The path, or @ and the abstract name.</param>
public sealed class ClusterSocketEndPoint(string name) : EndPoint
{
    /// <summary>The path, or @ and the abstract name.</summary>
    public string Name { get; } = name;

    /// <summary>AF_UNIX.</summary>
    public override AddressFamily AddressFamily => AddressFamily.Unix;

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
