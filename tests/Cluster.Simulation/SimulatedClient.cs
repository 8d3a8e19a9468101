using Cluster.Client.Engine;
using Cluster.Protocol;

namespace Cluster.Simulation;

/// <summary>
/// A program on the product's client engine. It makes random calls on a queue and a set, cancels some of them, and may
/// die. Each kind has its part of the program in a folder of its own.
/// </summary>
internal sealed partial class SimulatedClient
{
    private const int CallsAtOnce = 4;

    private readonly World _world;
    private readonly History _history;
    private readonly Driver _driver;
    private readonly int _number;
    private bool _stopped;

    public SimulatedClient(World world, History history, int number, bool isPatient = false)
    {
        _world = world;
        _history = history;
        _number = number;
        _driver = new Driver(world, Complete, isPatient: isPatient);
        Start(DirectoryTarget, new Call { Get = new Get { Key = 7, Flags = 0x200 | 0x1B6 } });
        if (!isPatient) Act(); // else it does only what it is told to
    }

    public bool IsDead => _driver.IsDead;

    /// <summary>Whether it still waits for something.</summary>
    public bool IsBusy => !IsDead && Running.Count > 0;

    private IReadOnlyList<EngineCall> Running => _driver.Running;

    /// <summary>Makes no new calls, and cancels the waiting ones.</summary>
    public void Stop()
    {
        _stopped = true;
        foreach (var call in Running.ToArray()) _driver.Cancel(call);
    }

    /// <summary>SIGKILL: its streams break, and it is never heard of again.</summary>
    public void Die()
    {
        _world.Clock.Note($"client {_number} dies");
        _driver.Die();
    }

    /// <summary>SIGSTOP, and SIGCONT: perhaps only after its lease has run out.</summary>
    public void StopFor(long ms)
    {
        _world.Clock.Note($"client {_number} is stopped for {ms} ms");
        _driver.StopFor(ms);
    }

    /// <summary>The last limits that the process received.</summary>
    public Limits? Limits { get; private set; }

    /// <summary>Asks for the limits that hold for the process.</summary>
    public void AskLimits() => Start(new Target { Kind = Kind.Namespace }, new Call { LimitsGet = new LimitsGet() });

    private void Act() => _world.Clock.After(_world.Clock.Random.Next(1, 120), () => _driver.WhenRunning(() =>
    {
        if (IsDead || _stopped) return;
        var random = _world.Clock.Random;
        if (Running.Count > 0 && random.Next(6) == 0) _driver.Cancel(Running[random.Next(Running.Count)]);
        else if (Running.Count < CallsAtOnce && random.Next(3) == 0) ActOnSet(random);
        else if (Running.Count < CallsAtOnce) ActOnQueue(random);
        Act();
    }));

    private void Start(Target target, Call body, EngineCall? holder = null)
    {
        var timeoutMs = _world.Clock.Random.Next(3) == 0 && !_stopped ? _world.Clock.Random.Next(0, 2_000) : -1;
        Start(target, body, timeoutMs, holder);
    }

    private void Start(Target target, Call body, long timeoutMs, EngineCall? holder = null)
    {
        var call = new EngineCall();
        call.Prepare(target, body, timeoutMs);
        call.CountsAgainstWindow = body.Msgsnd is { } send && (send.Flags & IpcFlags.IPC_NOWAIT) == 0;
        if (holder is not null) (call.OfPid, call.PassesTo) = (holder.CompletedPid, holder.Result!.Next);
        _history.Started(_number, call);
        _driver.Start(call);
    }

    private void Complete(EngineCall call)
    {
        _history.Completed(_number, call);
        if (call.Target.Equals(SetDirectory)) OnSet(call.Result?.Got);
        else if (call.Result?.Got is { } got) _queue = got.Id;
        if (call.Result?.Limits is { } limits) Limits = limits;
        OnOperated(call);
        if (_queue is null && !IsDead && !Running.Any(other => other.Target.Equals(DirectoryTarget)) && !_stopped)
            Start(DirectoryTarget, new Call { Get = new Get { Key = 7, Flags = 0x200 | 0x1B6 } });
    }
}
