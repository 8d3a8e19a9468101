namespace Cluster.Client.Engine;

/// <summary>How far a stream has come.</summary>
internal enum StreamPhase
{
    Requested,

    /// <summary>Open; hello is to be sent.</summary>
    Open,

    /// <summary>Hello is sent; Welcome is to come.</summary>
    Greeted,

    Up,

    Ended,
}
