using Cluster.Client.Engine;
using Cluster.Protocol;

namespace Cluster.Simulation.Families;

/// <summary>A child, which makes one call, and later exits with a status or dies without a word.</summary>
internal sealed class ChildProgram : SimulatedProgram
{
    private static readonly Target Namespace = new() { Kind = Kind.Namespace };

    public ChildProgram(World world, ParentProgram parent, int status)
        : base(world, parent: parent)
    {
        Status = status;
        Start(Namespace, new Call { LimitsGet = new LimitsGet() });
    }

    /// <summary>What it gives to _exit(2); -1: it dies.</summary>
    public int Status { get; }

    /// <summary>0 until it has started.</summary>
    public int Pid { get; private set; }

    protected override bool MayCall => false;

    protected override void Do(Random random)
    {
    }

    protected override void Lose(EngineCall call)
    {
    }

    protected override void Completed(EngineCall call, Result result)
    {
        if (Pid != 0) return;
        Pid = Driver.Pid;
        World.Clock.After(World.Clock.Random.Next(2_000), () =>
        {
            if (Status < 0) Die();
            else Driver.Exit(Status);
        });
    }
}
