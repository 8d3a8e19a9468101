using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>
/// The signals that a process sends and gets: signal(7). A signal that was sent is stored in the process that gets it
/// before the call returns, and is delivered once, also if nodes die meanwhile.
/// </summary>
/// <remarks>
/// Default actions need no client: a signal that terminates ends the process as its exit does, and its calls throw
/// <see cref="IpcSessionLostException"/> with <see cref="IpcSessionLostException.KilledBy"/>. A stopped process gets no
/// results until SIGCONT, and its lease does not end meanwhile.
///
/// Handlers, masks and pending signals belong to the process. If the process is lost and
/// <see cref="IpcClientOptions.NewProcessWhenLost"/> starts another one, that has none.
/// </remarks>
/// <example>
/// <code>
/// await using var handler = await ipc.Signals.OnAsync(Signal.SIGUSR1, async signal =>
///     Console.WriteLine($"process {signal.SenderPid} wants the settings to be read again"));
///
/// await ipc.Signals.BlockAsync([Signal.SIGRTMIN]);
/// await foreach (var job in ipc.Signals.ReadAsync([Signal.SIGRTMIN], stop))   // signalfd(2)
///     Console.WriteLine($"{job.Value} from {job.SenderPid}");
/// </code>
/// </example>
public interface ISignals
{
    /// <summary>kill(2): sends a signal to a process of the namespace, or to several.</summary>
    /// <param name="pid">The pid. 0: the process group of the caller. -1: all but the caller. Another negative number: the
    /// process group -pid.</param>
    /// <param name="signal">The signal. None only checks whether the process exists and may be signalled.</param>
    /// <param name="cancellationToken">Gives up the call, if the signal was not sent yet.</param>
    /// <exception cref="IpcException">ESRCH: there is no such process. EPERM: it belongs to another user, and the caller
    /// has no CAP_KILL (uid 0); of several none could be signalled. EINVAL: there is no such signal.</exception>
    Task KillAsync(int pid, Signal signal, CancellationToken cancellationToken = default);

    /// <summary>sigqueue(3): sends a signal with a value to a process of the namespace.</summary>
    /// <param name="pid">The pid.</param>
    /// <param name="signal">The signal. None only checks, as kill(2) does.</param>
    /// <param name="value">si_value: 64 bits.</param>
    /// <param name="cancellationToken">Gives up the call, if the signal was not sent yet.</param>
    /// <exception cref="IpcException">As <see cref="KillAsync"/>. EAGAIN: as many signals are queued for the process as
    /// its RLIMIT_SIGPENDING allows.</exception>
    Task QueueAsync(int pid, Signal signal, long value, CancellationToken cancellationToken = default);

    /// <summary>
    /// sigaction(2): has a method called for each signal of a number. The handlers of a process run one after another, the
    /// one of the lowest number first, so each has all signals blocked. A handler of the same signal replaces the earlier
    /// one. A handler that throws is logged (event 10), and the next signal is taken.
    /// </summary>
    /// <param name="signal">The signal.</param>
    /// <param name="handler">Is awaited before the next signal is taken.</param>
    /// <param name="cancellationToken">Gives up the call.</param>
    /// <exception cref="IpcException">EINVAL: SIGKILL and SIGSTOP have no handlers, or there is no such
    /// signal.</exception>
    Task<ISignalHandler> OnAsync(
        Signal signal, Func<ReceivedSignal, Task> handler, CancellationToken cancellationToken = default);

    /// <summary>
    /// As the other one; before each call of the handler the calls of this process that wait are interrupted: those that have
    /// not happened throw <see cref="IpcException"/> with EINTR.
    /// </summary>
    /// <param name="signal">The signal.</param>
    /// <param name="handler">Is awaited before the next signal is taken.</param>
    /// <param name="interruption">Which calls are interrupted.</param>
    /// <param name="cancellationToken">Gives up the call.</param>
    /// <exception cref="IpcException">EINVAL: SIGKILL and SIGSTOP have no handlers, or there is no such
    /// signal.</exception>
    Task<ISignalHandler> OnAsync(
        Signal signal, Func<ReceivedSignal, Task> handler, SignalInterruption interruption,
        CancellationToken cancellationToken = default);

    /// <summary>sigaction(2) with SIG_IGN: drops a signal from now on, also if it is pending.</summary>
    /// <exception cref="IpcException">EINVAL: SIGKILL and SIGSTOP keep their default action, or there is no such
    /// signal.</exception>
    Task IgnoreAsync(Signal signal, CancellationToken cancellationToken = default);

    /// <summary>sigaction(2) with SIG_DFL: the default action of signal(7).</summary>
    /// <exception cref="IpcException">EINVAL: SIGKILL and SIGSTOP keep their default action, or there is no such
    /// signal.</exception>
    Task ResetAsync(Signal signal, CancellationToken cancellationToken = default);

    /// <summary>
    /// sigprocmask(SIG_BLOCK): signals that are blocked stay pending. SIGKILL and SIGSTOP cannot be blocked.
    /// </summary>
    /// <returns>The signals that were blocked before.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such signal.</exception>
    Task<IReadOnlySet<Signal>> BlockAsync(
        IEnumerable<Signal> signals, CancellationToken cancellationToken = default);

    /// <summary>sigprocmask(SIG_UNBLOCK): those of them that are pending are delivered now.</summary>
    /// <returns>The signals that were blocked before.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such signal.</exception>
    Task<IReadOnlySet<Signal>> UnblockAsync(
        IEnumerable<Signal> signals, CancellationToken cancellationToken = default);

    /// <summary>sigprocmask(SIG_SETMASK): blocks exactly these.</summary>
    /// <returns>The signals that were blocked before.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such signal.</exception>
    Task<IReadOnlySet<Signal>> SetMaskAsync(
        IEnumerable<Signal> signals, CancellationToken cancellationToken = default);

    /// <summary>sigpending(2): the signals that are blocked and pending.</summary>
    Task<IReadOnlySet<Signal>> PendingAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// sigtimedwait(2): takes a pending signal out of a set, the lowest number first, or waits for one. The signals should be
    /// blocked: otherwise their actions may come first.
    /// </summary>
    /// <param name="signals">The set; SIGKILL and SIGSTOP are left out of it.</param>
    /// <param name="timeout">How long to wait; null: without a limit.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    /// <exception cref="IpcTimeoutException">EAGAIN: the time-out has passed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such signal.</exception>
    Task<ReceivedSignal> WaitAsync(
        IEnumerable<Signal> signals, TimeSpan? timeout = null, CancellationToken cancellationToken = default);

    /// <summary>As <see cref="WaitAsync"/>, without waiting: null if none of them is pending.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such signal.</exception>
    Task<ReceivedSignal?> TryWaitAsync(IEnumerable<Signal> signals, CancellationToken cancellationToken = default);

    /// <summary>signalfd(2): the signals of a set as they come, without an end. They should be blocked.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such signal.</exception>
    IAsyncEnumerable<ReceivedSignal> ReadAsync(
        IEnumerable<Signal> signals, CancellationToken cancellationToken = default);

    /// <summary>
    /// setrlimit(RLIMIT_SIGPENDING): how many signals may be queued for this process. 4,096 at its start.
    /// </summary>
    /// <param name="limit">0 to 65,536.</param>
    /// <param name="cancellationToken">Gives up the call.</param>
    /// <returns>The limit before.</returns>
    /// <exception cref="IpcException">EINVAL: the limit is out of its range.</exception>
    Task<int> SetQueueLimitAsync(int limit, CancellationToken cancellationToken = default);
}
