namespace Cluster.Client;

/// <summary>Who sent a signal, and how: si_code of sigaction(2).</summary>
public enum SignalCode
{
    /// <summary>SI_USER: kill(2). Also a signal that was sent when the queue was full, which has no sender then.</summary>
    User = 0,

    /// <summary>SI_QUEUE: sigqueue(3).</summary>
    Queue = -1,
}
