using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Dispatch.MessageQueues;

namespace Cluster.Actors.Dispatch;

/// <summary>
/// The mailbox of entities: unbounded, with insertion at the front, which a stash needs. It takes almost no memory
/// while it is empty. Akka's own deque mailbox takes a kilobyte, and a node has many idle entities.
/// </summary>
/// <remarks>
/// Its senders bound its length: a session bounds the calls of a process, and an entity its requests under way.
/// </remarks>
/// <param name="settings">The actor system's.</param>
/// <param name="config">The mailbox's section.</param>
public sealed class CompactMailbox(Settings settings, Config config)
    : MailboxType(settings, config), IProducesMessageQueue<CompactMailbox.Deque>
{
    /// <summary>The id of the mailbox in the configuration.</summary>
    public const string Id = "cluster-compact-mailbox";

    public override IMessageQueue Create(IActorRef owner, ActorSystem system) => new Deque();

    /// <summary>
    /// A queue under a lock that many writers and one reader hold for an instant. A single message, the common case, is
    /// kept in a field. Collections exist only while there are more messages.
    /// </summary>
    public sealed class Deque : IMessageQueue, IUnboundedDequeBasedMessageQueueSemantics
    {
        private Envelope _first; // the first message of the queue; its Message is null: none
        private Queue<Envelope>? _rest;
        private Stack<Envelope>? _front; // messages before the first

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
