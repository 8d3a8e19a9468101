using Cluster.Protocol;

namespace Cluster.Core.Sessions;

/// <summary>
/// Keeps the limits that the sessions of a node use: it leases those of each namespace from the namespace's entity,
/// renews the leases, and confirms a change once no session of the node reads the old limits. So 10,000 sessions cost
/// one message every few seconds for each namespace.
/// </summary>
/// <remarks>
/// A namespace answers a change when each holder has confirmed it, or the holder's lease has run out. The lease runs
/// here from the moment of the request, so it ends here before it ends there. Limits that no session uses are not
/// renewed.
/// Pure. After each input the driver calls <see cref="Drain"/>, and has <see cref="Tick"/> called at
/// <see cref="NextTickMs"/>.
/// </remarks>
/// <typeparam name="TRef">The address of a session.</typeparam>
/// <param name="holder">The name of this life of the node: a random number from outside, not 0.</param>
/// <param name="limits">What the sessions of the node read.</param>
public sealed class LimitsKeeper<TRef>(ulong holder, NodeLimits limits)
    where TRef : notnull
{
    /// <summary>A lease that is in use is renewed after at least this, in ms.</summary>
    public const long RenewAfterMs = 3_000;

    /// <summary>
    /// The longest time that is added to <see cref="RenewAfterMs"/>, in ms, so that nodes do not renew together.
    /// </summary>
    public const int JitterMs = 2_000;

    /// <summary>A lease that no session has used for so long is not renewed, in ms.</summary>
    public const long IdleMs = 60_000;

    private const long RepeatSoonAfterMs = 200;
    private const long RepeatAfterMs = 1_000;

    // Sessions that wait for one namespace. A further one asks again.
    private const int WaitingBound = 65_536;

    private readonly Dictionary<ulong, Level> _levels = [];
    private readonly PriorityQueue<(Level Level, long AtMs), long> _due = new();
    private readonly Queue<object> _outputs = []; // Request and (TRef, Reply), in order; empty after each Drain
    private readonly ulong _holder = holder;
    private ulong _random = holder;
    private ulong _nextId = 1;
    private bool _isOver;

    /// <summary>When <see cref="Tick"/> is needed next, in ms; MaxValue: never.</summary>
    public long NextTickMs => _due.TryPeek(out _, out var atMs) ? atMs : long.MaxValue;

    // ---- inputs ----

    /// <summary>A session asks for the limits of a namespace: SubscribeLimits.</summary>
    public void Ask(Request request, TRef session, long nowMs)
    {
        if (_isOver) return;
        var level = LevelOf(request.To.Namespace);
        level.Held.Use(nowMs);
        if (level.Held.IsValid(nowMs))
        {
            Answer(level, session, request.Id);
            return;
        }

        if (level.Waiting.Count < WaitingBound) level.Waiting[session] = request.Id;
        if (!IsAskedLately(level, nowMs)) Send(level, nowMs);
    }

    /// <summary>An answer of a namespace, or its news.</summary>
    public void Reply(Reply reply, long nowMs)
    {
        if (_isOver || !_levels.TryGetValue(reply.From.Namespace, out var level)) return;
        var isAnswer = level.IsAsked && reply.Id == level.AskId;
        if (reply.Id == 0 && reply.OwnLimits is null)
        {
            if (IsUsed(level, nowMs)) Send(level, nowMs); // the entity stops: the next life of it knows no token
            return;
        }

        if (reply.OwnLimits is { } own && reply.Errno == 0) Take(level, own);
        if (isAnswer)
        {
            level.IsAsked = false;
            level.IsGone = reply.Errno != 0;
            var leaseMs = reply.OwnLimits is { LeaseMs: > 0 } given ? given.LeaseMs : Namespaces.Namespace.LeaseMs;
            level.Held.SetUntil(Math.Max(level.Held.UntilMs, level.AskedMs + leaseMs));
            Wake(level, nowMs + RenewAfterMs + NextJitterMs());
        }

        // The namespace waits until it has this confirmation.
        var confirms = level.Revision > level.AskRevision || (reply.Id == 0 && !level.IsAsked);
        if (level.Held.IsValid(nowMs)) AnswerAll(level);
        if (confirms || (level.Waiting.Count > 0 && !IsAskedLately(level, nowMs))) Send(level, nowMs);
    }

    /// <summary>A node of the cluster is gone, and with it perhaps a question.</summary>
    public void NodeGone(long nowMs)
    {
        if (_isOver) return;
        foreach (var level in _levels.Values)
        {
            if (IsUsed(level, nowMs)) Send(level, nowMs);
        }
    }

    /// <summary>Time has passed.</summary>
    public void Tick(long nowMs)
    {
        while (!_isOver && _due.TryPeek(out var due, out var atMs) && atMs <= nowMs)
        {
            _due.Dequeue();
            if (due.Level.DueMs == due.AtMs) Review(due.Level, nowMs);
        }
    }

    /// <summary>The node stops: its sessions may use the limits no more, and no namespace has to wait for it.</summary>
    public void Stop()
    {
        if (_isOver) return;
        _isOver = true;
        _due.Clear();
        foreach (var level in _levels.Values)
        {
            level.Held.SetUntil(long.MinValue);
            _outputs.Enqueue(RequestOf(level, isReturned: true));
        }
    }

    // ---- outputs ----

    /// <summary>Hands over what is to be sent after an input. To be called after each.</summary>
    public void Drain(ILimitsOutputs<TRef> outputs)
    {
        while (_outputs.TryDequeue(out var output))
        {
            if (output is Request request) outputs.Send(request);
            else if (output is (TRef session, Reply reply)) outputs.Answer(session, reply);
        }
    }

    private Level LevelOf(ulong number)
    {
        if (_levels.TryGetValue(number, out var known)) return known;
        var level = new Level(limits.FindOrAdd(number));
        _levels.Add(number, level);
        return level;
    }

    // News and answers may overtake each other. A node of an earlier version does not number its limits.
    private static void Take(Level level, OwnLimits own)
    {
        if (own.Revision < level.Revision && own.LeaseMs > 0) return;
        if (!own.Limits.Equals(level.Held.Limits)) level.Held.Set(own.Limits);
        level.Revision = own.Revision;
    }

    private void Review(Level level, long nowMs)
    {
        if (IsUsed(level, nowMs) || level.Waiting.Count > 0)
        {
            if (IsAskedLately(level, nowMs)) Repeat(level, nowMs);
            else Send(level, nowMs);
        }
        else if (level.Held.IsValid(nowMs))
        {
            level.IsAsked = false;
            Wake(level, level.Held.UntilMs);
        }
        else
        {
            _levels.Remove(level.Held.Number);
            limits.Remove(level.Held.Number);
        }
    }

    // The answer to an earlier question would be a lease that has run out.
    private static bool IsAskedLately(Level level, long nowMs) =>
        level.IsAsked && nowMs - level.AskedMs < Namespaces.Namespace.LeaseMs;

    private static bool IsUsed(Level level, long nowMs) => nowMs - level.Held.UsedMs < IdleMs;

    // A new question: the lease will run from now.
    private void Send(Level level, long nowMs)
    {
        (level.IsAsked, level.AskId, level.AskedMs, level.AskRevision) = (true, _nextId++, nowMs, level.Revision);
        _outputs.Enqueue(RequestOf(level));
        Wake(level, nowMs + RepeatSoonAfterMs);
    }

    private void Repeat(Level level, long nowMs)
    {
        _outputs.Enqueue(RequestOf(level));
        Wake(level, nowMs + RepeatAfterMs);
    }

    private Request RequestOf(Level level, bool isReturned = false) => new()
    {
        Id = level.AskId,
        To = new EntityKey { Kind = Kind.Namespace, Namespace = level.Held.Number },
        SubscribeLimits = new SubscribeLimits { Holder = _holder, Revision = level.AskRevision, Returned = isReturned },
    };

    private void AnswerAll(Level level)
    {
        foreach (var (session, id) in level.Waiting) Answer(level, session, id);
        level.Waiting.Clear();
    }

    private void Answer(Level level, TRef session, ulong id)
    {
        var reply = new Reply
        {
            Id = id,
            From = new EntityKey { Kind = Kind.Namespace, Namespace = level.Held.Number },
            Errno = (int)(level.IsGone ? Errno.ENOENT : Errno.None),
        };
        _outputs.Enqueue((session, reply));
    }

    private void Wake(Level level, long atMs)
    {
        level.DueMs = atMs;
        _due.Enqueue((level, atMs), atMs);
    }

    // Knuth's generator: the core has no source of random numbers.
    private int NextJitterMs()
    {
        _random = (_random * 6_364_136_223_846_793_005) + 1_442_695_040_888_963_407;
        return (int)((_random >> 33) % JitterMs);
    }

    private sealed class Level(HeldLimits held)
    {
        public HeldLimits Held { get; } = held;

        /// <summary>Sessions that wait for the lease, and the ids of their requests.</summary>
        public Dictionary<TRef, ulong> Waiting { get; } = [];

        /// <summary>Of the limits that the sessions read.</summary>
        public ulong Revision { get; set; }

        /// <summary>Of the limits that the latest question has named.</summary>
        public ulong AskRevision { get; set; }

        public bool IsAsked { get; set; }

        public ulong AskId { get; set; }

        /// <summary>When the latest question was asked for the first time.</summary>
        public long AskedMs { get; set; }

        public long DueMs { get; set; }

        /// <summary>The namespace is being destroyed. Its limits do not change any more.</summary>
        public bool IsGone { get; set; }
    }
}
