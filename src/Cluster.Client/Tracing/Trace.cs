using System.Runtime.CompilerServices;
using Cluster.Client.Connection;
using Cluster.Protocol;

namespace Cluster.Client.Tracing;

/// <summary>One trace, over one stream after the other: the loss of a node is a gap, not the end.</summary>
internal sealed class Trace(IpcConnection connection, IpcClientOptions options)
{
    public async IAsyncEnumerable<IpcTraceFrame> RunAsync(
        TraceRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await connection.ConnectAsync(cancellationToken).ConfigureAwait(false);
        var delay = options.ReconnectDelay;
        for (var attempt = 0; ; attempt++)
        {
            // The given addresses may all be of nodes that are gone, while the process is connected to another one.
            var node = attempt % 2 == 0 ? null : connection.DefaultNode;
            (request.Pid, request.Token) = (connection.Process!.Pid, connection.Process.Token);
            var frames = connection.Transport.TraceAsync(node, request, cancellationToken)
                .GetAsyncEnumerator(cancellationToken);
            await using (frames.ConfigureAwait(false))
            {
                while (await NextAsync(frames).ConfigureAwait(false) is { } frame)
                {
                    if (frame.End is { Retry: true }) break;
                    if (frame.End is { Errno: not 0 } end) throw Refused(end);
                    yield return new IpcTraceFrame(frame);
                    if (frame.End is not null) yield break;
                    delay = options.ReconnectDelay;
                }
            }

            await Task.Delay(delay, options.TimeProvider, cancellationToken).ConfigureAwait(false);
            delay = delay * 2 < options.MaxReconnectDelay ? delay * 2 : options.MaxReconnectDelay;
            ObjectDisposedException.ThrowIf(connection.IsDisposed, typeof(Trace));
        }
    }

    // Null: the stream is lost.
    private static async ValueTask<TraceFrame?> NextAsync(IAsyncEnumerator<TraceFrame> frames)
    {
        try
        {
            return await frames.MoveNextAsync().ConfigureAwait(false) ? frames.Current : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static IpcException Refused(TraceEnd end) => new((Errno)end.Errno, "trace", end.Reason);
}
