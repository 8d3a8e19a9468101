using Cluster.Protocol;

namespace Cluster.Actors.Sessions;

/// <summary>
/// The bytes of results that wait for all clients of a node, or are expected. Sessions whose next result does not fit
/// get room in the order in which they asked. While one waits, or while there is more than the bound because results of
/// blocked calls came, clients that have read nothing for a time are given up, as many as have the room that is needed.
/// </summary>
/// <param name="stats">Counts the clients that are given up.</param>
/// <param name="time">The time.</param>
public sealed class UnreadOfNode(NodeStats? stats = null, TimeProvider? time = null)
{
    /// <summary>A client has this time to read something, while others wait for the room of its results.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(500);

    // Kept free for the turns, so that the largest result can be had.
    private const long TurnBytes = Bounds.MessageBytes + 64 * 1024;

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Lock _gate = new();
    private readonly LinkedList<(Unread Session, long Bytes)> _waiting = [];
    private readonly Dictionary<Unread, LinkedListNode<(Unread Session, long Bytes)>> _places = [];
    private readonly HashSet<Unread> _holding = []; // sessions that had results to read, until they are over
    private readonly HashSet<Unread> _givenUp = [];
    private ITimer? _timer;
    private long _bytes;
    private volatile bool _isAwaited;

    /// <summary>The bytes.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>What one more session may have.</summary>
    internal long Share => (Bounds.UnreadBytesOfNode - TurnBytes - Bytes) / 2;

    internal long Timestamp => _time.GetTimestamp();

    internal void Add(long bytes)
    {
        var all = Interlocked.Add(ref _bytes, bytes);
        if (bytes >= 0 ? all <= Bounds.UnreadBytesOfNode || _isAwaited : !_isAwaited) return;
        lock (_gate)
        {
            if (bytes < 0) Serve();
            else Await();
        }
    }

    internal void Enlist(Unread session)
    {
        lock (_gate) _holding.Add(session);
    }

    // Only the session itself asks, and only it makes itself known.
    internal bool Knows(Unread session) =>
        Interlocked.Read(ref session.GrantedBytes) > 0 || (_isAwaited && HasPlace(session));

    internal bool Want(Unread session, long bytes)
    {
        lock (_gate)
        {
            if (session.GrantedBytes >= bytes && bytes > 0) return true;
            if (_places.TryGetValue(session, out var place) && place.Value.Bytes == bytes) return false;
            Leave(session);
            if (bytes == 0) return false;
            if (_waiting.Count == 0 && TryGrant(session, bytes)) return true;
            _places[session] = _waiting.AddLast((session, bytes));
            Await();
            return false;
        }
    }

    internal void Remove(Unread session)
    {
        lock (_gate)
        {
            Leave(session);
            _holding.Remove(session);
            _givenUp.Remove(session);
        }
    }

    private void Await()
    {
        _isAwaited = true;
        _timer ??= _time.CreateTimer(static node => ((UnreadOfNode)node!).GiveUp(), this, Tick, Tick);
    }

    private bool HasPlace(Unread session)
    {
        lock (_gate) return _places.ContainsKey(session);
    }

    private void Leave(Unread session)
    {
        if (_places.Remove(session, out var place)) _waiting.Remove(place);
        if (session.GrantedBytes == 0 && place is null) return;
        Interlocked.Add(ref _bytes, -session.GrantedBytes);
        session.GrantedBytes = 0;
        Serve();
    }

    private bool TryGrant(Unread session, long bytes)
    {
        if (Bytes + bytes > Bounds.UnreadBytesOfNode) return false;
        Interlocked.Add(ref _bytes, bytes);
        Interlocked.Exchange(ref session.GrantedBytes, bytes);
        return true;
    }

    private void Serve()
    {
        while (_waiting.First is { Value: var (session, bytes) })
        {
            if (!TryGrant(session, bytes)) return;
            _waiting.RemoveFirst();
            _places.Remove(session);
            session.HaveTurn();
        }

        if (Bytes > Bounds.UnreadBytesOfNode) return;
        _isAwaited = false;
        _timer?.Dispose();
        _timer = null;
    }

    private void GiveUp()
    {
        lock (_gate)
        {
            Serve();
            var wanted = _waiting.First?.Value.Bytes ?? 0;
            var missing = Bytes + wanted - Bounds.UnreadBytesOfNode - _givenUp.Sum(session => session.Bytes);
            if (missing <= 0) return;
            var stalled = _holding
                .Where(session => session.Bytes > 0 && !_givenUp.Contains(session)
                    && _time.GetElapsedTime(session.ReadAt) >= Patience)
                .OrderBy(session => session.ReadAt).ToArray();
            foreach (var session in stalled)
            {
                if (missing <= 0) return;
                missing -= session.Bytes;
                _givenUp.Add(session);
                stats?.AddBound(Bound.Stalled);
                session.GiveUp();
            }
        }
    }
}
