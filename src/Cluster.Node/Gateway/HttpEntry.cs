namespace Cluster.Node.Gateway;

/// <summary>What becomes of a new connection of HTTP/2.</summary>
internal enum HttpEntry
{
    /// <summary>It is served.</summary>
    Served,

    /// <summary>It has to wait: others have not had the time to introduce themselves.</summary>
    Waits,

    /// <summary>It is refused: the node has as many as it takes.</summary>
    Refused,
}
