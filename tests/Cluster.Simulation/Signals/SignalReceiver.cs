using Cluster.Client.Engine;
using Cluster.Protocol;

namespace Cluster.Simulation.Signals;

/// <summary>A program that blocks real-time signals and takes them, with time-outs and cancels.</summary>
internal sealed class SignalReceiver : SimulatedProgram
{
    /// <summary>What it takes.</summary>
    public static readonly ulong Set =
        SignalSet.Of(Signal.SIGRTMIN, Signal.SIGRTMIN + 1, Signal.SIGRTMIN + 2);

    private static readonly Target Namespace = new() { Kind = Kind.Namespace };

    private readonly SignalHistory _history;

    public SignalReceiver(World world, SignalHistory history)
        : base(world)
    {
        _history = history;
        Start(Namespace, new Call { LimitsGet = new LimitsGet() });
    }

    /// <summary>0 until it has blocked the signals.</summary>
    public int Pid { get; private set; }

    /// <summary>Whether the last wait found nothing.</summary>
    public bool FoundNothing { get; private set; }

    private Target Own => new() { Kind = Kind.Process, Id = Driver.Pid };

    /// <summary>Begins to take signals.</summary>
    public void Begin() => Act(mostMs: 60, cancels: 8);

    /// <summary>Takes a signal that is pending, without waiting.</summary>
    public void Drain()
    {
        FoundNothing = false;
        Start(Own, new Call { TimeoutMs = 0, Signal = new SignalCall { Wait = new SignalWait { Set = Set } } });
    }

    protected override bool MayCall => Pid != 0 && Driver.Running.Count < 3;

    protected override bool MayWait(EngineCall call) => call.Body.Signal is { Wait: not null };

    protected override void Lose(EngineCall call)
    {
    }

    protected override void Do(Random random)
    {
        var call = new Call { Signal = new SignalCall { Wait = new SignalWait { Set = Set } } };
        if (random.Next(3) == 0) call.TimeoutMs = random.Next(2_000);
        Start(Own, call);
    }

    protected override void Completed(EngineCall call, Result result)
    {
        var errno = (Errno)result.Errno;
        if (errno is not (Errno.None or Errno.EINTR or Errno.ENOBUFS or Errno.EAGAIN or Errno.ETIMEDOUT))
            throw new SimulationException($"{call.Body} failed with {errno}");
        if (call.Body.Signal is { Wait: not null })
        {
            FoundNothing = errno is Errno.EAGAIN or Errno.ETIMEDOUT;
            if (result.SignalInfo is { } info) _history.Took(result.Revision, info.Signal, info.Value);
        }
        else if (call.Body.LimitsGet is not null || errno != Errno.None)
        {
            Start(Own, new Call { Signal = new SignalCall { Mask = new SignalMask { Set = Set } } });
        }
        else
        {
            Pid = Driver.Pid;
        }
    }
}
