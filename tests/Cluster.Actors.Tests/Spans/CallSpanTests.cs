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
        // Other tests run at the same time, so only the spans of this test's trace count.
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == CallSpans.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.TraceId == _root.TraceId
                    ? ActivitySamplingResult.AllDataAndRecorded
                    : ActivitySamplingResult.None,
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
    public async Task Each_call_has_three_nested_spans_in_the_trace_of_the_caller()
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
    public async Task A_parked_call_that_is_sent_again_has_one_span_of_each_kind()
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

    [Fact]
    public async Task A_call_that_continues_on_another_node_is_one_trace()
    {
        var first = new ClusterMember { IsSeed = true };
        await first.InitializeAsync();
        var second = await ClusterMember.JoinAsync(first);
        try
        {
            await using var ipc = await first.ConnectAsync();
            var queue = await ParkOnAsync(second, ipc);
            var blocked = queue.Blocked;
            await second.LeaveAsync();
            // The session sends unanswered calls again.
            first.System.EventStream.Publish(NodeGone.Instance);
            await queue.Queue.SendAsync(1, "hello"u8.ToArray());
            await blocked.WaitAsync(ClusterMember.Patience);
            bool IsOf(Activity span) => Equals(span.GetTagItem("ipc.id"), (long)queue.Queue.Id);
            await UntilAsync(() => Of("msgrcv").Any(span =>
                span.Kind == ActivityKind.Internal && IsOf(span) && Equals(span.GetTagItem("ipc.errno"), 0)));
            var spans = Of("msgrcv").Where(IsOf).ToArray();
            var client = Assert.Single(spans, span => span.Kind == ActivityKind.Client);
            Assert.Equal(_root.SpanId, client.ParentSpanId);
            var gateways = spans.Where(span => span.Kind == ActivityKind.Server).ToArray();
            Assert.NotEmpty(gateways);
            Assert.All(gateways, span => Assert.Equal(client.SpanId, span.ParentSpanId));
            // One span of the node that left, and one of the node that stays.
            var objects = spans.Where(span => span.Kind == ActivityKind.Internal).ToArray();
            Assert.InRange(objects.Length, 2, int.MaxValue);
            var known = gateways.Append(client).Select(span => span.SpanId).ToHashSet();
            Assert.All(objects, span => Assert.Contains(span.ParentSpanId, known));
            Assert.Contains(objects, span => Equals(span.GetTagItem("ipc.lost"), true));
            Assert.Single(objects, span => Equals(span.GetTagItem("ipc.errno"), 0));
        }
        finally
        {
            await second.DisposeAsync();
            await first.DisposeAsync();
        }
    }

    // Objects are where the cluster puts them: as many as it takes.
    private static async Task<(IMessageQueue Queue, Task Blocked)> ParkOnAsync(ClusterMember member, IpcClient ipc)
    {
        using var patience = new CancellationTokenSource(ClusterMember.Patience);
        while (true)
        {
            patience.Token.ThrowIfCancellationRequested();
            var queue = await ipc.MessageQueues.CreateAsync();
            var parks = member.Stats.Parks;
            var blocked = queue.ReceiveAsync().AsTask();
            while ((await queue.StatAsync()).Receivers == 0) await Task.Yield();
            if (member.Stats.Parks > parks) return (queue, blocked);
        }
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
