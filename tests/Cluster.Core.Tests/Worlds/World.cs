using Cluster.Core.Machines;
using Cluster.Core.Namespaces;
using Cluster.Core.Processes;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Worlds;

/// <summary>
/// A cluster in one thread: every entity, a router that loses nothing and keeps the order, journals that are written
/// at once, and a clock that advances only on command.
/// </summary>
public sealed class World(ExecutorOptions? options = null)
{
    private readonly Dictionary<EntityKey, Entity> _entities = [];
    private readonly Queue<Action> _underWay = new();
    private readonly Dictionary<ulong, Action<Reply>> _askers = [];
    private readonly Dictionary<int, Session> _sessions = [];
    private ulong _lastToken;
    private ulong _lastIncarnation;
    private int _lastPid = 100;

    /// <summary>The time, in ms since the epoch; at the start 2001-09-09 01:46:40.</summary>
    public long NowMs { get; private set; } = 1_000_000_000_000;

    /// <summary>Results that have reached their processes since the last check.</summary>
    public List<(Session Session, Result Result)> Arrived { get; } = [];

    public static EntityKey NamespaceOf(ulong number) => new() { Kind = Kind.Namespace, Namespace = number };

    public static EntityKey DirectoryOf(ulong number, Kind kind = Kind.MessageQueue) =>
        new() { Kind = Kind.Directory, Namespace = number, Id = (long)kind };

    public static EntityKey QueueOf(ulong number, int id) =>
        new() { Kind = Kind.MessageQueue, Namespace = number, Id = id };

    public static EntityKey SegmentDirectoryOf(ulong number) =>
        new() { Kind = Kind.Directory, Namespace = number, Id = (long)Kind.SharedMemory };

    public static EntityKey SegmentOf(ulong number, int id) =>
        new() { Kind = Kind.SharedMemory, Namespace = number, Id = id };

    /// <summary>The entity, if it is in memory or has a journal.</summary>
    public Entity? Find(EntityKey key) => _entities.GetValueOrDefault(key);

    public Session? FindProcess(int pid) => _sessions.GetValueOrDefault(pid);

    // ---- processes ----

    public Session StartProcess(string name, Credentials credentials, string path, long leaseMs)
    {
        var session = new Session(name, ++_lastPid, credentials, Resolve(path), path);
        var started = new ProcessStarted
        {
            Pid = session.Pid,
            Credentials = credentials,
            Namespace = session.Namespace,
            NamespacePath = path,
            LeaseMs = leaseMs,
            Token = session.Token,
        };
        var start = new StartProcess { Process = started };
        Expect(Ask(new Request { To = Process.KeyOf(session.Pid), StartProcess = start }), Errno.None);
        _sessions.Add(session.Pid, session);
        return session;
    }

    /// <summary>The namespace's number.</summary>
    public ulong Resolve(string path)
    {
        var number = Namespace.Root;
        foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var lookup = new LookupChild { Name = name };
            var reply = Ask(new Request { To = NamespaceOf(number), LookupChild = lookup });
            Expect(reply, Errno.None);
            number = reply.LookedUp.Number;
        }

