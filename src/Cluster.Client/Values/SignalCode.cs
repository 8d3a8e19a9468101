namespace Cluster.Client;

/// <summary>Who sent a signal, and how: si_code of sigaction(2).</summary>
public enum SignalCode
{
    /// <summary>SI_USER: kill(2). Also a signal that was sent when the queue was full, which has no sender then.</summary>
    User = 0,

    /// <summary>SI_QUEUE: sigqueue(3).</summary>
    Queue = -1,

    /// <summary>SI_MESGQ: a message has arrived in a POSIX message queue: mq_notify(3).</summary>
    MessageQueue = -3,

    /// <summary>CLD_EXITED of SIGCHLD: a child has exited; the value is its status.</summary>
    ChildExited = 1,

    /// <summary>CLD_KILLED of SIGCHLD: a signal has killed a child, which is the value.</summary>
    ChildKilled = 2,
}
