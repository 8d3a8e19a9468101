using System.Net.Sockets;
using Cluster.Client.Engine;

namespace Cluster.Client.Connection;

/// <summary>
/// One stream from its opening to its loss: one loop reads it and another one writes it. While a write is under way,
/// callers go on starting calls, and the next frame takes all of them. So batches are as large as the load makes them.
/// </summary>
internal sealed class StreamRunner(IpcConnection connection, EngineStream stream)
{
    private const string NoGateway = EngineStream.NoGateway;

    private readonly CancellationTokenSource _stop = new();
    private readonly AsyncSignal _work = new();

    public Task Start() => Task.Run(RunAsync);

    /// <summary>There may be a frame to write.</summary>
    public void Wake() => _work.Set();

    /// <summary>
    /// Ends the stream. The callbacks of the token run in the thread pool: the caller may hold a lock.
    /// </summary>
    public void Stop()
    {
        _ = _stop.CancelAsync();
        _work.Set();
    }

    private async Task RunAsync()
    {
        try
        {
            var io = await connection.Transport.OpenAsync(stream.RequestedNode, _stop.Token).ConfigureAwait(false);
            await using (io.ConfigureAwait(false))
            {
                await ServeAsync(io).ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            // Whatever the reason is, the stream is lost, and the engine asks for another one.
            connection.Lost(stream, Explain(exception));
        }
    }

    private async Task ServeAsync(IIpcStream io)
    {
        var hasGateway = io.HasGateway;
        connection.Opened(stream, hasGateway is { IsCompletedSuccessfully: true, Result: true });
        if (!hasGateway.IsCompleted)
            _ = ReachAsync(hasGateway);
        var reading = ReadAsync(io);
        var writing = WriteAsync(io);
        await Task.WhenAny(reading, writing).ConfigureAwait(false);
        var failed = reading.IsFaulted ? reading : writing.IsFaulted ? writing : null;
        var reason = failed?.Exception?.InnerException is { } exception
            ? Explain(exception)
            : stream.HasGateway ? "the node ended the stream" : NoGateway;
        connection.Lost(stream, reason);
        Stop();
        await Task.WhenAll(reading, writing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ReadAsync(IIpcStream io)
    {
        var spare = new List<EngineCall>();
        while (await io.ReadAsync(_stop.Token).ConfigureAwait(false) is { } frame)
            connection.Receive(stream, frame, spare);
    }

    private async Task WriteAsync(IIpcStream io)
    {
        while (!_stop.IsCancellationRequested)
        {
            if (connection.NextFrame(stream) is { } frame)
            {
                await io.WriteAsync(frame, _stop.Token).ConfigureAwait(false);
            }
            else
            {
                await _work.WaitAsync().ConfigureAwait(false);
                // Let callers that are ready to run start their calls first: the frame takes these calls along.
                await Task.Yield();
            }
        }
    }

    private async Task ReachAsync(Task<bool> hasGateway)
    {
        if (await hasGateway.ConfigureAwait(false))
            connection.Reached(stream);
    }

    private string Explain(Exception exception)
    {
        while (exception.InnerException is { } inner)
            exception = inner;
        var reason = exception is Grpc.Core.RpcException rpc ? rpc.Status.Detail : exception.Message;
        var isAsked = stream.Phase != StreamPhase.Requested && !stream.HasGateway;
        return isAsked && exception is not SocketException { SocketErrorCode: SocketError.ConnectionRefused }
            ? $"{NoGateway} ({reason})"
            : reason;
    }
}
