using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Dispatch.MessageQueues;

namespace Cluster.Actors.Dispatch;

/// <summary>
/// The mailbox of entities: unbounded, and to be put in front of, as persistent actors need it. It takes next to
/// nothing while it is empty, where Akka's own takes a kilobyte: a node has many entities that nobody calls.
/// </summary>
/// <remarks>
/// What may stand in it is bounded by those who fill it: the calls that a session lets a process have, and the requests
/// that an entity has under way.
/// </remarks>
/// <param name="settings">The actor system's.</param>
/// <param name="config">The mailbox's section.</param>
public sealed class CompactMailbox(Settings settings, Config config)
    : MailboxType(settings, config), IProducesMessageQueue<CompactMailbox.Deque>
{
    /// <summary>Its name in the configuration.</summary>
    public const string Id = "cluster-compact-mailbox";

    public override IMessageQueue Create(IActorRef owner, ActorSystem system) => new Deque();

    /// <summary>
    /// A queue under a lock: writers hold it for an instant, and there is one reader. One message alone, as most are,
    /// stands in a field; a queue is there only while there are more.
    /// </summary>
    public sealed class Deque : IMessageQueue, IUnboundedDequeBasedMessageQueueSemantics
    {
        private Envelope _first; // before all others; none: without a message
        private Queue<Envelope>? _rest;
        private Stack<Envelope>? _front; // before the first

        public bool HasMessages => Count > 0;

        public int Count
        {
            get
            {
                lock (this) return (IsSet ? 1 : 0) + (_rest?.Count ?? 0) + (_front?.Count ?? 0);
            }
        }

        private bool IsSet => _first.Message is not null;

        public void Enqueue(IActorRef receiver, Envelope envelope)
        {
            lock (this)
            {
                if (!IsSet) _first = envelope;
                else (_rest ??= new Queue<Envelope>()).Enqueue(envelope);
            }
        }

        public void EnqueueFirst(Envelope envelope)
        {
            lock (this) (_front ??= new Stack<Envelope>()).Push(envelope);
        }

        public bool TryDequeue(out Envelope envelope)
        {
            lock (this)
            {
                if (_front is not null)
                {
                    envelope = _front.Pop();
                    if (_front.Count == 0) _front = null;
                    return true;
                }

                envelope = _first;
                if (!IsSet) return false;
                _first = default;
                if (_rest is null) return true;
                _first = _rest.Dequeue();
                if (_rest.Count == 0) _rest = null;
                return true;
            }
        }

        public void CleanUp(IActorRef owner, IMessageQueue deadletters)
        {
            while (TryDequeue(out var envelope)) deadletters.Enqueue(owner, envelope);
        }
    }
}
