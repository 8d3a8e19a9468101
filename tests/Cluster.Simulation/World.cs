using Cluster.Core.Machines;
using Cluster.Core.Shells;
using Cluster.Protocol;

namespace Cluster.Simulation;

/// <summary>The cluster: the nodes of entities, the delivery of messages, and the faults.</summary>
public sealed class World(int seed, Faults faults)
{
    private readonly Dictionary<EntityKey, Entity> _entities = [];
    private readonly Dictionary<EntityKey, Entity> _stale = [];
    private readonly List<Session> _sessions = [];
    private readonly List<LimitsNode> _nodes = [];
    private readonly HashSet<EntityKey> _everBorn = [];
    private int _nextPid = 2;
    private long _wallAheadMs = 1_700_000_000_000;

    private const int NodeCount = 3;

    // Ten minutes, an hour and thirty days.
    private static readonly long[] WallSteps = [-600_000, 600_000, -3_600_000, 3_600_000, 2_592_000_000];

    public Clock Clock { get; } = new(seed);

    public Journal Journal { get; } = new();

    /// <summary>The wall clock of all nodes, in ms since the epoch. Accidents set it.</summary>
    public long WallMs => Clock.NowMs + _wallAheadMs;

    public Faults Faults { get; set; } = faults;

    /// <summary>The namespace of the programs.</summary>
    public string Path { get; } = seed % 3 == 0 ? "/a" : "/";

    /// <summary>The limit msgmnb, so that a queue is small and its senders block.</summary>
    public long QueueBytes { get; } = 40 + seed % 200;

    /// <summary>
    /// Small snapshots, short idle times, and in every other world executors that are full after a few events.
    /// </summary>
    public ShellOptions ShellOptions { get; } = new()
    {
        Owner = "gateway",
        PassivateAfterMs = 200 + seed % 3_000,
        LazyWriteAfterMs = 20 + seed % 200,
        Executor = new ExecutorOptions
        {
            SnapshotAfterBytes = 1_500,
            SnapshotPartBytes = 700,
            PendingEvents = seed % 2 == 0 ? 3 + seed % 11 : 65_536,
        },
    };

    /// <summary>How many idle entities have left memory.</summary>
    public int Passivations { get; set; }

    /// <summary>How many entities have lost their majority.</summary>
    public int Mutes { get; private set; }

    /// <summary>Names of all entities of a kind that have ever been in memory.</summary>
    public IEnumerable<EntityKey> EverBorn(Kind kind) => _everBorn.Where(key => key.Kind == kind);

    public int NextPid() => _nextPid++;

    /// <summary>The incarnation that a message for an entity reaches: for a while that may be a stale one.</summary>
    public Entity Find(EntityKey key)
    {
        if (_stale.TryGetValue(key, out var stale) && Clock.Chance(0.5)) return stale;
        if (_entities.TryGetValue(key, out var entity)) return entity;
        _everBorn.Add(key);
        return _entities[key] = new Entity(this, key);
    }

    /// <summary>A message between nodes: it may be lost, come twice, or be overtaken.</summary>
    public void Deliver(Action arrival)
    {
        if (Clock.Chance(Faults.Loss)) return;
        Clock.After(Clock.Random.Next(0, Faults.DelayMs), arrival);
        if (Clock.Chance(Faults.Duplication)) Clock.After(Clock.Random.Next(0, 4 * Faults.DelayMs), arrival);
    }

    public void Gone(Entity entity)
    {
        var key = entity.Machine.Key;
        if (_entities.TryGetValue(key, out var current) && current == entity) _entities.Remove(key);
        if (_stale.TryGetValue(key, out var stale) && stale == entity) _stale.Remove(key);
        if (key.Kind == Kind.Process) Clock.After(Clock.Random.Next(0, 500), Remember);
    }

    public Session Open(Action<ServerFrame> send, Action ended)
    {
        while (_nodes.Count < NodeCount) _nodes.Add(new LimitsNode(this));
        var session = new Session(this, _nodes[Clock.Random.Next(NodeCount)], send, ended);
        _sessions.Add(session);
        return session;
    }

    public void SessionGone(Session session)
    {
        _sessions.Remove(session);
        TellGone(session);
    }

    private void TellGone(IPeer peer)
    {
        foreach (var entity in _entities.Values.Concat(_stale.Values).Where(each => each.Watches(peer)).ToArray())
            Clock.After(Clock.Random.Next(0, 5), () => entity.HearGone(peer));
    }

