namespace Cluster.Client.Engine;

/// <summary>How far a call has come.</summary>
internal enum CallStage
{
    Idle,

    /// <summary>Waits for the window; has no seq.</summary>
    Waiting,

    /// <summary>Has a seq, and was sent or will be.</summary>
    Outstanding,

    /// <summary>Its result is in hand. It completes when the call before it has passed the lock on.</summary>
    AwaitingLock,

    Completed,
}
