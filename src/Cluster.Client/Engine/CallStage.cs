namespace Cluster.Client.Engine;

/// <summary>Where a call stands.</summary>
internal enum CallStage
{
    Idle,

    /// <summary>Waits for the window; has no seq.</summary>
    Waiting,

    /// <summary>Has a seq; sent or about to be.</summary>
    Outstanding,

    /// <summary>Its result is in hand; it completes when a call before it has passed on what both wait for.</summary>
    Inheriting,

    Completed,
}
