using System.Threading.Channels;
using Cluster.Protocol;

namespace Cluster.Client.Tests.Client;

/// <summary>One stream, seen from the node.</summary>
internal sealed class FakeStream(string? requestedNode) : IIpcStream
{
    private readonly Channel<ClientFrame> _fromClient = Channel.CreateUnbounded<ClientFrame>();
    private readonly Channel<ServerFrame> _toClient = Channel.CreateUnbounded<ServerFrame>();

    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string? RequestedNode { get; } = requestedNode;

    /// <summary>The client has disposed of it.</summary>
    public Task Disposed => _disposed.Task;

    public ValueTask WriteAsync(ClientFrame frame, CancellationToken cancellationToken) =>
        _fromClient.Writer.WriteAsync(frame, cancellationToken);

    public async ValueTask<ServerFrame?> ReadAsync(CancellationToken cancellationToken)
    {
        while (await _toClient.Reader.WaitToReadAsync(cancellationToken))
        {
            if (_toClient.Reader.TryRead(out var frame))
                return frame;
        }

        return null;
    }

    public ValueTask DisposeAsync()
    {
        _fromClient.Writer.TryComplete();
        _disposed.TrySetResult();
        return ValueTask.CompletedTask;
    }

    public void Push(ServerFrame frame) => _toClient.Writer.TryWrite(frame);

    /// <summary>Reads fail, and so do writes.</summary>
    public void Break(string reason = "connection reset")
    {
        _fromClient.Writer.TryComplete(new IOException(reason));
        _toClient.Writer.TryComplete(new IOException(reason));
    }

    public async Task<ClientFrame> NextAsync() => await _fromClient.Reader.ReadAsync().AsTask().Soon();

    /// <summary>The next call. Frames without calls (acks, signs of life) are skipped.</summary>
    public async Task<(Target Target, Call Call)> NextCallAsync()
    {
        while (true)
        {
            var frame = await NextAsync();
            if (frame.Seqs().Any())
                return Assert.Single(frame.Calls.SelectMany(calls => calls.Calls, (of, call) => (of.Target, call)));
        }
    }

    /// <summary>Answers the next call.</summary>
    public async Task<Call> AnswerAsync(Func<Call, Result> answer)
    {
        var (target, call) = await NextCallAsync();
        var result = answer(call);
        result.Seq = call.Seq;
        Push(Calls.Results(target, "", result));
        return call;
    }

    /// <summary>Answers all calls until the stream ends, and says farewell when asked.</summary>
    public Task ServeAsync(Func<Call, Result?> answer, string owner = "") =>
        ServeAsync((_, call) => answer(call), owner);

    /// <summary>As above, for a test that needs the target of each call.</summary>
    public async Task ServeAsync(Func<Target, Call, Result?> answer, string owner = "")
    {
        await foreach (var frame in _fromClient.Reader.ReadAllAsync())
        {
            foreach (var calls in frame.Calls)
            {
                foreach (var call in calls.Calls)
                {
                    if (answer(calls.Target, call) is not { } result)
                        continue;
                    result.Seq = call.Seq;
                    Push(Calls.Results(calls.Target, owner, result));
                }
            }

            if (frame.Close)
                Push(Calls.Farewell(Errno.None));
        }
    }
}
