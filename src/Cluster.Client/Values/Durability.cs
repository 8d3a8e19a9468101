namespace Cluster.Client;

/// <summary>What an object survives. The creation of an object decides it for ever.</summary>
public enum Durability
{
    /// <summary>A journal keeps the object: an answered call is on disk.</summary>
    Durable = 0,

    /// <summary>The object is in the memory of one node only, and is lost with that node (EIDRM).</summary>
    Volatile = 1,
}
