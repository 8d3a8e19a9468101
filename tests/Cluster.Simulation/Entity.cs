using Cluster.Core.Entities;
using Cluster.Core.Machines;
using Cluster.Core.Shells;
using Cluster.Protocol;

namespace Cluster.Simulation;

/// <summary>
/// One incarnation of an entity: drives the product's own shell, on a journal that fails and a network that loses.
/// </summary>
public sealed class Entity : IPeer, IShellOutputs<IPeer>
{
    // Members tell each other their readings of the cluster's clock every second, so a node is no more behind.
    private const int ClockLagMs = 1_000;

    private readonly World _world;
    private readonly EntityShell<IPeer> _shell;
    private readonly LineWatch _watch;
    private readonly HashSet<IPeer> _watched = [];
    private readonly long _clockBehindMs;
    private long _highest;
    private long _muteUntilMs;
    private long _wakes; // the number of the newest wake-up: earlier ones do not count
    private bool _awaitsQuorum;
    private bool _hasStopped;
    private bool _isEnding;

    public Entity(World world, EntityKey key)
    {
        _world = world;
        Name = $"{(int)key.Kind}/{key.Namespace}/{key.Id}";
        var machine = MachineFactory.Create(key);
        machine.Incarnation = (ulong)world.Clock.Random.NextInt64(1, long.MaxValue);
        _shell = new EntityShell<IPeer>(machine, world.ShellOptions);
        _watch = new LineWatch(machine, _shell.Executor);
        _highest = world.Journal.Recover(Name, _shell.Replay);
        _watch.Bind();
        _clockBehindMs = world.Clock.Random.Next(ClockLagMs);
        _shell.Recovered(_highest > 0, Now);
        Drain();
    }

    public string Name { get; }

    public bool IsAlive { get; private set; } = true;

    public Machine Machine => _shell.Machine;

    private Instant Now => new(_world.Clock.NowMs - _clockBehindMs, _world.WallMs);

    private bool HasQuorum => _world.Clock.NowMs >= _muteUntilMs;

    public void Take(Submit submit, IPeer from) => Step(now => _shell.Submit(submit, from, now));

    public void Take(Request request, IPeer from) => Step(now => _shell.Ask(request, from, now));

    public void Hear(Reply reply) => Step(now => _shell.Reply(reply, now));

    public void Hear(Results results) => throw new SimulationException($"{Name} makes no calls");

    /// <summary>A session is gone.</summary>
    public void HearGone(IPeer peer)
    {
        if (_watched.Remove(peer)) Step(now => _shell.Gone(peer, now));
    }

    public bool Watches(IPeer peer) => _watched.Contains(peer);

    /// <summary>The shard moves, or an idle entity is passivated: it stops after the write under way.</summary>
    public void Stop() => Step(_shell.Stop);

    /// <summary>Its node has no majority behind it for a while.</summary>
    public void Mute(long ms)
    {
        _muteUntilMs = Math.Max(_muteUntilMs, _world.Clock.NowMs + ms);
        _world.Clock.After(_muteUntilMs - _world.Clock.NowMs, () =>
        {
            if (!HasQuorum || !_awaitsQuorum) return;
            _awaitsQuorum = false;
            Step(_shell.QuorumBack);
        });
    }

    /// <summary>
    /// It stops and loses its unwritten events. <paramref name="tell"/>: its node still lives, and reports the stop.
    /// </summary>
    public void Kill(bool tell)
    {
        if (!IsAlive) return;
        IsAlive = false;
        _world.Gone(this);
        if (!tell) return;
        _isEnding = true;
        _shell.End(this);
    }

    private void Step(Action<Instant> input)
    {
        if (!IsAlive) return;
        _watch.Before();
        input(Now);
        Machine.CheckInvariants();
        Drain();
    }

    private void Drain()
    {
        _shell.Drain(this, HasQuorum);
        if (_hasStopped) Kill(tell: true);
    }

    private void WriteNow(JournalWrite write)
    {
        if (!IsAlive) return;
        var fails = _world.Clock.Chance(_world.Faults.WriteFailure);
        if (fails && _world.Clock.Chance(0.5))
        {
            _world.Clock.Note($"{Name}: write fails");
            Kill(tell: true);
        }
        else if (!_world.Journal.TryWrite(Name, _highest, write))
        {
            _world.Clock.Note($"{Name}: a stale incarnation collides");
            Kill(tell: true);
        }
        else if (fails)
        {
            _world.Clock.Note($"{Name}: written, and dead before it knew");
            Kill(tell: true);
        }
        else
        {
            _highest += write.Rows.Count;
            Step(_shell.Written);
        }
    }

    private void DeleteNow()
    {
        if (!IsAlive) return;
        var isDone = !_world.Clock.Chance(_world.Faults.WriteFailure);
        if (isDone) _world.Journal.Delete(Name, _highest);
        Step(now => _shell.JournalDeleted(isDone, now));
    }

    private void NeedQuorum(string what)
    {
        if (!HasQuorum && !_isEnding) throw new SimulationException($"{Name} {what} without a majority");
    }

    void IShellOutputs<IPeer>.Write(JournalWrite write)
    {
        NeedQuorum("writes");
        _world.Clock.After(_world.Clock.Random.Next(0, _world.Faults.WriteMs), () => WriteNow(write));
    }

    void IShellOutputs<IPeer>.DeleteJournal()
    {
        NeedQuorum("deletes its journal");
        _world.Clock.After(_world.Clock.Random.Next(0, _world.Faults.WriteMs), DeleteNow);
    }

    void IShellOutputs<IPeer>.Send(IPeer session, Results results)
    {
        if (results.Results_.Count > 0) NeedQuorum("sends results");
        var copy = results.Clone();
        _world.Deliver(() => session.Hear(copy.Clone()));
    }

    void IShellOutputs<IPeer>.Send(IPeer asker, Reply reply)
    {
        NeedQuorum("answers");
        var copy = reply.Clone();
        _world.Deliver(() => asker.Hear(copy.Clone()));
    }

    void IShellOutputs<IPeer>.Send(Request request)
    {
        NeedQuorum("asks");
        var copy = request.Clone();
        _world.Deliver(() => _world.Find(copy.To).Take(copy.Clone(), this));
    }

    void IShellOutputs<IPeer>.Watch(IPeer peer)
    {
        _watched.Add(peer);
        if (!peer.IsAlive) _world.Clock.After(0, () => HearGone(peer));
    }

    void IShellOutputs<IPeer>.Unwatch(IPeer peer) => _watched.Remove(peer);

    void IShellOutputs<IPeer>.WakeAfter(long delayMs)
    {
        var number = ++_wakes;
        _world.Clock.After(delayMs, () =>
        {
            if (number == _wakes) Step(_shell.Tick);
        });
    }

    void IShellOutputs<IPeer>.AwaitQuorum()
    {
        if (HasQuorum) throw new SimulationException($"{Name} waits for a majority that it has");
        _awaitsQuorum = true;
    }

    void IShellOutputs<IPeer>.Passivate()
    {
        _world.Clock.Note($"{Name} is passivated");
        _world.Passivations++;
        _world.Clock.After(_world.Clock.Random.Next(0, 10), Stop);
    }

    void IShellOutputs<IPeer>.Stopped() => _hasStopped = true;
}
