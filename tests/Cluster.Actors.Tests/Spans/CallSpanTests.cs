using System.Collections.Concurrent;
using System.Diagnostics;
using Cluster.Actors.Membership;
using Cluster.Actors.Tests.Client;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Actors.Tests.Spans;

/// <summary>Spans of a call: the client's, the session's below it, the object's below that, once each.</summary>
public sealed class CallSpanTests : IClassFixture<ClusterMember>, IDisposable
{
    private readonly ClusterMember _member;
    private readonly ActivityListener _listener;
    private readonly ConcurrentQueue<Activity> _stopped = [];
    private readonly Activity _root = new("test");

    public CallSpanTests(ClusterMember member)
    {
        _member = member;
        _root.SetIdFormat(ActivityIdFormat.W3C).Start();
        // Other tests run at the same time: only what belongs to this one's trace counts.
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == CallSpans.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.TraceId == _root.TraceId ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = _stopped.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _root.Stop();
    }

    [Fact]
    public async Task Each_call_has_three_spans_below_each_other_in_the_caller_s_trace()
    {
        await using var ipc = await _member.ConnectAsync();
        var queue = await ipc.MessageQueues.CreateAsync();
        await queue.SendAsync(1, "hello"u8.ToArray());
        Assert.Same(_root, Activity.Current);
        IsOneChain("msgsnd", errno: 0);
        var refused = await Assert.ThrowsAsync<IpcException>(
            () => ipc.MessageQueues.Open(queue.Id + 1).SendAsync(1, new byte[1]).AsTask());
        Assert.Equal(ActivityStatusCode.Error, Of("msgsnd").Last(span => span.Kind == ActivityKind.Client).Status);
        Assert.Equal(Errno.EINVAL, refused.Errno);
    }

    [Fact]
    public async Task A_call_that_parks_and_is_sent_again_has_one_span_of_each_kind()
    {
        await using var sender = await _member.ConnectAsync();
        await using var receiver = await _member.ConnectAsync();
        var queue = await sender.MessageQueues.CreateAsync();
        var (parks, wakes) = (_member.Stats.Parks, _member.Stats.Wakes);
        var blocked = receiver.MessageQueues.Open(queue.Id).ReceiveAsync().AsTask();
        await UntilAsync(() => _member.Stats.Parks > parks);
        var calls = _member.Stats.Calls;
        _member.System.EventStream.Publish(NodeGone.Instance);
        await UntilAsync(() => _member.Stats.Calls > calls);
        Assert.Empty(Of("msgrcv"));
        await queue.SendAsync(1, "hello"u8.ToArray());
        await blocked.WaitAsync(ClusterMember.Patience);
        await UntilAsync(() => _member.Stats.Wakes > wakes);
        var entity = IsOneChain("msgrcv", errno: 0);
        Assert.Equal("parked", Assert.Single(entity.Events).Name);
    }

    // Returns the object's.
    private Activity IsOneChain(string operation, int errno)
    {
        var client = Assert.Single(Of(operation), span => span.Kind == ActivityKind.Client);
        var session = Assert.Single(Of(operation), span => span.Kind == ActivityKind.Server);
        var entity = Assert.Single(Of(operation), span => span.Kind == ActivityKind.Internal);
        Assert.Equal(3, Of(operation).Length);
        Assert.Equal(_root.SpanId, client.ParentSpanId);
        Assert.Equal(client.SpanId, session.ParentSpanId);
        Assert.Equal(session.SpanId, entity.ParentSpanId);
        Assert.All(Of(operation), span => Assert.Equal(_root.TraceId, span.TraceId));
        Assert.All(Of(operation), span => Assert.Equal(errno, span.GetTagItem("ipc.errno")));
        Assert.True(client.StartTimeUtc <= session.StartTimeUtc && session.StartTimeUtc <= entity.StartTimeUtc);
        return entity;
    }

    private Activity[] Of(string operation) =>
        [.. _stopped.Where(span => span.OperationName == operation && span.TraceId == _root.TraceId)];

    private static async Task UntilAsync(Func<bool> isSo)
    {
        using var patience = new CancellationTokenSource(ClusterMember.Patience);
        while (!isSo())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