    /// <summary>A node dies: its sessions, and the limits that it holds. Another one takes its place.</summary>
    /// <param name="tellsAll">Whether the entities notice; if not, a lease has to run out.</param>
    public void KillNode(bool tellsAll)
    {
        if (_nodes.Count < NodeCount) return;
        Clock.Note("a node of sessions dies");
        var at = Clock.Random.Next(NodeCount);
        var node = _nodes[at];
        node.Die();
        _nodes[at] = new LimitsNode(this);
        foreach (var session in _sessions.Where(session => session.Node == node).ToArray()) session.Break();
        if (tellsAll) TellGone(node);
    }

    /// <summary>A node cannot reach the namespaces for a while, although its sessions pass calls on.</summary>
    public void CutNode(long ms)
    {
        if (_nodes.Count < NodeCount) return;
        Clock.Note($"a node of sessions is cut off for {ms} ms");
        _nodes[Clock.Random.Next(NodeCount)].CutFor(ms);
    }

    /// <summary>Process entities come back by themselves: the shards remember them.</summary>
    public void Remember()
    {
        foreach (var name in Journal.Names.Where(
                     name => name.StartsWith($"{(int)Kind.Process}/", StringComparison.Ordinal)))
            Find(new EntityKey { Kind = Kind.Process, Id = long.Parse(name.Split('/')[2]) });
    }

    /// <summary>From now on accidents happen, until the faults are over.</summary>
    public void Curse()
    {
        if (Faults.AccidentMs == 0) return;
        Clock.After(1 + Clock.Random.Next(2 * Faults.AccidentMs), () =>
        {
            if (Faults.AccidentMs == 0) return;
            Accident();
            Curse();
        });
    }

    private void Accident()
    {
        switch (Clock.Random.Next(14))
        {
            case 0:
                Clock.Note("all nodes die");
                foreach (var session in _sessions.ToArray()) session.Break();
                foreach (var node in _nodes) node.Die();
                _nodes.Clear();
                foreach (var entity in _entities.Values.ToArray()) entity.Kill(tell: false);
                break;
            case < 3:
                Hit("dies", entity => entity.Kill(tell: false));
                if (Clock.Chance(0.5)) TellNodeGone();
                break;
            case < 5:
                Hit("is handed off", entity => entity.Stop());
                break;
            case < 7:
                Hit("has a twin", Twin);
                break;
            case < 9:
                Hit("has no majority", Mute);
                break;
            case 9:
                Clock.Note("the wall clock is set");
                _wallAheadMs += WallSteps[Clock.Random.Next(WallSteps.Length)];
                break;
            default:
                if (_sessions.Count == 0) return;
                Clock.Note("a stream breaks");
                _sessions[Clock.Random.Next(_sessions.Count)].Break();
                break;
        }
    }

    private void Hit(string what, Action<Entity> accident)
    {
        if (_entities.Count == 0) return;
        var entity = _entities.Values.ElementAt(Clock.Random.Next(_entities.Count));
        Clock.Note($"{entity.Name} {what}");
        accident(entity);
    }

    // A node that is cut off: perhaps another node takes its entity over, perhaps the majority comes back first.
    private void Mute(Entity entity)
    {
        Mutes++;
        entity.Mute(Clock.Random.Next(1, 2_000));
        if (Clock.Chance(0.5)) Twin(entity);
    }

    private void TellNodeGone()
    {
        foreach (var session in _sessions.ToArray()) Clock.After(Clock.Random.Next(0, 1_000), session.HearNodeGone);
        foreach (var node in _nodes) Clock.After(Clock.Random.Next(0, 1_000), node.HearNodeGone);
    }

    /// <summary>The entity dies with its node, without a message. No effect if it is not in memory.</summary>
    public void Kill(EntityKey key)
    {
        if (_entities.TryGetValue(key, out var entity)) entity.Kill(tell: false);
    }

    /// <summary>The shard of the entity moves; of no effect if it is not in memory.</summary>
    public void HandOff(EntityKey key)
    {
        if (_entities.TryGetValue(key, out var entity)) entity.Stop();
    }

    // A split brain: for a while two incarnations live, and messages reach either.
    private void Twin(Entity old)
    {
        var key = old.Machine.Key;
        if (_stale.ContainsKey(key)) return;
        _stale[key] = old;
        _entities.Remove(key);
        Find(key);
        Clock.After(Clock.Random.Next(1, 500), () => old.Kill(tell: true));
    }

    /// <summary>Machines that live now.</summary>
    public IEnumerable<Machine> Machines => _entities.Values.Select(entity => entity.Machine);
}
