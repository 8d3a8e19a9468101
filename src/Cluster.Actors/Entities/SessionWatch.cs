using Akka.Actor;

namespace Cluster.Actors.Entities;

/// <summary>
/// Tells the entities of this node when a session that has called or subscribed is gone, with one watch for each
/// session and node. A watch of each entity would cost half a kilobyte, and a message between nodes.
/// </summary>
internal sealed class SessionWatch : IExtension
{
    private readonly IActorRef _watcher;

    private SessionWatch(IActorRef watcher) => _watcher = watcher;

    /// <summary>The watch of a node.</summary>
    public static SessionWatch Of(ActorSystem system) => system.WithExtension<SessionWatch, Provider>();

    /// <summary>
    /// Sends an entity one <see cref="SessionGone"/> when the session is gone, or at once if it is gone already.
    /// </summary>
    public void Add(IActorRef session, IActorRef entity) => _watcher.Tell(new Watched(session), entity);

    /// <summary>The entity no longer wants to hear of the session.</summary>
    public void Remove(IActorRef session, IActorRef entity) => _watcher.Tell(new Unwatched(session), entity);

    private sealed record Watched(IActorRef Session) : INoSerializationVerificationNeeded;

    private sealed record Unwatched(IActorRef Session) : INoSerializationVerificationNeeded;

    /// <summary>Made by the actor system, once.</summary>
    private sealed class Provider : ExtensionIdProvider<SessionWatch>
    {
        public override SessionWatch CreateExtension(ExtendedActorSystem system) =>
            new(system.SystemActorOf(Props.Create(() => new Watcher()), "session-watch"));
    }

    private sealed class Watcher : UntypedActor
    {
        private readonly Dictionary<IActorRef, HashSet<IActorRef>> _entities = [];

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case Watched watched:
                    Add(watched.Session);
                    break;
                case Unwatched unwatched:
                    Remove(unwatched.Session);
                    break;
                case Terminated terminated:
                    if (!_entities.Remove(terminated.ActorRef, out var entities)) break;
                    var gone = new SessionGone(terminated.ActorRef);
                    foreach (var entity in entities) entity.Tell(gone);
                    break;
            }
        }

        private void Add(IActorRef session)
        {
            if (!_entities.TryGetValue(session, out var entities))
            {
                _entities.Add(session, entities = []);
                Context.Watch(session);
            }

            entities.Add(Sender);
        }

        private void Remove(IActorRef session)
        {
            if (!_entities.TryGetValue(session, out var entities)) return;
            entities.Remove(Sender);
            if (entities.Count > 0) return;
            _entities.Remove(session);
            Context.Unwatch(session);
        }
    }
}
