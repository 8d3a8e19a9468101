using Cluster.Client.Engine;
using Cluster.Protocol;

namespace Cluster.Client.Tests.Engine;

/// <summary>Where a client goes on after the loss of the only node whose address it was given.</summary>
public sealed class GatewayTests
{
    [Fact]
    public void A_client_goes_on_at_a_node_that_the_welcome_named()
    {
        var bench = new EngineBench();
        bench.Engine.Connect(bench.NowMs);
        var first = Greet(bench, "n1", "n1", "n2");
        bench.Lose(first);
        Assert.Equal([null, "n2"], Attempts(bench, 2));
    }

    [Fact]
    public void Another_node_is_tried_within_a_second_of_the_loss()
    {
        var bench = new EngineBench();
        bench.Engine.Connect(bench.NowMs);
        bench.Lose(Greet(bench, "n1", "n1", "n2"));
        var lostMs = bench.NowMs;
        string? node = null;
        while (node is null)
        {
            bench.Pass(10);
            if (bench.FindRequest() is not { } stream) continue;
            node = stream.RequestedNode;
            bench.Lose(stream);
        }

        Assert.Equal("n2", node);
        Assert.InRange(bench.NowMs - lostMs, 0, 1_000);
    }

    [Fact]
    public void A_later_list_replaces_the_earlier_one()
    {
        var bench = new EngineBench();
        bench.Engine.Connect(bench.NowMs);
        var first = Greet(bench, "n1", "n1", "n2", "n3");
        bench.Receive(first, new ServerFrame { Gateways = { "n1", "n4" } });
        bench.Receive(first, new ServerFrame { RenewedMs = 1 });
        bench.Lose(first);
        Assert.Equal([null, "n4", null, "n1", null, "n4"], Attempts(bench, 6));
    }

    [Fact]
    public void A_new_process_after_a_lost_one_also_uses_the_named_nodes()
    {
        var bench = new EngineBench(new EngineSettings { NewProcessWhenLost = true });
        bench.Engine.Connect(bench.NowMs);
        var first = Greet(bench, "n1", "n1", "n2");
        bench.Receive(first, Calls.Farewell(Errno.ESRCH));
        var attempts = Attempts(bench, 6);
        Assert.Contains("n2", attempts);
        Assert.Contains(null, attempts);
    }

    [Fact]
    public void A_client_remembers_a_bounded_number_of_nodes()
    {
        var bench = new EngineBench();
        bench.Engine.Connect(bench.NowMs);
        var names = Enumerable.Range(0, 1_000).Select(number => $"n{number}").ToArray();
        bench.Lose(Greet(bench, "n0", names));
        Assert.Equal(Bounds.Gateways, Attempts(bench, 4 * Bounds.Gateways).Where(node => node is not null).Distinct().Count());
    }

    private static EngineStream Greet(EngineBench bench, string node, params string[] gateways)
    {
        var stream = bench.TakeRequest();
        bench.Engine.Opened(stream, bench.NowMs);
        bench.Frames(stream);
        var welcome = Calls.Welcome(node);
        welcome.Welcome.Gateways.Add(gateways);
        bench.Receive(stream, welcome);
        return stream;
    }

    // The nodes that are tried one after the other while each refuses; null: one of the given addresses.
    private static List<string?> Attempts(EngineBench bench, int count)
    {
        var nodes = new List<string?>();
        while (nodes.Count < count)
        {
            bench.Pass(2_000);
            var stream = bench.TakeRequest();
            nodes.Add(stream.RequestedNode);
            bench.Lose(stream);
        }

        return nodes;
    }
}
