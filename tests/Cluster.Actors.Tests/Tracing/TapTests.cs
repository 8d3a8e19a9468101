using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Cluster.Actors.Tracing;
using Cluster.Protocol;

namespace Cluster.Actors.Tests.Tracing;

/// <summary>The buffers of tracers on one node.</summary>
public sealed class TapTests() : TestKit("akka.test.single-expect-default = 120s, akka.test.default-timeout = 120s")
{
    private static readonly EntityKey Queue = new() { Kind = Kind.MessageQueue, Namespace = 1, Id = 3 };
    private static readonly EntityKey Segment = new() { Kind = Kind.SharedMemory, Namespace = 1, Id = 5 };
    private static readonly EntityKey Process = new() { Kind = Kind.Process, Id = 7 };

    private readonly Taps _taps = new();

    [Fact]
    public void Dropped_events_are_counted_at_their_position()
    {
        var told = 0;
        var tap = new Tap(Queue, _ => told++);
        for (var i = 0; i < Tap.Room + 10; i++) tap.Write(News(i));
        Assert.Equal(1, told);
        Assert.Equal(2, tap.Take(2).Count);
        tap.Write(News(-1));
        Assert.Equal(2, told);
        var rest = tap.Take(2 * Tap.Room);
        Assert.Equal(Tap.Room - 2 + 2, rest.Count);
        Assert.Equal((10ul, -1L), (rest[^2].Dropped, rest[^1].TimeUs));
    }

    [Fact]
    public void Drops_at_the_end_are_reported_too()
    {
        var tap = new Tap(Queue, _ => { });
        for (var i = 0; i < Tap.Room + 3; i++) tap.Write(News(i));
        var all = tap.Take(2 * Tap.Room);
        Assert.Equal((Tap.Room + 1, 3ul), (all.Count, all[^1].Dropped));
        Assert.Empty(tap.Take(1));
    }

    [Fact]
    public void A_tap_covers_all_calls_of_a_process_or_an_object_with_its_directory_and_extents()
    {
        var extent = new EntityKey { Kind = Kind.Extent, Namespace = 1, Id = (5L << 32) | 2 };
        var directory = new EntityKey { Kind = Kind.Directory, Namespace = 1, Id = (int)Kind.SharedMemory };
        Assert.True(Of(Process).Covers(Queue, 7));
        Assert.False(Of(Process).Covers(Queue, 8));
        Assert.True(Of(Segment).Covers(Segment, 8));
        Assert.True(Of(Segment).Covers(extent, 8));
        Assert.True(Of(Segment).Covers(directory, 8));
        Assert.False(Of(Segment).Covers(Queue, 8));
        Assert.False(Of(Queue).Covers(new EntityKey(Queue) { Namespace = 2 }, 8));
        var remove = new Call { Remove = new Remove { Id = 5 } };
        Assert.True(Of(Segment).Covers(directory, remove, new Result()));
        Assert.False(Of(Segment).Covers(directory, new Call { Remove = new Remove { Id = 6 } }, new Result()));
        var got = new Result { Got = new Got { Id = 5 } };
        Assert.True(Of(Segment).Covers(directory, new Call { Get = new Get() }, got));
    }

    [Fact]
    public async Task A_batch_is_repeated_until_it_is_acknowledged()
    {
        var hub = Sys.ActorOf(TapActor.Props(_taps));
        var tracer = CreateTestProbe();
        var first = await ReadAsync(hub, tracer, 0, 0);
        Assert.Equal((1ul, 0), (first.Number, first.Events.Count));
        Assert.Equal(first, await ReadAsync(hub, tracer, 0, 0));
        var tap = Assert.Single(_taps.All!);
        tap.Write(News(1));
        var second = await ReadAsync(hub, tracer, first.Life, 1);
        Assert.Equal((2ul, 1), (second.Number, second.Events.Count));
        Assert.Equal(second, await ReadAsync(hub, tracer, first.Life, 1));
        hub.Tell(new TraceRead { Of = Queue, Life = first.Life, Ack = 2 }, tracer);
        tap.Write(News(2));
        Assert.Equal(3ul, (await tracer.ExpectMsgAsync<TraceBatch>()).Number);
    }

    [Fact]
    public async Task A_tap_ends_with_its_tracer()
    {
        var hub = Sys.ActorOf(TapActor.Props(_taps));
        var tracer = CreateTestProbe();
        await ReadAsync(hub, tracer, 0, 0);
        Sys.Stop(tracer);
        await AwaitConditionAsync(() => Task.FromResult(_taps.All is null), TimeSpan.FromSeconds(120));
    }

    private static async Task<TraceBatch> ReadAsync(IActorRef hub, TestProbe tracer, ulong life, ulong ack)
    {
        hub.Tell(new TraceRead { Of = Queue, Life = life, Ack = ack }, tracer);
        return await tracer.ExpectMsgAsync<TraceBatch>();
    }

    private static Tap Of(EntityKey key) => new(key, _ => { });

    private static TraceEvent News(long timeUs) => new() { TimeUs = timeUs, Completed = new TracedCall() };
}
