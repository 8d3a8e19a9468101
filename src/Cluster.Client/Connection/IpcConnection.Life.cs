using Cluster.Client.Engine;
using Cluster.Protocol;

namespace Cluster.Client.Connection;

/// <summary>How a connection begins and ends.</summary>
internal sealed partial class IpcConnection
{
    /// <summary>Connects now rather than on the first call, and waits for it.</summary>
    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _engine.Connect(NowMs);
            RunEffects(null);
        }

        if (!await IsSettledAsync(_options.ConnectTimeout, cancellationToken).ConfigureAwait(false))
        {
            // A node that answers and cannot let the process in yet needs more time. For a node that does not answer,
            // the address is wrong or the node is away, and more time does not help.
            var longer = _options.AdmissionTimeout - _options.ConnectTimeout;
            var isReached = HasReachedNode && longer > TimeSpan.Zero;
            if (!isReached || !await IsSettledAsync(longer, cancellationToken).ConfigureAwait(false))
                throw new IpcConnectException(Errno.ETIMEDOUT, Unanswered(isReached));
        }

        lock (_gate)
        {
            if (Process is null)
                throw new IpcConnectException(_engine.Failure!.Errno, _engine.Failure.Reason);
        }
    }

    /// <summary>The pid of the process; connects first, if there is none yet.</summary>
    public async ValueTask<int> GetPidAsync(CancellationToken cancellationToken)
    {
        if (Process is null)
            await ConnectAsync(cancellationToken).ConfigureAwait(false);
        return Process!.Pid;
    }

    public ValueTask DisposeAsync() => ExitAsync(status: 0);

    /// <summary>_exit(2). The first status counts.</summary>
    public ValueTask ExitAsync(int status)
    {
        List<EngineCall>? completed = null;
        lock (_gate)
        {
            if (_disposal is null)
            {
                _engine.Close(NowMs, status);
                _disposal = CloseAsync();
                completed = RunEffects(null);
            }
        }

        Complete(completed);
        return new ValueTask(_disposal);
    }

    private async Task CloseAsync()
    {
        await _closed.Task.ConfigureAwait(false);
        await _timer.DisposeAsync().ConfigureAwait(false);
        Task[] runners;
        lock (_gate)
            runners = [.. _runners];
        try
        {
            await Task.WhenAll(runners).WaitAsync(StreamPatience, _options.TimeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // A transport that does not end a stream in time is left alone.
        }

        await Transport.DisposeAsync().ConfigureAwait(false);
    }

    private void Announce()
    {
        if (_engine.State is EngineState.Connected or EngineState.Failed or EngineState.Closed)
            _settled.TrySetResult();
        if (_engine.State is EngineState.Closed)
            _closed.TrySetResult();
    }

    private async Task<bool> IsSettledAsync(TimeSpan within, CancellationToken cancellationToken)
    {
        try
        {
            await _settled.Task.WaitAsync(within, _options.TimeProvider, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private bool HasReachedNode
    {
        get
        {
            lock (_gate)
                return _engine.HasReachedNode;
        }
    }

    private string Unanswered(bool isReached)
    {
        lock (_gate)
        {
            var reason = _engine.LastError.Length > 0 ? ": " + _engine.LastError : "";
            var seconds = (isReached ? _options.AdmissionTimeout : _options.ConnectTimeout).TotalSeconds;
            var what = isReached ? "no node let the process in" : "no node answered";
            return $"{what} within {seconds:0.###} s at {string.Join(", ", _options.Addresses)}{reason}";
        }
    }
}
