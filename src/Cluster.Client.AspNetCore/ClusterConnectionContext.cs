using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Cluster.Client.AspNetCore;

/// <summary>An accepted connection: two pipes, and a task for each direction that copies between a pipe and the socket.</summary>
internal sealed partial class ClusterConnectionContext
    : ConnectionContext, IConnectionIdFeature, IConnectionTransportFeature, IConnectionItemsFeature, IConnectionLifetimeFeature,
        IConnectionEndPointFeature
{
    private const int PieceBytes = 64 * 1024;

    private static readonly PipeOptions Options = new(useSynchronizationContext: false);

    private readonly ISocketConnection _socket;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _closed = new();
    private readonly CancellationTokenSource _aborted = new();
    private readonly Pipe _input = new(Options);
    private readonly Pipe _output = new(Options);
    private readonly Task _copying;

    public ClusterConnectionContext(ISocketConnection socket, EndPoint local, ILogger log)
    {
        (_socket, _log) = (socket, log);
        ConnectionId = $"{socket.Description.Id}.{socket.Description.Number}";
        (LocalEndPoint, RemoteEndPoint) = (local, null);
        Transport = new Duplex(_input.Reader, _output.Writer);
        ConnectionClosed = _closed.Token;
        Features.Set<IConnectionIdFeature>(this);
        Features.Set<IConnectionTransportFeature>(this);
        Features.Set<IConnectionItemsFeature>(this);
        Features.Set<IConnectionLifetimeFeature>(this);
        Features.Set<IConnectionEndPointFeature>(this);
        _copying = CopyAsync();
    }

    public override string ConnectionId { get; set; }

    public override IFeatureCollection Features { get; } = new FeatureCollection();

    public override IDictionary<object, object?> Items { get; set; } = new ConnectionItems();

    public override IDuplexPipe Transport { get; set; }

    public override CancellationToken ConnectionClosed { get; set; }

    public override EndPoint? LocalEndPoint { get; set; }

    public override EndPoint? RemoteEndPoint { get; set; }

    public override void Abort(ConnectionAbortedException abortReason) => _aborted.Cancel();

    public override async ValueTask DisposeAsync()
    {
        await Transport.Input.CompleteAsync().ConfigureAwait(false);
        await Transport.Output.CompleteAsync().ConfigureAwait(false);
        await _copying.ConfigureAwait(false);
        _aborted.Dispose();
        _closed.Dispose();
    }

    // The socket is closed when the server has ended its answers, or the connection is aborted. What comes meanwhile ends with it.
    private async Task CopyAsync()
    {
        var receiving = ReceiveAsync();
        await SendAsync().ConfigureAwait(false);
        await _aborted.CancelAsync().ConfigureAwait(false);
        await receiving.ConfigureAwait(false);
        await _socket.DisposeAsync().ConfigureAwait(false);
    }

    private async Task ReceiveAsync()
    {
        Exception? error = null;
        try
        {
            while (true)
            {
                var memory = _input.Writer.GetMemory(PieceBytes);
                var count = await _socket.ReceiveAsync(memory, ReceiveFlags.None, null, _aborted.Token).ConfigureAwait(false);
                if (count == 0) break;
                _input.Writer.Advance(count);
                if ((await _input.Writer.FlushAsync(_aborted.Token).ConfigureAwait(false)).IsCompleted) break;
            }
        }
        catch (OperationCanceledException)
        {
            error = new ConnectionAbortedException();
        }
        catch (Exception exception) when (exception is IpcException or IpcConnectException or ObjectDisposedException)
        {
            Broken(_log, exception, ConnectionId);
            error = new ConnectionResetException(exception.Message, exception);
        }

        await _input.Writer.CompleteAsync(error).ConfigureAwait(false);
        await _closed.CancelAsync().ConfigureAwait(false);
    }

    // A failure completes the pipe without an error, as Kestrel's own transports do: the server hears of the end of the
    // connection by what it receives.
    private async Task SendAsync()
    {
        try
        {
            while (true)
            {
                var result = await _output.Reader.ReadAsync(_aborted.Token).ConfigureAwait(false);
                foreach (var piece in result.Buffer)
                {
                    for (var rest = piece; rest.Length > 0;)
                        rest = rest[await _socket.SendAsync(rest, null, _aborted.Token).ConfigureAwait(false)..];
                }

                _output.Reader.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted) break;
            }

            await _socket.ShutdownAsync(SocketShutdown.Send, _aborted.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The server has aborted the connection.
        }
        catch (Exception exception) when (exception is IpcException or IpcConnectException or ObjectDisposedException)
        {
            Broken(_log, exception, ConnectionId);
        }

        await _output.Reader.CompleteAsync().ConfigureAwait(false);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "connection {Id} is broken")]
    private static partial void Broken(ILogger log, Exception exception, string id);

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
