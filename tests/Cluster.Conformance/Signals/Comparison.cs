using Cluster.Client;
using Cluster.Conformance.Linux;
using Cluster.Conformance.Stories;
using Cluster.Protocol;

namespace Cluster.Conformance.Signals;

/// <summary>
/// Sends the same signals to a real process and to a process of the cluster, and compares what both say, whether they are
/// stopped, and which signal kills them. Each that was killed is replaced by another one.
/// </summary>
internal sealed class Comparison : IComparison<Script>
{
    private readonly InMemoryKernel _kernel = new();
    private readonly IpcClient _sender;
    private readonly SortedDictionary<string, int> _counts = [];
    private SignalProcess? _real;
    private IpcClient? _ours;
    private (Step Step, string? Ours)? _late; // a call that has not returned, because it has stopped the process
    private bool _isStopped;

    public Comparison() => _sender = IpcClient.CreateInMemory(_kernel, new IpcClientOptions { Uid = Libc.geteuid() });

    public long Calls { get; private set; }

    public string Summary => string.Join(", ", _counts.Select(pair => $"{pair.Key} {pair.Value}"));

    public bool WasDisturbed() => false;

    public string? Run(Script script)
    {
        End();
        foreach (var step in script.Steps)
        {
            Begin();
            if (_isStopped && !step.IsSent) continue;
            Calls++;
            if (Compare(step) is { } difference) return $"{step}: {difference}";
        }

        return null;
    }

    public void Dispose()
    {
        End();
        Wait(_sender.DisposeAsync().AsTask());
        _kernel.Dispose();
    }

    private void Begin()
    {
        if (_real is not null) return;
        _real = new SignalProcess();
        _ours = IpcClient.CreateInMemory(_kernel, new IpcClientOptions { Uid = Libc.geteuid() });
        Wait(_ours.Namespace.GetLimitsAsync());
        _isStopped = false;
    }

    private void End()
    {
        _real?.Dispose();
        if (_ours is not null) Wait(_ours.DisposeAsync().AsTask());
        (_real, _ours, _late) = (null, null, null);
    }

    private string? Compare(Step step)
    {
        var (real, ours) = step.IsSent ? (SendReal(step), Send(step)) : (AskReal(step), Ask(step));
        if (_real!.IsCalling && !step.IsSent)
        {
            _late = (step, ours);
            (real, ours) = ("late", "late");
        }

        if (real is not null && real != ours) return $"Linux {real}, the cluster {ours}";
        Count(ours is null ? "ended" : $"{step.Deed} {ours.Split(' ')[0]}");
        return CompareStates(real is null);
    }

    private string? CompareStates(bool hasRealEnded)
    {
        var signal = KilledBy();
        if (signal != 0)
        {
            var by = _real!.AwaitDeath();
            End();
            Count($"killed {signal}");
            return by == signal ? null : $"signal {signal} kills the process of the cluster, and {by} that of Linux";
        }

        if (hasRealEnded) return "the process of Linux has ended";
        _isStopped = Wait(_sender.Processes.GetAsync(_ours!.Pid)).State == IpcProcessState.Stopped;
        if (_isStopped) return _real!.AwaitStop() ? null : "the process of the cluster is stopped";
        if (_late is var (step, ours) && Text(step, _real!.Answer()) is var late && late != ours)
            return $"after SIGCONT, {step}: Linux {late}, the cluster {ours}";
        _late = null;
        return _real!.Call('x') is null ? "the process of Linux has ended" : null;
    }

    // 0: it lives.
    private int KilledBy()
    {
        try
        {
            if (Wait(_sender.Processes.GetAsync(_ours!.Pid)).State != IpcProcessState.Exiting) return 0;
        }
        catch (IpcException exception) when (exception.Errno == Errno.ESRCH)
        {
            // It has ended, and is forgotten.
        }

        try
        {
            Wait(_ours!.Namespace.GetLimitsAsync());
            throw new InvalidOperationException("a process that has ended made a call");
        }
        catch (IpcSessionLostException exception)
        {
            return (int)exception.KilledBy;
        }
    }

