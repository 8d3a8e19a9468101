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

    private Tables? _tables; // none while there is nothing: that is most of the time, of most objects
    private ulong _nextId = 1;

    /// <summary>Whether anything is unanswered.</summary>
    public bool HasAny => Count > 0;

    /// <summary>How many are unanswered.</summary>
    public int Count => _tables is { } tables ? tables.UnderWay.Count + tables.Waiting.Count : 0;

    /// <summary>Adds a request; one entity is asked one thing at a time, and the newest one counts.</summary>
    internal void Add(Request request)
    {
        var tables = _tables ??= new Tables();
        tables.UnderWay.Remove(request.To);
        if (!tables.Waiting.ContainsKey(request.To)) tables.Order.Enqueue(request.To);
        tables.Waiting[request.To] = request;
    }

    /// <summary>
    /// Numbers requests from here on. Random for each life of the entity, so that a late answer to an earlier one is
    /// told apart.
    /// </summary>
    internal void NumberFrom(ulong first) => _nextId = first;

    /// <summary>
    /// Whether this answers the request that is under way, and not an earlier one to the same entity.
    /// </summary>
    internal bool IsAnsweredBy(Reply reply) =>
        _tables is { } tables && tables.UnderWay.TryGetValue(reply.From, out var request) && request.Id == reply.Id;

    /// <summary>Drops the request to an entity: it has been answered.</summary>
    internal bool Remove(EntityKey to)
    {
        if (_tables is not { } tables) return false;
        var removed = tables.UnderWay.Remove(to) | tables.Waiting.Remove(to);
        if (!HasAny) _tables = null;
        return removed;
    }

    internal void Clear() => _tables = null;

    internal void Pump(IOutputs outputs)
    {
        if (_tables is not { } tables) return;
        while (tables.UnderWay.Count < Window && tables.Order.TryDequeue(out var to))
        {
            if (!tables.Waiting.Remove(to, out var request)) continue; // answered before it was sent
            request.Id = _nextId++;
            tables.UnderWay[to] = request;
            outputs.Send(request);
        }
    }

    /// <summary>Sends once more what has not been answered.</summary>
    public void Repeat(IOutputs outputs)
    {
        if (_tables is not { } tables) return;
        foreach (var request in tables.UnderWay.Values) outputs.Send(request);
        Pump(outputs);
    }

    private sealed class Tables
    {
        public readonly Dictionary<EntityKey, Request> UnderWay = [];
        public readonly Dictionary<EntityKey, Request> Waiting = [];
        public readonly Queue<EntityKey> Order = [];
    }
}
