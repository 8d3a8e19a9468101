namespace Cluster.Cli.Kinds;

/// <summary>Tells a command that runs for a process of the cluster that the process is lost, or that its lease has run out.</summary>
internal sealed class LostProcess : IDisposable
{
    private readonly IIpcClient _ipc;
    private readonly CancellationTokenSource _lost;

    private LostProcess(IIpcClient ipc, CancellationToken cancelled)
    {
        (_ipc, _lost) = (ipc, CancellationTokenSource.CreateLinkedTokenSource(cancelled));
        ipc.StateChanged += OnChange;
    }

    /// <summary>Is cancelled when the process is lost, or the tool is interrupted.</summary>
    public CancellationToken Token => _lost.Token;

    /// <summary>The signal that killed the process; None: no signal did.</summary>
    public Signal KilledBy { get; private set; }

    /// <summary>Why the process is lost; null: it is not.</summary>
    public string? Reason { get; private set; }

    public static LostProcess Watch(IIpcClient ipc, CancellationToken cancelled) => new(ipc, cancelled);

    public void Dispose()
    {
        _ipc.StateChanged -= OnChange;
        _lost.Dispose();
    }

    private void OnChange(object? sender, IpcStateChange change)
    {
        if (change.State is not (IpcConnectionState.Lost or IpcConnectionState.Suspended)) return;
        if (change.State == IpcConnectionState.Lost) (KilledBy, Reason) = (change.KilledBy, change.Reason);
        try
        {
            _lost.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The command has ended meanwhile.
        }
    }
}
