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

    /// <inheritdoc/>
    public override IMessageQueue Create(IActorRef owner, ActorSystem system) => new Deque();

    /// <summary>A queue under a lock: writers hold it for an instant, and there is one reader.</summary>
    public sealed class Deque : IMessageQueue, IUnboundedDequeBasedMessageQueueSemantics
    {
        private readonly Queue<Envelope> _messages = new();
        private Stack<Envelope>? _front;

        /// <inheritdoc/>
        public bool HasMessages => Count > 0;

        /// <inheritdoc/>
        public int Count
        {
            get
            {
                lock (_messages) return _messages.Count + (_front?.Count ?? 0);
            }
        }

        /// <inheritdoc/>
        public void Enqueue(IActorRef receiver, Envelope envelope)
        {
            lock (_messages) _messages.Enqueue(envelope);
        }

        /// <inheritdoc/>
        public void EnqueueFirst(Envelope envelope)
        {
            lock (_messages) (_front ??= new Stack<Envelope>()).Push(envelope);
        }

        /// <inheritdoc/>
        public bool TryDequeue(out Envelope envelope)
        {
            lock (_messages)
            {
                if (_front is not null && _front.TryPop(out envelope))
                {
                    if (_front.Count == 0) _front = null;
                    return true;
                }

                if (!_messages.TryDequeue(out envelope)) return false;
                if (_messages.Count == 0 && _messages.Capacity > 1_024) _messages.TrimExcess(4);
                return true;
            }
        }

        /// <inheritdoc/>
        public void CleanUp(IActorRef owner, IMessageQueue deadletters)
        {
            while (TryDequeue(out var envelope)) deadletters.Enqueue(owner, envelope);
        }
    }
}
