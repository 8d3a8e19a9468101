using Cluster.EndToEnd.Processes;

namespace Cluster.EndToEnd;

/// <summary>The log of a node during faults.</summary>
public sealed class LogTests
{
    private static readonly string[] OfOthers = ["[112]", "[113]", "[115]", "[116]", "[117]"];

    [Fact]
    public async Task A_stopped_node_that_was_declared_dead_logs_nothing_about_the_others()
    {
        await using var cluster = await ClusterOfNodes.StartAsync(3);
        var stopped = cluster.Nodes[1];
        await stopped.SaysAsync("members up: 3");
        var before = stopped.Output.Length; // a busy machine may have had heartbeats missed by then
        stopped.Stop();
        foreach (var other in new[] { cluster.Nodes[0], cluster.Nodes[2] }) await other.SaysAsync("Cluster.Node[117]");
        stopped.Continue();
        Assert.Equal(3, await stopped.EndsAsync());
        await stopped.SaysAsync("Cluster.Node[103]");
        Assert.Contains("Cluster.Node[107]: this node did nothing for ", stopped.Output, StringComparison.Ordinal);
        Assert.All(OfOthers, id => Assert.DoesNotContain(id, stopped.Output[before..], StringComparison.Ordinal));
        Assert.All(cluster.Nodes, node => Assert.DoesNotContain("Akka", node.Output, StringComparison.Ordinal));
    }
}
