using Cluster.Protocol;

namespace Cluster.Core.Sessions;

/// <summary>
/// Requests of one session: each is sent until it is answered, and its answer is used once. Repeats come a short time
/// after the first request, and then regularly while any is unanswered.
/// </summary>
internal sealed class OpenRequests(SessionSettings settings, Action<Request> send)
{
    private readonly Dictionary<ulong, (Request Request, Action<Reply> Then)> _open = [];
    private ulong _nextId = 1;
    private long _soonAtMs = long.MaxValue;
    private long _laterAtMs = long.MaxValue;

    /// <summary>When <see cref="Tick"/> is needed next; MaxValue: never.</summary>
    public long NextTickMs => Math.Min(_soonAtMs, _laterAtMs);

    public void Send(Request request, long nowMs, Action<Reply> then)
    {
        request.Id = _nextId++;
        _open.Add(request.Id, (request, then));
        send(request);
        if (_soonAtMs == long.MaxValue) _soonAtMs = nowMs + settings.RepeatSoonAfterMs;
        if (_laterAtMs == long.MaxValue) _laterAtMs = nowMs + settings.RepeatAfterMs;
    }

    /// <summary>Runs what was to follow the answer. False: this answers no request that is open.</summary>
    public bool Answer(Reply reply)
    {
        if (!_open.Remove(reply.Id, out var open)) return false;
        if (_open.Count == 0) (_soonAtMs, _laterAtMs) = (long.MaxValue, long.MaxValue);
        open.Then(reply);
        return true;
    }

    public void Tick(long nowMs)
    {
        if (nowMs < NextTickMs) return;
        if (nowMs >= _soonAtMs) _soonAtMs = long.MaxValue;
        if (nowMs >= _laterAtMs) _laterAtMs = _open.Count > 0 ? nowMs + settings.RepeatAfterMs : long.MaxValue;
        foreach (var (request, _) in _open.Values) send(request);
    }
}
