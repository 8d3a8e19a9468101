using Cluster.Protocol;

namespace Cluster.Core.Machines;

/// <summary>
/// Requests to other entities that follow from the state and stand until they are answered. At most
/// <see cref="Window"/> are under way at once; the shell has them sent again from time to time.
/// </summary>
public sealed class Outbox
{
    /// <summary>Requests of one entity that are under way at once.</summary>
    public const int Window = 256;

    private readonly Dictionary<EntityKey, Request> _underWay = [];
    private readonly Dictionary<EntityKey, Request> _waiting = [];
    private readonly Queue<EntityKey> _order = [];
    private ulong _nextId = 1;

    /// <summary>Whether anything is unanswered.</summary>
    public bool HasAny => _underWay.Count > 0 || _waiting.Count > 0;

    /// <summary>How many are unanswered.</summary>
    public int Count => _underWay.Count + _waiting.Count;

    /// <summary>Adds a request; one entity is asked one thing at a time, and the newest one counts.</summary>
    internal void Add(Request request)
    {
        _underWay.Remove(request.To);
        if (!_waiting.ContainsKey(request.To)) _order.Enqueue(request.To);
        _waiting[request.To] = request;
    }

    /// <summary>
    /// Numbers requests from here on. Random for each life of the entity, so that a late answer to an earlier one is
    /// told apart.
    /// </summary>
    internal void NumberFrom(ulong first) => _nextId = first;

    /// <summary>Whether this answers the request that is under way, and not an earlier one to the same entity.</summary>
    internal bool IsAnsweredBy(Reply reply) =>
        _underWay.TryGetValue(reply.From, out var request) && request.Id == reply.Id;

    /// <summary>Drops the request to an entity: it has been answered.</summary>
    internal bool Remove(EntityKey to) => _underWay.Remove(to) | _waiting.Remove(to);

    internal void Clear()
    {
        _underWay.Clear();
        _waiting.Clear();
        _order.Clear();
    }

    internal void Pump(IOutputs outputs)
    {
        while (_underWay.Count < Window && _order.TryDequeue(out var to))
        {
            if (!_waiting.Remove(to, out var request)) continue; // answered before it was sent
            request.Id = _nextId++;
            _underWay[to] = request;
            outputs.Send(request);
        }
    }

    /// <summary>Sends once more what has not been answered.</summary>
    public void Repeat(IOutputs outputs)
    {
        foreach (var request in _underWay.Values) outputs.Send(request);
        Pump(outputs);
    }
}
