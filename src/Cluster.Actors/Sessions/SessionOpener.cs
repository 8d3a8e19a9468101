using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Akka.Actor;
using Cluster.Actors.Tracing;
using Cluster.Core.Sessions;
using Cluster.Protocol;

namespace Cluster.Actors.Sessions;

/// <summary>
/// Opens sessions on this node, for the gateway and for services that are members of the cluster.
/// </summary>
public sealed class SessionOpener
{
    private readonly ActorSystem _system;
    private readonly SessionOptions _options;
    private readonly SessionSettings _settings;
    private readonly IActorRef _limits;
    private long _count;

    /// <summary>Starts what the sessions of the node have in common.</summary>
    /// <param name="system">The node's actor system.</param>
    /// <param name="options">What sessions need.</param>
    public SessionOpener(ActorSystem system, SessionOptions options)
    {
        (_system, _options, _settings) = (system, options, options.ToSettings());
        _limits = system.ActorOf(LimitsActor.Props(options.Regions, _settings.Limits));
    }

    /// <summary>Opens a session.</summary>
    /// <returns>Null: the node is ending.</returns>
    public Session? Open()
    {
        // The channel needs no bound: a session takes no calls, and then ends, when its client leaves too much unread.
        var output = Channel.CreateUnbounded<ServerFrame>(new UnboundedChannelOptions { SingleWriter = true });
        try
        {
            var name = $"session-{Interlocked.Increment(ref _count)}";
            IActorRef? actor = null;
            // The session wants room only after it has begun, so it is there when it has its turn.
            var unread = new Unread(
                _options.Unread, () => Volatile.Read(ref actor)?.Tell(ClientHasRead.Instance, ActorRefs.NoSender));
            Volatile.Write(
                ref actor, _system.ActorOf(SessionActor.Props(_options, _settings, _limits, output, unread), name));
            return new Session(actor, output.Reader, unread, _options.FrameRoom);
        }
        catch (InvalidOperationException)
        {
            // The actor system is ending and takes no more actors.
            return null;
        }
    }

    /// <summary>
    /// The node stops, and its sessions have been told so: a change of the limits does not wait for them any more.
    /// </summary>
    public void ReturnLimits() => _limits.Tell(NodeStopping.Instance, ActorRefs.NoSender);

    /// <summary>Traces a process or an object, until the reader stops or the trace ends.</summary>
    /// <param name="request">Who traces, and what.</param>
    /// <param name="cancellationToken">Ends the trace.</param>
    public async IAsyncEnumerable<TraceFrame> TraceAsync(
        TraceRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The channel needs no bound: the tracer stops reading while too many frames are unread.
        var output = Channel.CreateUnbounded<TraceFrame>(new UnboundedChannelOptions { SingleWriter = true });
        var name = $"tracer-{Interlocked.Increment(ref _count)}";
        var tracer = _system.ActorOf(TracerActor.Props(_options, request, output.Writer), name);
        try
        {
            await foreach (var frame in output.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return frame;
                tracer.Tell(TracerActor.FrameRead.Instance, ActorRefs.NoSender);
            }
        }
        finally
        {
            tracer.Tell(StreamEnded.Instance, ActorRefs.NoSender);
        }
    }
}
