namespace Cluster.Agent.Processes;

/// <summary>
/// A session for open files. It ends when its Linux process has ended and none of its files is open in any program.
/// </summary>
internal sealed class FileSession(Session session)
{
    private int _users = 1; // the process

    public Session Session => session;

    /// <summary>One more file is open.</summary>
    public void Take() => Interlocked.Increment(ref _users);

    /// <summary>A file is closed, or the process has ended.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0)
            _ = session.EndAsync().AsTask();
    }
}
