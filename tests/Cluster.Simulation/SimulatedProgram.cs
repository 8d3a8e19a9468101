using Cluster.Client.Engine;
using Cluster.Protocol;

namespace Cluster.Simulation;

/// <summary>
/// A program on objects of one kind: it makes calls until it is stopped, cancels some of them, and perhaps dies.
/// </summary>
internal abstract class SimulatedProgram
{
    private int _again; // calls that were turned away and are about to be made again

    /// <param name="world">Where it lives.</param>
    /// <param name="path">Its namespace; null: the namespace of the run.</param>
    /// <param name="parent">The program that it is a child of; null: it has none.</param>
    protected SimulatedProgram(World world, string? path = null, SimulatedProgram? parent = null)
    {
        World = world;
        Driver = new Driver(world, Complete, path: path, parent: parent?.Driver);
    }

    public bool IsDead => Driver.IsDead;

    public bool IsBusy => !IsDead && IsCalling;

    /// <summary>Calls that completed.</summary>
    public int Count { get; private set; }

    /// <summary>The calls that have not completed, for a message.</summary>
    public string Waiting => string.Join(", ", Driver.Running.Select(call => $"{call.Target} {call.Body}"));

    protected World World { get; }

    protected Driver Driver { get; }

    protected bool IsStopped { get; private set; }

    protected bool IsCalling => Driver.Running.Count > 0 || _again > 0;

    // ---- what a kind decides ----

    /// <summary>Whether it may make another call now.</summary>
    protected abstract bool MayCall { get; }

    /// <summary>Makes a random call.</summary>
    protected abstract void Do(Random random);

    /// <summary>A call has a result.</summary>
    protected abstract void Completed(EngineCall call, Result result);

    /// <summary>Nobody knows whether a call has happened.</summary>
    protected abstract void Lose(EngineCall call);

    /// <summary>Whether a call may wait for ever, so that it is cancelled when the program stops.</summary>
    protected virtual bool MayWait(EngineCall call) => false;

    // ---- its life ----

    /// <summary>SIGKILL. Once is enough.</summary>
    public void Die()
    {
        if (!IsDead) foreach (var call in Driver.Running) Lose(call);
        Driver.Die();
    }

    /// <summary>Makes no new calls, and cancels the waiting ones.</summary>
    public void Stop()
    {
        IsStopped = true;
        foreach (var call in Driver.Running.Where(MayWait).ToArray()) Driver.Cancel(call);
    }

    /// <summary>Acts from time to time.</summary>
    /// <param name="mostMs">Between two acts.</param>
    /// <param name="cancels">Of so many acts one cancels a call that is under way.</param>
    protected void Act(int mostMs = 120, int cancels = 8) =>
        World.Clock.After(World.Clock.Random.Next(1, mostMs), () =>
        {
            if (IsDead || IsStopped) return;
            var random = World.Clock.Random;
            if (Driver.Running.Count > 0 && random.Next(cancels) == 0)
                Driver.Cancel(Driver.Running[random.Next(Driver.Running.Count)]);
            else if (MayCall) Do(random);
            Act(mostMs, cancels);
        });

    /// <summary>Makes a call, with the time-out that it has.</summary>
    protected void Start(Target target, Call body)
    {
        var call = new EngineCall();
        call.Prepare(target, body, body.HasTimeoutMs ? body.TimeoutMs : -1);
        Driver.Start(call);
    }

    /// <summary>Makes a call again that was cancelled, or turned away by an executor that was full.</summary>
    protected void Again(EngineCall call) => Again(call, Start);

    /// <summary>As the other one, with the method that makes the call.</summary>
    protected void Again(EngineCall call, Action<Target, Call> start)
    {
        var body = call.Body.Clone();
        body.Seq = 0;
        _again++;
        World.Clock.After(10, () =>
        {
            _again--;
            if (!IsDead) start(call.Target, body);
        });
    }

    private void Complete(EngineCall call)
    {
        Count++;
        if (call.Result is { } result) Completed(call, result);
        else Lose(call);
    }
}
