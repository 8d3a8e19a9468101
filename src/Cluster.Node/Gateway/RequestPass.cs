namespace Cluster.Node.Gateway;

/// <summary>The place of one request without a process, among the features of it.</summary>
internal sealed class RequestPass(Connections connections, ConnectionPass connection) : IDisposable
{
    private int _hasEnded;

    /// <summary>The request has a process, or has ended.</summary>
    public void End()
    {
        if (Interlocked.Exchange(ref _hasEnded, 1) == 0) connections.EndRequest(connection);
    }

    public void Dispose() => End();
}
