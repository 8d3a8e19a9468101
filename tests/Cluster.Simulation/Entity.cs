using Cluster.Core.Entities;
using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Simulation;

/// <summary>One incarnation of an entity: what the actor shell does, around the same executor and machine.</summary>
public sealed class Entity
{
    private readonly World _world;
    private readonly Executor _executor;
    private readonly LineWatch _watch;
    private readonly Dictionary<int, (Session Session, ulong Route)> _sessions = [];
    private readonly Dictionary<ulong, Action<Reply>> _askers = [];
    private Arrivals _arrivals;
    private long _highest;
    private ulong _nextToken = 1;
    private bool _stopping;
    private bool _finished;

    public Entity(World world, EntityKey key)
    {
        _world = world;
        Name = $"{(int)key.Kind}/{key.Namespace}/{key.Id}";
        var machine = MachineFactory.Create(key);
        machine.Incarnation = (ulong)world.Clock.Random.NextInt64(1, long.MaxValue);
        _executor = new Executor(machine, new ExecutorOptions { SnapshotAfterBytes = 1_500, SnapshotPartBytes = 700 });
        _watch = new LineWatch(machine, _executor);
        _highest = world.Journal.Recover(Name, _executor);
        machine.HasPast = _highest > 0;
        _watch.Bind();
        machine.Recovered(world.Clock.NowMs);
        Pump();
        Repeat();
    }

    public string Name { get; }

    public bool IsAlive { get; private set; } = true;

    public Machine Machine => _executor.Machine;

    public void OnSubmit(Submit submit, Session from)
    {
        if (!IsAlive) return;
        var isNewest = !_sessions.TryGetValue(submit.Stamp.Pid, out var known) || submit.Route >= known.Route;
        if (isNewest) _sessions[submit.Stamp.Pid] = (from, submit.Route);
        if (isNewest && !from.IsAlive) _world.Clock.After(0, () => OnSessionGone(from));
        if (!_arrivals.TryTake(submit))
        {
            CallAgain(submit.Stamp.Pid, from);
            return;
        }

        Step(() => Machine.Submit(submit, _world.Clock.NowMs));
    }

    public void OnRequest(Request request, Action<Reply> answer)
    {
        if (!IsAlive) return;
        var token = _nextToken++;
        _askers.Add(token, answer);
        Step(() => Machine.Ask(request, token, _world.Clock.NowMs));
    }

    public void OnReply(Reply reply)
    {
        if (IsAlive) Step(() => Machine.OnReply(reply, _world.Clock.NowMs));
    }

    public void OnSessionGone(Session session)
    {
        if (!IsAlive) return;
        foreach (var pid in _sessions.Where(pair => pair.Value.Session == session).Select(pair => pair.Key).ToArray())
        {
            _sessions.Remove(pid);
            _arrivals.Forget(pid);
            Step(() => Machine.Suspend(pid, _world.Clock.NowMs));
        }
    }

    /// <summary>A shard moves, or an idle entity is passivated: stops after what is under way.</summary>
    public void Stop()
    {
        _stopping = true;
        Pump();
    }

    /// <summary>
    /// It is gone with what it had not written. <paramref name="tell"/>: its node still lives, and says so.
    /// </summary>
    public void Kill(bool tell)
    {
        if (!IsAlive) return;
        IsAlive = false;
        _world.Gone(this);
        if (!tell) return;
        foreach (var (pid, (session, _)) in _sessions) CallAgain(pid, session);
    }

    private void CallAgain(int pid, Session session)
    {
        var results = new Results { From = Machine.Key, Pid = pid, Moved = true };
        _world.Deliver(() => session.OnResults(results));
    }

    private void Repeat()
    {
        _world.Clock.After(1_000, () =>
        {
            if (!IsAlive) return;
            Machine.Outbox.Repeat(_executor);
            Pump();
            Repeat();
        });
    }

    private void Step(Action input)
    {
        _watch.Before();
        input();
        Machine.CheckInvariants();
        Pump();
    }

    private void Pump()
    {
        if (!IsAlive) return;
        if (!Machine.IsFinished && _executor.TryBeginWrite(out var write, lazy: _stopping || _world.Clock.Chance(0.3)))
            _world.Clock.After(_world.Clock.Random.Next(0, 6), () => Write(write));
        Deliver();
        if (Machine.IsFinished) Finish();
        else if (_stopping && _executor.IsIdle) Kill(tell: true);
        else ScheduleTick();
    }

    private void Write(JournalWrite write)
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
            _executor.Committed();
            Pump();
        }
    }

    private void Finish()
    {
        if (_executor.IsWriting || _finished) return;
        _finished = true;
        _world.Journal.Delete(Name, _highest);
        _executor.Abandon();
        Deliver();
        Kill(tell: true);
    }

    private void Deliver()
    {
        var ready = _executor.Ready;
        foreach (var (pid, result) in ready.Results)
        {
            if (!_sessions.TryGetValue(pid, out var newest)) continue;
            var results = new Results { From = Machine.Key, Pid = pid, Results_ = { result.Clone() } };
            _world.Deliver(() => newest.Session.OnResults(results));
        }

        foreach (var (token, reply) in ready.Replies)
        {
            if (_askers.Remove(token, out var answer)) _world.Deliver(() => answer(reply));
        }

        foreach (var request in ready.Requests)
            _world.Deliver(() => _world.Find(request.To).OnRequest(request, reply => OnReply(reply)));
        ready.Clear();
    }

    private long _tickAtMs = long.MaxValue;

    private void ScheduleTick()
    {
        var nextMs = Machine.NextTickMs;
        if (nextMs >= _tickAtMs) return;
        _tickAtMs = nextMs;
        _world.Clock.After(nextMs - _world.Clock.NowMs, () =>
        {
            if (!IsAlive || _tickAtMs != nextMs) return;
            _tickAtMs = long.MaxValue;
            Step(() => Machine.Tick(_world.Clock.NowMs));
        });
    }
}
