using Cluster.Client.Connection;
using Cluster.Protocol;
using Microsoft.Extensions.Logging;

namespace Cluster.Client;

/// <summary>
/// The handlers of a process, and the loop that takes signals for them. The loop has one call under way, which parks in
/// the process entity until a signal has a handler and is not blocked.
/// </summary>
internal sealed class SignalHandlers(IpcConnection connection, ILogger log)
{
    public const int Default = 0;
    public const int Ignore = 1;

    private const int Handler = 2;

    private readonly Lock _gate = new();
    private readonly Dictionary<Signal, Entry> _entries = [];
    private int _loopOf; // the process for which the loop runs; 0: it does not run

    /// <summary>Sets a handler. It stands in the table before the first signal can come.</summary>
    public async Task<ISignalHandler> AddAsync(
        int pid, Signal signal, Func<ReceivedSignal, Task> run, SignalInterruption interruption,
        CancellationToken cancellationToken)
    {
        var entry = new Entry(this, pid, signal, run, interruption);
        Entry? earlier;
        lock (_gate)
        {
            earlier = _entries.GetValueOrDefault(signal);
            _entries[signal] = entry;
        }

        try
        {
            await ActAsync(pid, signal, Handler, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Replace(entry, earlier);
            throw;
        }

        Run(pid);
        return entry;
    }

    /// <summary>Sets another disposition, and drops the handler.</summary>
    public async Task SetAsync(int pid, Signal signal, int disposition, CancellationToken cancellationToken)
    {
        await ActAsync(pid, signal, disposition, cancellationToken).ConfigureAwait(false);
        lock (_gate)
            _entries.Remove(signal);
    }

    private async Task ActAsync(int pid, Signal signal, int disposition, CancellationToken cancellationToken)
    {
        var action = new SignalAction { Signal = (int)signal, Disposition = disposition };
        var call = new Call { Signal = new SignalCall { Action = action } };
        await connection.CallAsync(OwnProcesses.Of(pid), call, "sigaction", cancellationToken, pid).ConfigureAwait(false);
    }

    private void Replace(Entry entry, Entry? by)
    {
        lock (_gate)
        {
            if (_entries.GetValueOrDefault(entry.Signal) != entry)
                return;
            if (by is null)
                _entries.Remove(entry.Signal);
            else
                _entries[entry.Signal] = by;
        }
    }

    private void Run(int pid)
    {
        lock (_gate)
        {
            if (_loopOf == pid)
                return;
            _loopOf = pid;
        }

        using (ExecutionContext.SuppressFlow())
            _ = Task.Run(() => TakeAsync(pid));
    }

    private async Task TakeAsync(int pid)
    {
        try
        {
            while (true)
            {
                var take = new Call { Signal = new SignalCall { Take = new SignalTake() } };
                var result = await connection.CallAsync(
                    OwnProcesses.Of(pid), take, "sigtake", CancellationToken.None, pid).ConfigureAwait(false);
                await HandleAsync(pid, ReceivedSignal.From(result.SignalInfo)).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is IpcException or ObjectDisposedException)
        {
            // The process has ended, or the client is closed.
        }

        lock (_gate)
            _loopOf = _loopOf == pid ? 0 : _loopOf;
    }

    private async Task HandleAsync(int pid, ReceivedSignal signal)
    {
        Entry? entry;
        lock (_gate)
            entry = _entries.GetValueOrDefault(signal.Signal);
        if (entry?.Pid != pid)
            return; // its disposition has changed meanwhile
        if (entry.Interruption != SignalInterruption.None)
            connection.Interrupt(entry.Interruption == SignalInterruption.Restart);
        try
        {
            await entry.Run(signal).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // a handler is code of the caller, and one that fails must not end the others
        catch (Exception exception)
        {
            log.HandlerFailed(signal.Signal, pid, exception);
        }
#pragma warning restore CA1031
    }

    private sealed class Entry(
        SignalHandlers of, int pid, Signal signal, Func<ReceivedSignal, Task> run, SignalInterruption interruption)
        : ISignalHandler
    {
        public SignalInterruption Interruption => interruption;

        public int Pid => pid;

        public Signal Signal => signal;

        public Func<ReceivedSignal, Task> Run => run;

        public async ValueTask DisposeAsync()
        {
            lock (of._gate)
            {
                if (of._entries.GetValueOrDefault(signal) != this)
                    return; // another handler has replaced it
            }

            try
            {
                await of.SetAsync(pid, signal, Default, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is IpcException or ObjectDisposedException)
            {
                // The process has ended, or the client is closed: neither has handlers.
            }
        }
    }
}
