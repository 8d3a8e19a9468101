using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Simulation;

/// <summary>The cluster: where entities live, how messages travel, and what goes wrong.</summary>
public sealed class World(int seed, Faults faults)
{
    private readonly Dictionary<EntityKey, Entity> _entities = [];
    private readonly Dictionary<EntityKey, Entity> _stale = [];
    private readonly List<Session> _sessions = [];
    private int _nextPid = 2;

    public Clock Clock { get; } = new(seed);

    public Journal Journal { get; } = new();

    public Faults Faults { get; set; } = faults;

    /// <summary>msg_qbytes of the queues: small, so that senders block.</summary>
    public long QueueBytes { get; } = 40 + seed % 200;

    public int NextPid() => _nextPid++;

    /// <summary>The incarnation that a message for an entity reaches: for a while that may be a stale one.</summary>
    public Entity Find(EntityKey key)
    {
        if (_stale.TryGetValue(key, out var stale) && Clock.Chance(0.5)) return stale;
        if (!_entities.TryGetValue(key, out var entity)) _entities[key] = entity = new Entity(this, key);
        return entity;
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
        var session = new Session(this, send, ended);
        _sessions.Add(session);
        return session;
    }

    public void SessionGone(Session session)
    {
        _sessions.Remove(session);
        foreach (var entity in _entities.Values.Concat(_stale.Values).ToArray())
            Clock.After(Clock.Random.Next(0, 5), () => entity.OnSessionGone(session));
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
        switch (Clock.Random.Next(10))
        {
            case 0:
                Clock.Note("all nodes die");
                foreach (var session in _sessions.ToArray()) session.Break();
                foreach (var entity in _entities.Values.ToArray()) entity.Kill(tell: false);
                break;
            case < 3:
                Hit("dies", entity => entity.Kill(tell: false));
                break;
            case < 5:
                Hit("is handed off", entity => entity.Stop());
                break;
            case < 7:
                Hit("has a twin", Twin);
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
