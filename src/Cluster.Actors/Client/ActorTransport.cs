using System.Threading.Channels;
using Cluster.Actors.Sessions;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Actors.Client;

/// <summary>
/// The transport of a service that is itself a member of the cluster: the same client API, with this node's own
/// sessions behind it and no network in between. Hand it to <see cref="IpcClient"/>.
/// </summary>
/// <param name="opener">Opens sessions on this node.</param>
/// <param name="stat">What this node says about itself.</param>
public sealed class ActorTransport(SessionOpener opener, Func<NodeStatReply> stat) : IpcTransport
{
    /// <remarks>
    /// Calls for other nodes' entities go through this node's shard region, so every node is this one.
    /// </remarks>
    internal override Task<IIpcStream> OpenAsync(string? node, CancellationToken cancellationToken)
    {
        return opener.Open() is { } session
            ? Task.FromResult<IIpcStream>(new ActorStream(session))
            : Task.FromException<IIpcStream>(new IOException("the node is ending"));
    }

    internal override Task<NodeStatReply> StatAsync(string? node, CancellationToken cancellationToken) =>
        Task.FromResult(stat());

    internal override IAsyncEnumerable<TraceFrame> TraceAsync(
        string? node, TraceRequest request, CancellationToken cancellationToken) =>
        opener.TraceAsync(request, cancellationToken);

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class ActorStream(Session session) : IIpcStream
    {
        public ValueTask WriteAsync(ClientFrame frame, CancellationToken cancellationToken)
        {
            // A member of the cluster is trusted: the session takes the credentials that the member states.
            var credentials = frame.Hello?.NewProcess is { } hello
                ? hello.Credentials ?? new Credentials { Uid = 65534, Gid = 65534 }
                : null;
            return session.WriteAsync(frame, credentials, cancellationToken);
        }

        public async ValueTask<ServerFrame?> ReadAsync(CancellationToken cancellationToken)
        {
            try
            {
                var frame = await session.Output.ReadAsync(cancellationToken).ConfigureAwait(false);
                session.Delivered(ResultSizes.Of(frame));
                return frame;
            }
            catch (ChannelClosedException)
            {
                return null;
            }
        }

        public ValueTask DisposeAsync()
        {
            session.End();
            return ValueTask.CompletedTask;
        }
    }
}
