using System.Runtime.CompilerServices;
using Cluster.Client.Connection;
using Cluster.Protocol;
using Microsoft.Extensions.Logging;

namespace Cluster.Client;

internal sealed class OwnSignals(IpcConnection connection, OwnProcesses processes, ILogger log) : ISignals
{
    private const int SentAtOnce = 64;

    private readonly SignalHandlers _handlers = new(connection, log);

    public Task KillAsync(int pid, Signal signal, CancellationToken cancellationToken = default)
    {
        var send = new SignalSend { Signal = (int)signal, Code = (int)SignalCode.User };
        return pid > 0 ? SendAsync(pid, send, "kill", cancellationToken) : SendAllAsync(pid, send, cancellationToken);
    }

    public Task QueueAsync(int pid, Signal signal, long value, CancellationToken cancellationToken = default) =>
        SendAsync(
            pid, new SignalSend { Signal = (int)signal, Code = (int)SignalCode.Queue, Value = value }, "sigqueue",
            cancellationToken);

    public Task<ISignalHandler> OnAsync(
        Signal signal, Func<ReceivedSignal, Task> handler, CancellationToken cancellationToken = default) =>
        OnAsync(signal, handler, SignalInterruption.None, cancellationToken);

    public async Task<ISignalHandler> OnAsync(
        Signal signal, Func<ReceivedSignal, Task> handler, SignalInterruption interruption,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handler);
        var pid = await connection.GetPidAsync(cancellationToken).ConfigureAwait(false);
        return await _handlers.AddAsync(pid, signal, handler, interruption, cancellationToken).ConfigureAwait(false);
    }

    public Task IgnoreAsync(Signal signal, CancellationToken cancellationToken = default) =>
        SetAsync(signal, SignalHandlers.Ignore, cancellationToken);

    public Task ResetAsync(Signal signal, CancellationToken cancellationToken = default) =>
        SetAsync(signal, SignalHandlers.Default, cancellationToken);

    public Task<IReadOnlySet<Signal>> BlockAsync(
        IEnumerable<Signal> signals, CancellationToken cancellationToken = default) =>
        MaskAsync(how: 0, signals, cancellationToken);

    public Task<IReadOnlySet<Signal>> UnblockAsync(
        IEnumerable<Signal> signals, CancellationToken cancellationToken = default) =>
        MaskAsync(how: 1, signals, cancellationToken);

    public Task<IReadOnlySet<Signal>> SetMaskAsync(
        IEnumerable<Signal> signals, CancellationToken cancellationToken = default) =>
        MaskAsync(how: 2, signals, cancellationToken);

    public async Task<IReadOnlySet<Signal>> PendingAsync(CancellationToken cancellationToken = default)
    {
        var call = new SignalCall { Pending = new SignalPending() };
        var result = await CallAsync(call, "sigpending", cancellationToken).ConfigureAwait(false);
        return ToSet(result.SignalSetting?.Set ?? 0);
    }

    public async Task<ReceivedSignal> WaitAsync(
        IEnumerable<Signal> signals, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        await WaitAsync(ToBits(signals), timeout, cancellationToken).ConfigureAwait(false)
        ?? throw new IpcTimeoutException(Errno.EAGAIN, "sigtimedwait");

    public Task<ReceivedSignal?> TryWaitAsync(
        IEnumerable<Signal> signals, CancellationToken cancellationToken = default) =>
        WaitAsync(ToBits(signals), TimeSpan.Zero, cancellationToken);

    public IAsyncEnumerable<ReceivedSignal> ReadAsync(
        IEnumerable<Signal> signals, CancellationToken cancellationToken = default) =>
        ReadAsync(ToBits(signals), cancellationToken);

    public async Task<int> SetQueueLimitAsync(int limit, CancellationToken cancellationToken = default)
    {
        var call = new SignalCall { Limit = new SignalLimit { Limit = limit } };
        var result = await CallAsync(call, "setrlimit", cancellationToken).ConfigureAwait(false);
        return (int)(result.SignalSetting?.Limit ?? 0);
    }

    private async Task SendAsync(int pid, SignalSend send, string name, CancellationToken cancellationToken)
    {
        var signal = send.Signal == (int)Signal.None
            ? new SignalCall { Probe = new SignalProbe() }
            : new SignalCall { Send = send };
        await connection.CallAsync(OwnProcesses.Of(pid), new Call { Signal = signal }, name, cancellationToken)
            .ConfigureAwait(false);
    }

    // kill(2): 0: the group of the caller; -1: all but the caller; below: the group -pid. It succeeds if one could be
    // signalled. The processes are those of the table at this time.
    private async Task SendAllAsync(int pid, SignalSend send, CancellationToken cancellationToken)
    {
        const string name = "kill";
        if (!SignalSet.IsSignal(send.Signal) && send.Signal != (int)Signal.None)
            throw new IpcException(Errno.EINVAL, name);
        var own = await connection.GetPidAsync(cancellationToken).ConfigureAwait(false);
        var group = pid switch
        {
            0 => (await processes.GetAsync(own, cancellationToken).ConfigureAwait(false)).Group,
            int.MinValue => throw new IpcException(Errno.ESRCH, name),
            -1 => 0,
            _ => -pid,
        };
        var (sent, failed) = (new Queue<Task>(), Errno.ESRCH);
        var (isSent, hasOwn) = (false, false);
        await foreach (var entry in processes.EntriesAsync(group, cancellationToken).ConfigureAwait(false))
        {
            hasOwn |= entry.Pid == own && pid != -1;
            if (entry.Pid == own)
                continue; // the last: the signal may end it
            sent.Enqueue(SendAsync(entry.Pid, send, name, cancellationToken));
            if (sent.Count >= SentAtOnce)
                await NoteAsync(sent.Dequeue()).ConfigureAwait(false);
        }

        while (sent.TryDequeue(out var last))
            await NoteAsync(last).ConfigureAwait(false);
        if (hasOwn)
            await NoteAsync(SendAsync(own, send, name, cancellationToken)).ConfigureAwait(false);
        if (!isSent)
            throw new IpcException(failed, name);

        async Task NoteAsync(Task one)
        {
            try
            {
                await one.ConfigureAwait(false);
                isSent = true;
            }
            catch (IpcException exception) when (exception.Errno is Errno.ESRCH or Errno.EPERM
                && exception is not IpcSessionLostException)
            {
                if (exception.Errno == Errno.EPERM)
                    failed = Errno.EPERM;
            }
        }
    }

    private async Task SetAsync(Signal signal, int disposition, CancellationToken cancellationToken)
    {
        var pid = await connection.GetPidAsync(cancellationToken).ConfigureAwait(false);
        await _handlers.SetAsync(pid, signal, disposition, cancellationToken).ConfigureAwait(false);
    }

    private async Task<IReadOnlySet<Signal>> MaskAsync(
        int how, IEnumerable<Signal> signals, CancellationToken cancellationToken)
    {
        var call = new SignalCall { Mask = new SignalMask { How = how, Set = ToBits(signals) } };
        var result = await CallAsync(call, "sigprocmask", cancellationToken).ConfigureAwait(false);
        return ToSet(result.SignalSetting?.Set ?? 0);
    }

    private async IAsyncEnumerable<ReceivedSignal> ReadAsync(
        ulong set, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await WaitAsync(set, null, cancellationToken).ConfigureAwait(false) is { } signal)
                yield return signal;
        }
    }

    private async Task<ReceivedSignal?> WaitAsync(ulong set, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var pid = await connection.GetPidAsync(cancellationToken).ConfigureAwait(false);
        var wait = new Call { Signal = new SignalCall { Wait = new SignalWait { Set = set } } };
        var request = new CallRequest(OwnProcesses.Of(pid), wait, "sigtimedwait", timeout, cancellationToken)
        {
            Soft = CallRequest.FullOrEmpty, Of = new Grant(null, pid),
        };
        var call = connection.Begin(request);
        var result = await new ValueTask<Result>(call, call.Version).ConfigureAwait(false);
        return result.SignalInfo is { } info ? ReceivedSignal.From(info) : null;
    }

    private async Task<Result> CallAsync(SignalCall call, string name, CancellationToken cancellationToken)
    {
        var pid = await connection.GetPidAsync(cancellationToken).ConfigureAwait(false);
        return await connection.CallAsync(
            OwnProcesses.Of(pid), new Call { Signal = call }, name, cancellationToken, pid).ConfigureAwait(false);
    }

    private static ulong ToBits(IEnumerable<Signal> signals)
    {
        ArgumentNullException.ThrowIfNull(signals);
        var set = 0UL;
        foreach (var signal in signals)
        {
            if (!SignalSet.IsSignal((int)signal))
                throw new ArgumentOutOfRangeException(nameof(signals), signal, "a signal is from 1 to 64");
            set |= SignalSet.Of((int)signal);
        }

        return set;
    }

    private static HashSet<Signal> ToSet(ulong set) => [.. SignalSet.All(set).Select(each => (Signal)each)];
}
