using System.Security.Cryptography;
using Cluster.Core.Entities;
using Cluster.Core.Machines;
using Cluster.Core.Sessions;
using Cluster.Core.Shells;
using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>
/// The IPC kernel in the memory of one process: all kinds of object, all namespaces and limits, with the same code that
/// the nodes of a cluster run, and without cluster, sockets and disk. Several clients can share one kernel, each as a
/// process of its own.
/// </summary>
/// <remarks>
/// One lock serializes everything, so each step is finished when the write of a frame returns. Time-outs and leases
/// follow the kernel's <see cref="TimeProvider"/>: a test that passes a fake one decides when time passes. Nothing
/// survives the kernel. Traces are not supported (ENOSYS).
/// </remarks>
public sealed class InMemoryKernel : IDisposable
{
    internal const string Address = "memory";

    /// <summary>Longer than any process runs. Not the highest number, because times are added to it.</summary>
    private const long NeverMs = long.MaxValue / 4;

    private readonly Lock _gate = new();
    private readonly Dictionary<EntityKey, InMemoryEntity> _entities = [];
    private readonly HashSet<InMemorySession> _sessions = [];
    private readonly Queue<Action<long>> _steps = []; // empty whenever nobody has the lock
    private readonly PriorityQueue<(IWakeable Who, long AtMs), long> _alarms = new();
    private readonly InMemoryLimits _limits;
    private readonly ITimer _timer;
    private readonly long _startedAt;
    private long _timerAtMs = long.MaxValue;
    private bool _isDisposed;

    /// <summary>A kernel without objects and processes.</summary>
    /// <param name="time">The clock and the timers of the kernel and of its clients; null: those of the system.</param>
    public InMemoryKernel(TimeProvider? time = null)
    {
        Time = time ?? TimeProvider.System;
        _startedAt = Time.GetTimestamp();
        _limits = new InMemoryLimits(this, SessionSettings.Limits);
        _timer = Time.CreateTimer(
            static kernel => ((InMemoryKernel)kernel!).OnTimer(), this, Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
    }

    /// <summary>The clock and the timers of the kernel and of its clients.</summary>
    public TimeProvider Time { get; }

    internal static ShellOptions ShellOptions { get; } = new()
    {
        Owner = Address,
        PassivateAfterMs = NeverMs,
        Executor = new ExecutorOptions { SnapshotAfterBytes = NeverMs },
    };

    internal SessionSettings SessionSettings { get; } = new() { Gateway = Address };

    /// <summary>The clock that measures, in ms: it is never set.</summary>
    internal long NowMs => (long)Time.GetElapsedTime(_startedAt).TotalMilliseconds;

    /// <summary>The clock that people read, in ms since the epoch.</summary>
    internal long WallMs => Time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Ends the kernel and its clients: their calls fail with ESRCH.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            foreach (var session in _sessions.ToArray()) session.Lose();
        }

        _timer.Dispose();
    }

    internal InMemorySession Open()
    {
        lock (_gate)
        {
            var session = new InMemorySession(this);
            _sessions.Add(session);
            if (_isDisposed) session.Lose();
            return session;
        }
    }

    internal NodeStatReply Stat()
    {
        lock (_gate)
        {
            return new NodeStatReply
            {
                Node = Address,
                Version = typeof(InMemoryKernel).Assembly.GetName().Version?.ToString() ?? "",
                UptimeMs = (long)Time.GetElapsedTime(_startedAt).TotalMilliseconds,
                Journal = "none: everything is in memory",
                Sessions = _sessions.Count,
                Entities = _entities.Count,
            };
        }
    }

    /// <summary>The kinds of all entities in memory: for tests that nothing is left.</summary>
    internal IReadOnlyList<Kind> Kinds()
    {
        lock (_gate) return [.. _entities.Keys.Select(key => key.Kind)];
    }

    /// <summary>Does this step, and all that follow from it, before it returns.</summary>
    internal void Run(Action<long> step)
    {
        lock (_gate)
        {
            if (_isDisposed) throw new IOException("the kernel was disposed of");
            _steps.Enqueue(step);
            Finish();
        }
    }

    // ---- for those who have the lock ----

    /// <summary>Does this after the present step.</summary>
    internal void Post(Action<long> step) => _steps.Enqueue(step);

    internal void Send(Submit submit, IPeer from) =>
        Post(nowMs => Find(submit.To, hasPast: submit.To.Kind == Kind.Process, nowMs).Take(submit, from, nowMs));

    internal void Send(Request request, IPeer from) => Post(nowMs =>
    {
        // A process begins with its start, and pids are never used again: whatever else comes finds one that has ended.
        var hasPast = request.To.Kind == Kind.Process && request.StartProcess is null;
        Find(request.To, hasPast, nowMs).Take(request, from, nowMs);
    });

    internal void Subscribe(Request request, InMemorySession from) => Post(nowMs => _limits.Ask(request, from, nowMs));

    internal void WakeAt(IWakeable who) => _alarms.Enqueue((who, who.WakeAtMs), who.WakeAtMs);

    internal void Remove(InMemoryEntity entity) => _entities.Remove(entity.Key);

    internal void Remove(InMemorySession session) => _sessions.Remove(session);

    private InMemoryEntity Find(EntityKey key, bool hasPast, long nowMs)
    {
        if (_entities.TryGetValue(key, out var entity)) return entity;
        var machine = MachineFactory.Create(key);
        // Not to be guessed: the secrets of shared memory segments are made from it.
        machine.Incarnation = (BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))) >> 1) | 1;
        return _entities[key] = new InMemoryEntity(this, machine, hasPast, nowMs);
    }

    private void OnTimer()
    {
        lock (_gate)
        {
            if (_isDisposed) return;
            _timerAtMs = long.MaxValue;
            Finish();
        }
    }

    private void Finish()
    {
        var nowMs = NowMs;
        do
        {
            while (_steps.TryDequeue(out var step)) step(nowMs);
        }
        while (WakeNext(nowMs));

        if (!_alarms.TryPeek(out _, out var atMs) || atMs >= _timerAtMs) return;
        _timerAtMs = atMs;
        _timer.Change(TimeSpan.FromMilliseconds(Math.Clamp(atMs - nowMs, 1, int.MaxValue)), Timeout.InfiniteTimeSpan);
    }

    // An alarm that its owner has replaced by an earlier one does not count.
    private bool WakeNext(long nowMs)
    {
        if (!_alarms.TryPeek(out var alarm, out var atMs) || atMs > nowMs) return false;
        _alarms.Dequeue();
        if (alarm.Who.WakeAtMs == alarm.AtMs) alarm.Who.Wake(nowMs);
        return true;
    }
}
