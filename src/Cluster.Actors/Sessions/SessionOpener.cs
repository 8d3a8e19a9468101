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
/// <param name="system">The node's actor system.</param>
/// <param name="options">What sessions need.</param>
public sealed class SessionOpener(ActorSystem system, SessionOptions options)
{
    private readonly SessionSettings _settings = options.ToSettings();
    private long _count;

    /// <summary>Opens a session.</summary>
    /// <returns>Null: the node is ending.</returns>
    public Session? Open()
    {
        // The channel needs no bound: a session takes no calls, and then ends, when its client leaves too much unread.
        var output = Channel.CreateUnbounded<ServerFrame>(new UnboundedChannelOptions { SingleWriter = true });
        try
        {
            var name = $"session-{Interlocked.Increment(ref _count)}";
            var unread = new Unread(options.Unread);
            var actor = system.ActorOf(SessionActor.Props(options, _settings, output, unread), name);
            return new Session(actor, output.Reader, unread);
        }
        catch (InvalidOperationException)
        {
            // The actor system is ending and takes no more actors.
            return null;
        }
    }

    /// <summary>Traces a process or an object, until the reader stops or the trace ends.</summary>
    /// <param name="request">Who traces, and what.</param>
    /// <param name="cancellationToken">Ends the trace.</param>
    public async IAsyncEnumerable<TraceFrame> TraceAsync(
        TraceRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The channel needs no bound: the tracer stops reading while too many frames are unread.
        var output = Channel.CreateUnbounded<TraceFrame>(new UnboundedChannelOptions { SingleWriter = true });
        var name = $"tracer-{Interlocked.Increment(ref _count)}";
        var tracer = system.ActorOf(TracerActor.Props(options, request, output.Writer), name);
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