    // ---- the sender ----

    private string SendReal(Step step)
    {
        var failed = step.Deed == Deed.Kill
            ? Libc.kill(_real!.Pid, step.Signal)
            : Libc.sigqueue(_real!.Pid, step.Signal, step.Number);
        return $"{(failed == 0 ? 0 : System.Runtime.InteropServices.Marshal.GetLastPInvokeError())}";
    }

    private string Send(Step step)
    {
        var (pid, signal) = (_ours!.Pid, (Signal)step.Signal);
        return $"{Wait(Try(step.Deed == Deed.Kill
            ? _sender.Signals.KillAsync(pid, signal)
            : _sender.Signals.QueueAsync(pid, signal, step.Number)))}";
    }

    // ---- the receiver ----

    private string? AskReal(Step step)
    {
        var answer = step.Deed switch
        {
            Deed.Mask => _real!.Call('m', (ulong)(uint)step.Number, step.Set),
            Deed.Pending => _real!.Call('p'),
            Deed.Wait => _real!.Call('w', step.Set),
            _ => _real!.Call('a', (ulong)(uint)step.Signal, (ulong)step.Number),
        };
        return Text(step, answer);
    }

    private static string? Text(Step step, long[]? answer)
    {
        if (answer is null) return null;
        if (answer[0] != 0) return $"{answer[0]}";
        if (step.Deed != Deed.Wait) return string.Join(' ', answer);
        var (code, pid) = (answer[2], answer[3]);
        return $"0 {answer[1]} {code} {Who(pid, Environment.ProcessId)} {answer[4]} {(code == -1 ? answer[5] : 0)}";
    }

    private string? Ask(Step step)
    {
        var signals = _ours!.Signals;
        try
        {
            switch (step.Deed)
            {
                case Deed.Mask when step.Number is < 0 or > 2:
                    return $"{(int)Errno.EINVAL}"; // the client has a method for each how
                case Deed.Mask:
                    Signal[] set = [.. SignalSet.All(step.Set).Select(each => (Signal)each)];
                    return $"0 {Bits(Wait(step.Number switch
                    {
                        0 => signals.BlockAsync(set),
                        1 => signals.UnblockAsync(set),
                        _ => signals.SetMaskAsync(set),
                    }))}";
                case Deed.Pending:
                    return $"0 {Bits(Wait(signals.PendingAsync()))}";
                case Deed.Act:
                    var signal = (Signal)step.Signal;
                    return $"{Wait(Try(step.Number == 0 ? signals.ResetAsync(signal) : signals.IgnoreAsync(signal)))}";
                default:
                    var waited = Wait(signals.TryWaitAsync(SignalSet.All(step.Set).Select(each => (Signal)each)));
                    return waited is not { } got ? $"{(int)Errno.EAGAIN}"
                        : $"0 {(int)got.Signal} {(int)got.Code} {Who(got.SenderPid, _sender.Pid)} {got.SenderUid} {got.Value}";
            }
        }
        catch (IpcSessionLostException)
        {
            return null;
        }
    }

    private static string Who(long pid, long sender) => pid == sender ? "sender" : $"{pid}";

    private static long Bits(IReadOnlySet<Signal> set) =>
        (long)set.Aggregate(0UL, (bits, signal) => bits | SignalSet.Of((int)signal));

    private void Count(string what) => _counts[what] = _counts.GetValueOrDefault(what) + 1;

    private static async Task<int> Try(Task call)
    {
        try
        {
            await call.ConfigureAwait(false);
            return 0;
        }
        catch (IpcException exception) when (exception is not IpcSessionLostException)
        {
            return (int)exception.Errno;
        }
    }

    private static void Wait(Task task) => task.GetAwaiter().GetResult();

    private static T Wait<T>(Task<T> task) => task.GetAwaiter().GetResult();
}
