using Cluster.Actors.Tests.Client;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Actors.Tests.Tracing;

/// <summary>The tracer is on one node, the objects are on both.</summary>
public sealed class TwoNodesTests : IAsyncLifetime
{
    private const int Queues = 8;

    private readonly ClusterMember _here = new() { IsSeed = true };
    private ClusterMember _there = null!;

    public async Task InitializeAsync()
    {
        await _here.InitializeAsync();
        _there = await ClusterMember.JoinAsync(_here);
    }

    public async Task DisposeAsync()
    {
        await _there.DisposeAsync();
        await _here.DisposeAsync();
    }

    [Fact]
    public async Task A_process_is_traced_on_every_node_that_it_calls()
    {
        await using var tracer = await _here.ConnectAsync();
        await using var traced = await _there.ConnectAsync();
        await using var story = await Story.BeginAsync(tracer.TraceProcessAsync(traced.Pid));
        var expected = new List<string>();
        for (var i = 0; i < Queues; i++)
        {
            var queue = await traced.MessageQueues.CreateAsync();
            await queue.SendAsync(1, "hello"u8.ToArray());
            expected.AddRange([$"{traced.Pid} Get None", $"{traced.Pid} Msgsnd None"]);
        }

        Assert.InRange(_here.Entities, 1, long.MaxValue);
        Assert.InRange(_there.Entities, 1, long.MaxValue);
        var told = new List<string>();
        while (told.Count < expected.Count) told.Add(await story.TellAsync());
        Assert.Equal(expected.Order(), told.Order());
    }

    [Fact]
    public async Task An_object_is_traced_on_the_node_that_it_moves_to()
    {
        await using var tracer = await _here.ConnectAsync();
        var queues = new List<Cluster.Client.IMessageQueue>();
        var stories = new List<Story>();
        for (var i = 0; i < Queues; i++)
        {
            queues.Add(await tracer.MessageQueues.CreateAsync());
            stories.Add(await Story.BeginAsync(tracer.TraceObjectAsync(IpcObjectKind.MessageQueue, queues[i].Id)));
        }

        foreach (var queue in queues) await queue.StatAsync();
        foreach (var story in stories) Assert.Equal($"{tracer.Pid} Msgstat None", await story.TellAsync());
        Assert.InRange(_there.Entities, 1, long.MaxValue);
        await _there.LeaveAsync();
        for (var i = 0; i < Queues; i++)
        {
            await queues[i].SendAsync(1, "moved"u8.ToArray());
            string told;
            do told = await stories[i].TellAsync();
            while (told == "0 NodeLost");
            Assert.Equal($"{tracer.Pid} Msgsnd None", told);
            await stories[i].DisposeAsync();
        }
    }
}