        return number;
    }

    /// <summary>
    /// The process ends. An ack of 0: its results are not known to have arrived, as at the end of a lease.
    /// </summary>
    public void Exit(Session session, bool withAck)
    {
        session.HasExited = true;
        var close = new CloseProcess { Ack = withAck ? session.Ack : 0 };
        Ask(new Request { To = Process.KeyOf(session.Pid), CloseProcess = close });
    }

    /// <summary>The connection of the process breaks.</summary>
    public void Disconnect(Session session)
    {
        session.IsConnected = false;
        foreach (var key in session.Touched)
        {
            if (Find(key) is not null) Input(key, machine => machine.Suspend(session.Pid, NowMs));
        }

        Settle();
    }

    /// <summary>The process connects again and sends its unanswered calls again.</summary>
    public void Reconnect(Session session)
    {
        var attach = new AttachProcess { Token = session.Token };
        Expect(Ask(new Request { To = Process.KeyOf(session.Pid), AttachProcess = attach }), Errno.None);
        session.IsConnected = true;
        foreach (var (to, call) in session.Outstanding.Values.ToArray()) Submit(session, to, [call], resent: true);
    }

    // ---- calls ----

    /// <summary>A new call; its result arrives if it completes at once.</summary>
    public ulong Call(Session session, EntityKey to, Call call)
    {
        call.Seq = session.NextSeq;
        if (session.Touched.Add(to))
        {
            var touch = new TouchEntities();
            touch.Keys.Add(to);
            Ask(new Request { To = Process.KeyOf(session.Pid), TouchEntities = touch });
        }

        session.NextSeq++;
        session.Outstanding[call.Seq] = (to, call);
        session.Last = (to, call);
        Submit(session, to, [call]);
        return call.Seq;
    }

    /// <summary>Calls and cancellations, as the gateway passes them on.</summary>
    public void Submit(
        Session session, EntityKey to, IEnumerable<Call> calls, ulong? cancel = null, ulong? ack = null,
        bool resent = false)
    {
        var submit = new Submit { To = to, Stamp = StampOf(session), Ack = ack ?? session.Ack, Resent = resent };
        submit.Calls.AddRange(calls.Select(call => call.Clone()));
        if (cancel is { } seq) submit.Cancels.Add(seq);
        Input(to, machine => machine.Submit(submit, NowMs));
        Settle();
    }

    /// <summary>The stamp of the gateway for a process.</summary>
    public Stamp StampOf(Session session) => new()
    {
        Pid = session.Pid,
        Credentials = session.Credentials,
        Namespace = session.Namespace,
        Limits = LimitsOf(session.Path),
    };

    /// <summary>The limits that hold in a namespace.</summary>
    public Limits LimitsOf(string path)
    {
        List<IReadOnlyDictionary<string, long>> own = [OwnLimits(Namespace.Root)];
        var number = Namespace.Root;
        foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var lookup = new LookupChild { Name = name };
            var reply = Ask(new Request { To = NamespaceOf(number), LookupChild = lookup });
            if (reply.Errno != 0) break; // the namespace is gone; its processes keep what they knew
            own.Add(OwnLimits(number = reply.LookedUp.Number));
        }

        return NamespaceLimits.Effective(own);
    }

    private Dictionary<string, long> OwnLimits(ulong number)
    {
        var reply = Ask(new Request { To = NamespaceOf(number), SubscribeLimits = new SubscribeLimits() });
        return reply.OwnLimits?.Limits.ToDictionary() ?? [];
    }

    // ---- time and failure ----

    /// <summary>Advances the clock, with a tick at each deadline.</summary>
    public void Advance(long ms)
    {
        var end = NowMs + ms;
        while (true)
        {
            var renewMs = _sessions.Values.Any(IsAlive) ? NowMs + 1_000 : long.MaxValue;
            var next = _entities.Values.Select(entity => entity.Machine.NextTickMs).Append(renewMs).Min();
            NowMs = Math.Max(NowMs, Math.Min(next, end));
            foreach (var session in _sessions.Values.Where(IsAlive).ToArray())
                Ask(new Request { To = Process.KeyOf(session.Pid), RenewLease = new RenewLease() });
            foreach (var key in _entities.Where(pair => pair.Value.Machine.NextTickMs <= NowMs).Select(pair => pair.Key)
                         .OrderBy(key => (key.Kind, key.Namespace, key.Id)).ToArray())
            {
                Input(key, machine => machine.Tick(NowMs));
                Settle();
            }

            if (NowMs < end) continue;
            Repeat();
            return;
        }
    }

    // Repeats unanswered requests, as the shell does periodically.
    private void Repeat()
    {
        foreach (var key in _entities.Where(pair => pair.Value.Machine.Outbox.HasAny).Select(pair => pair.Key)
                     .OrderBy(key => (key.Kind, key.Namespace, key.Id)).ToArray())
        {
            if (Find(key) is { } entity) Input(key, machine => machine.Outbox.Repeat(entity.Executor));
        }

        Settle();
    }

    private static bool IsAlive(Session session) => session is { IsConnected: true, IsSilent: false, HasExited: false };

    /// <summary>The node of an entity is lost, and another one takes the entity over.</summary>
    public void Crash(EntityKey key)
    {
        if (Find(key) is not { } entity) return;
        entity.Crash(++_lastIncarnation);
        Input(key, machine => machine.Recovered(NowMs));
        Settle();
    }

    /// <summary>Checks every entity.</summary>
    public void Check()
    {
        foreach (var entity in _entities.Values) entity.Check(fromStart: true);
    }

    // ---- router ----

    /// <summary>Asks, and waits for the answer.</summary>
    public Reply Ask(Request request)
    {
        Reply? answer = null;
        Deliver(request, reply => answer ??= reply);
        Settle();
        return answer ?? throw new InvalidOperationException($"no answer to {request}");
    }

    private void Deliver(Request request, Action<Reply> answered)
    {
        var token = ++_lastToken;
        _askers.Add(token, answered);
        Input(request.To, machine => machine.Ask(request.Clone(), token, NowMs));
    }

    private void Settle()
    {
        while (_underWay.TryDequeue(out var step)) step();
    }

    /// <summary>Gives an entity an input, writes its events, and sends its output.</summary>
    public void Input(EntityKey key, Action<Machine> input)
    {
        if (!_entities.TryGetValue(key, out var entity))
            _entities.Add(key, entity = new Entity(key, ++_lastIncarnation, options));
        input(entity.Machine);
        entity.Machine.CheckInvariants();
        entity.Commit();
        var ready = entity.Executor.Ready;
        foreach (var (pid, result) in ready.Results) Arrive(pid, result.Clone());
        foreach (var (token, reply) in ready.Replies)
        {
            if (_askers.Remove(token, out var answered)) _underWay.Enqueue(() => answered(reply));
        }

        foreach (var request in ready.Requests)
        {
            _underWay.Enqueue(() => Deliver(request, reply =>
            {
                if (Find(key) is not null) Input(key, machine => machine.OnReply(reply.Clone(), NowMs));
            }));
        }

        ready.Clear();
        if (entity.Machine.IsFinished) _entities.Remove(key);
    }

    private void Arrive(int pid, Result result)
    {
        if (!_sessions.TryGetValue(pid, out var session) || !session.IsConnected || session.HasExited) return;
        session.Outstanding.Remove(result.Seq);
        Arrived.Add((session, result));
    }

    private static void Expect(Reply reply, Errno errno)
    {
        if (reply.Errno != (int)errno)
            throw new InvalidOperationException($"expected {errno}, got {(Errno)reply.Errno} from {reply.From}");
    }
}
