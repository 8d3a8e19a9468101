using System.Diagnostics.CodeAnalysis;
using Cluster.Protocol;

namespace Cluster.Core.Machines;

/// <summary>
/// Requests to other entities that follow from the state and stand until they are answered. At most
/// <see cref="Window"/> are under way at once; the shell repeats those that have no answer.
/// </summary>
/// <remarks>
/// A request is named by its receiver, its purpose (which body it has) and, where one purpose occurs several times, a
/// number. Two requests to one entity for different purposes stand side by side. A request with the name of an earlier
/// one replaces it.
/// </remarks>
public sealed class Outbox
{
    /// <summary>The largest number of requests of one entity that are under way at once.</summary>
    public const int Window = 256;

    private Tables? _tables; // null while the outbox is empty, as it is in most objects most of the time
    private ulong _nextId = 1;
    private long _added; // requests so far

    /// <summary>Whether any request is unanswered.</summary>
    public bool HasAny => Count > 0;

    /// <summary>The number of unanswered requests.</summary>
    public int Count => _tables is { } tables ? tables.UnderWay.Count + tables.Waiting.Count : 0;

    /// <summary>The number of requests that were added so far: a mark for <see cref="HasUpTo"/>.</summary>
    internal long Mark => _added;

    /// <summary>Whether a request is unanswered that was added before the mark was taken.</summary>
    internal bool HasUpTo(long mark) => _tables is { } tables && tables.Added.Values.Any(added => added <= mark);

    /// <summary>Adds a request, in place of an earlier one with the same name.</summary>
    internal void Add(Request request, long number = 0)
    {
        var tables = _tables ??= new Tables();
        var name = new Name(request.To, request.BodyCase, number);
        if (tables.UnderWay.Remove(name, out var earlier)) tables.ById.Remove(earlier.Id);
        if (!tables.Waiting.ContainsKey(name)) tables.Order.Enqueue(name);
        tables.Waiting[name] = request;
        tables.Added[name] = ++_added;
    }

    /// <summary>
    /// Sets the number of the next request. It is random for each life of the entity, so that a late answer to a
    /// request of an earlier life is recognized.
    /// </summary>
    internal void NumberFrom(ulong first) => _nextId = first;

    /// <summary>Finds the request under way that a reply answers; false for a reply to an earlier request.</summary>
    internal bool TryGetAnswered(Reply reply, [NotNullWhen(true)] out Request? request)
    {
        request = null;
        return _tables is { } tables && tables.ById.TryGetValue(reply.Id, out var name)
            && name.To.Equals(reply.From) && tables.UnderWay.TryGetValue(name, out request);
    }

    /// <summary>Whether a request with this name is unanswered.</summary>
    internal bool Contains(EntityKey to, Request.BodyOneofCase purpose, long number = 0)
    {
        var name = new Name(to, purpose, number);
        return _tables is { } tables && (tables.UnderWay.ContainsKey(name) || tables.Waiting.ContainsKey(name));
    }

    /// <summary>Drops a request: it was answered, or is not needed any more. False if there is none.</summary>
    internal bool Remove(EntityKey to, Request.BodyOneofCase purpose, long number = 0)
    {
        if (_tables is not { } tables) return false;
        var name = new Name(to, purpose, number);
        var isUnderWay = tables.UnderWay.Remove(name, out var request);
        if (isUnderWay) tables.ById.Remove(request!.Id);
        var removed = isUnderWay | tables.Waiting.Remove(name);
        tables.Added.Remove(name);
        if (!HasAny) _tables = null;
        return removed;
    }

    internal void Clear() => _tables = null;

    /// <summary>Sends the requests for which the window has room.</summary>
    internal void Send(IOutputs outputs)
    {
        if (_tables is not { } tables) return;
        while (tables.UnderWay.Count < Window && tables.Order.TryDequeue(out var name))
        {
            if (!tables.Waiting.Remove(name, out var request)) continue; // removed before it was sent
            request.Id = _nextId++;
            tables.UnderWay[name] = request;
            tables.ById[request.Id] = name;
            outputs.Send(request);
        }
    }

    /// <summary>Sends the unanswered requests once more.</summary>
    public void Repeat(IOutputs outputs)
    {
        if (_tables is not { } tables) return;
        foreach (var request in tables.UnderWay.Values) outputs.Send(request);
        Send(outputs);
    }

    private readonly record struct Name(EntityKey To, Request.BodyOneofCase Purpose, long Number);

    private sealed class Tables
    {
        public readonly Dictionary<Name, Request> UnderWay = [];
        public readonly Dictionary<ulong, Name> ById = [];
        public readonly Dictionary<Name, Request> Waiting = [];
        public readonly Dictionary<Name, long> Added = [];
        public readonly Queue<Name> Order = [];
    }
}
