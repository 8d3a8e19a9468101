using System.Threading.Channels;
using Cluster.Protocol;

namespace Cluster.Client.Tests.Client;

/// <summary>A transport to the test itself.</summary>
internal sealed class FakeTransport : IpcTransport
{
    private readonly Channel<FakeStream> _opened = Channel.CreateUnbounded<FakeStream>();

    /// <summary>Set: streams cannot be opened.</summary>
    public string? Fault { get; set; }

    public bool IsDisposed { get; private set; }

    internal override Task<IIpcStream> OpenAsync(string? node, CancellationToken cancellationToken)
    {
        if (Fault is { } fault)
            return Task.FromException<IIpcStream>(new IOException(fault));
        var stream = new FakeStream(node);
        _opened.Writer.TryWrite(stream);
        return Task.FromResult<IIpcStream>(stream);
    }

    internal override Task<NodeStatReply> StatAsync(string? node, CancellationToken cancellationToken) =>
        Task.FromResult(new NodeStatReply { Node = node ?? "any" });

    internal override IAsyncEnumerable<TraceFrame> TraceAsync(
        string? node, TraceRequest request, CancellationToken cancellationToken) => Trace(request);

    /// <summary>The events of a trace.</summary>
    public Func<TraceRequest, IAsyncEnumerable<TraceFrame>> Trace { get; set; } =
        _ => throw new NotSupportedException("nothing is traced here");

    public override ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return ValueTask.CompletedTask;
    }

    /// <summary>The next stream that the client opens, before its hello.</summary>
    public async Task<FakeStream> AcceptAsync() => await _opened.Reader.ReadAsync().AsTask().Soon();

    /// <summary>The next stream, greeted and welcomed.</summary>
    public async Task<FakeStream> WelcomeAsync(string node = "n1", int pid = 7)
    {
        var stream = await AcceptAsync();
        Assert.NotNull((await stream.NextAsync()).Hello);
        stream.Push(Calls.Welcome(node, pid));
        return stream;
    }
}
