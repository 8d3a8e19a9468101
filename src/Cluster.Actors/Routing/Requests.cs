using Akka.Actor;
using Cluster.Protocol;

namespace Cluster.Actors.Routing;

/// <summary>
/// The requests of an actor to entities. Each is repeated until it is answered, and its answer is used once.
/// </summary>
internal sealed class Requests(Regions regions, IActorRef self)
{
    private readonly Dictionary<ulong, (Request Request, IActorRef To, Action<Reply> Then)> _open = [];
    private ulong _nextId = 1;

    /// <summary>Called when a request is sent for the first time.</summary>
    public Action? Sent { get; init; }

    public void Send(Request request, Action<Reply> then) => Send(request, regions.Of(request.To), then);

    public void Send(Request request, IActorRef to, Action<Reply> then)
    {
        request.Id = _nextId++;
        _open.Add(request.Id, (request, to, then));
        to.Tell(request, self);
        Sent?.Invoke();
    }

    /// <summary>Runs the continuation of the answered request. False: no open request has this id.</summary>
    public bool Answer(Reply reply)
    {
        if (!_open.Remove(reply.Id, out var open)) return false;
        open.Then(reply);
        return true;
    }

    public void Repeat()
    {
        foreach (var (request, to, _) in _open.Values) to.Tell(request, self);
    }
}
