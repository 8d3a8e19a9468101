namespace Cluster.Client;

/// <summary>What a signal handler does to the calls of its process that wait: sa_flags of sigaction(2), signal(7).</summary>
public enum SignalInterruption
{
    /// <summary>Nothing, as if the signal had come to a thread of the process that does not wait.</summary>
    None = 0,

    /// <summary>Without SA_RESTART: every call that waits and has not happened fails with EINTR.</summary>
    Interrupt = 1,

    /// <summary>
    /// SA_RESTART: msgsnd(2), msgrcv(2), semop(2), poll(2) and sigtimedwait(2) fail with EINTR. Calls of POSIX queues and
    /// semaphores, of FIFOs and pipes, of futexes, and waitid(2) go on.
    /// </summary>
    Restart = 2,
}
