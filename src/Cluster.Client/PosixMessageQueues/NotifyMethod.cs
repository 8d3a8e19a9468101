namespace Cluster.Client;

/// <summary>sigev_notify of sigevent(3type), with Linux's values.</summary>
public enum NotifyMethod
{
    /// <summary>SIGEV_SIGNAL: the queue shows the signal; whoever registered hears of the message and may send it to
    /// itself.</summary>
    Signal = 0,

    /// <summary>SIGEV_NONE: nobody is told.</summary>
    None = 1,

    /// <summary>SIGEV_THREAD: whoever registered hears of the message.</summary>
    Thread = 2,
}
