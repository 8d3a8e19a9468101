using Cluster.Client.Engine;
using Cluster.Protocol;

namespace Cluster.Simulation.Families;

/// <summary>A program that starts children and waits for them, with time-outs and cancels, and perhaps dies.</summary>
internal sealed class ParentProgram : SimulatedProgram
{
    private const int Most = 12;
    private static readonly Target Namespace = new() { Kind = Kind.Namespace };

    private readonly HashSet<int> _reaped = [];
    private bool _hasPid;

    public ParentProgram(World world)
        : base(world)
    {
        Start(Namespace, new Call { LimitsGet = new LimitsGet() });
        Act(mostMs: 300, cancels: 6);
    }

    public List<ChildProgram> Children { get; } = [];

    /// <summary>Whether the last wait said that there is no child.</summary>
    public bool HasNone { get; private set; }

    /// <summary>Children that were waited for.</summary>
    public int Reaped => _reaped.Count;

    public void Reap() => Start(Own, new Call { ProcessReap = new ProcessReap { Pid = -1 } });

    /// <summary>Each child that has started was waited for.</summary>
    public void Check()
    {
        if (Children.Find(child => child.Pid != 0 && !_reaped.Contains(child.Pid)) is { } lost)
            throw new SimulationException($"the end of {lost.Pid} is lost");
    }

    private Target Own => new() { Kind = Kind.Process, Id = Driver.Pid };

    protected override bool MayCall => _hasPid && Driver.Running.Count < 2;

    protected override bool MayWait(EngineCall call) => call.Body.ProcessReap is not null;

    protected override void Lose(EngineCall call)
    {
    }

    protected override void Do(Random random)
    {
        if (Children.Count < Most && random.Next(2) == 0)
        {
            Children.Add(new ChildProgram(World, this, random.Next(-1, 100)));
            return;
        }

        var call = new Call { ProcessReap = new ProcessReap { Pid = -1 } };
        if (random.Next(3) == 0) call.TimeoutMs = random.Next(2_000);
        Start(Own, call);
    }

    protected override void Completed(EngineCall call, Result result)
    {
        _hasPid = Driver.Pid != 0;
        var errno = (Errno)result.Errno;
        if (call.Body.ProcessReap is null) return;
        if (errno is not (Errno.None or Errno.EINTR or Errno.ENOBUFS or Errno.ECHILD or Errno.EAGAIN or Errno.ETIMEDOUT))
            throw new SimulationException($"{call.Body} failed with {errno}");
        HasNone = errno == Errno.ECHILD;
        if (result.ProcessExit is not { } exit) return;
        if (!_reaped.Add(exit.Pid)) throw new SimulationException($"{exit.Pid} was waited for twice");
        // A child of which nothing came back started without knowing, and its lease ran out.
        if (Children.Find(child => child.Pid == exit.Pid) is not { } known) return;
        if (!exit.Expired && exit.Status != known.Status)
            throw new SimulationException($"{exit.Pid} exited with {known.Status}, and {exit} was told");
    }
}
