using Cluster.Client.Engine;
using Cluster.Protocol;

namespace Cluster.Simulation;

/// <summary>A program of root: it makes the namespace of a run, and changes a limit of "/" from time to time.</summary>
internal sealed class Administrator
{
    private static readonly Target Root = new() { Kind = Kind.Namespace };

    private readonly World _world;
    private readonly Driver _driver;
    private long _value = 100_000;
    private bool _stopped;

    private Administrator(World world)
    {
        _world = world;
        _driver = new Driver(world, Completed, uid: 0, path: "/");
        var create = new Call { NamespaceCreate = new NamespaceCreate { Name = world.Path[1..] } };
        if (world.Path != "/") _driver.Start(Root, create);
        _driver.Start(Root, Limit("msgmnb", world.QueueBytes));
    }

    /// <summary>Starts it, and waits until the namespace is there.</summary>
    public static Administrator Prepare(World world)
    {
        var administrator = new Administrator(world);
        world.Clock.RunUntil(world.Clock.NowMs + 120_000, () => !administrator.IsBusy);
        return administrator;
    }

    public bool IsBusy => _driver.Running.Count > 0;

    /// <summary>The highest value of msgmni that was acknowledged, and so the last one; 0: none was.</summary>
    public long Msgmni { get; private set; }

    /// <summary>The value that was asked for last.</summary>
    public long Asked => _value;

    /// <summary>Changes the limit until it is stopped.</summary>
    public void Act() => _world.Clock.After(_world.Clock.Random.Next(100, 2_000), () =>
    {
        if (_stopped || _driver.IsDead) return;
        if (!IsBusy) SetMsgmni();
        Act();
    });

    public void Stop() => _stopped = true;

    /// <summary>How often the limit was changed.</summary>
    public int Changes { get; private set; }

    /// <summary>Sets the limit to a value above all that it had, and that never matters.</summary>
    public void SetMsgmni() =>
        _driver.Start(Root, Limit("msgmni", _value += _world.Clock.Random.Next(1, 1_000)));

    private static Call Limit(string name, long value) =>
        new() { LimitsSet = new LimitsSet { Name = name, Value = value } };

    private void Completed(EngineCall call)
    {
        var errno = (Errno?)call.Result?.Errno;
        if (errno is not (null or Errno.None or Errno.ENOBUFS))
            throw new SimulationException($"the administrator's {call.Body} failed with {errno}");
        // Results may come in another order.
        if (errno == Errno.None && call.Body.LimitsSet is { Name: "msgmni" } set)
            (Msgmni, Changes) = (Math.Max(Msgmni, set.Value), Changes + 1);
    }
}
