using Akka.Actor;
using Akka.Persistence.TestKit;
using Cluster.Protocol;
using static Cluster.Actors.Tests.Entities.Session;
using Fact = Cluster.Protocol.Event.FactOneofCase;

namespace Cluster.Actors.Tests.Entities;

/// <summary>
/// A failed write: no call is answered, the entity stops, and each call runs once when it arrives again.
/// </summary>
public sealed class EntityFailureTests : EntitySpec
{
    private readonly EntityHost _host;
    private readonly Session _one;
    private readonly Session _two;
    private readonly Session _reader;

    public EntityFailureTests()
    {
        _host = new EntityHost(this, Options);
        (_one, _two, _reader) = (new Session(this, 7), new Session(this, 8), new Session(this, 9));
    }

    public static TheoryData<string> Failures => ["fails", "rejects"];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_call_runs_once_after_the_first_write_failed(string how)
    {
        var queue = _host.Start();
        await BreakAsync(how);
        _one.Call(queue, Send(1, "a"));
        await _one.HearsMovedAsync();
        await _host.StoppedAsync(queue);

        await WatchRowsAsync();
        queue = _host.Start();
        _one.Call(queue, Send(1, "a"));
        Assert.Equal([Fact.QueueCreated, Fact.MessageQueued], await RowKindsAsync());
        await _one.HearsAsync((1, Errno.None));
        await _reader.SeesAsync(queue, "a");
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_call_runs_once_after_a_later_write_failed(string how)
    {
        var queue = await StartAsync();
        await BreakAsync(how);
        _one.Call(queue, Send(2, "b"), Receive(3, type: 9));
        await _one.HearsMovedAsync();
        await _host.StoppedAsync(queue);

        await WatchRowsAsync();
        queue = _host.Start();
        Assert.Equal([Fact.Incarnated], await RowKindsAsync());
        _one.Call(queue, Send(1, "a"), Send(2, "b"), Receive(3, type: 9));
        Assert.Equal([Fact.MessageQueued, Fact.ReceiverParked], await RowKindsAsync());
        await _one.HearsAsync((1, Errno.None));
        await _one.HearsAsync((2, Errno.None));
        await _reader.SeesAsync(queue, "a", "b");
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_restarted_entity_stops_when_its_fence_fails(string how)
    {
        var queue = await StartAsync();
        Sys.Stop(queue);
        await _one.HearsMovedAsync();
        await _host.StoppedAsync(queue);

        await BreakAsync(how);
        queue = _host.Start();
        await _host.StoppedAsync(queue);

        await WatchRowsAsync();
        queue = _host.Start();
        Assert.Equal([Fact.Incarnated], await RowKindsAsync());
        _one.Call(queue, Send(1, "a"));
        await _one.HearsAsync((1, Errno.None));
        await _reader.SeesAsync(queue, "a");
    }

    [Fact]
    public async Task Calls_behind_a_failed_write_are_not_answered()
    {
        var queue = await StartAsync();
        Gate.Close();
        _one.Call(queue, Send(2, "b"));
        Assert.Equal([Fact.MessageQueued], await RowKindsAsync());
        _two.Call(queue, Send(1, "c"), Stat(2));
        await _two.HearsNothingAsync(queue);

        Gate.Fail();
        await _one.HearsMovedAsync();
        await _two.HearsMovedAsync();
        await _host.StoppedAsync(queue);

        Gate.Open();
        queue = _host.Start();
        Assert.Equal([Fact.Incarnated], await RowKindsAsync());
        _two.Call(queue, Send(1, "c"));
        _one.Call(queue, Send(2, "b"));
        await _two.HearsAsync((1, Errno.None));
        await _one.HearsAsync((2, Errno.None));
        await _reader.SeesAsync(queue, "a", "c", "b");
    }

    private Task BreakAsync(string how) => how == "fails" ? Journal.OnWrite.Fail() : Journal.OnWrite.Reject();

    // A queue with one message in it, which is in the journal.
    private async Task<IActorRef> StartAsync()
    {
        var queue = _host.Start();
        _one.Call(queue, Send(1, "a"));
        Assert.Equal([Fact.QueueCreated, Fact.MessageQueued], await RowKindsAsync());
        await _one.HearsAsync((1, Errno.None));
        return queue;
    }
}
