using System.Net;

namespace Cluster.Lab.Experiments.Nodes;

/// <summary>All nodes on 127.0.0.1, on free ports.</summary>
internal sealed class LoopbackNetwork : INetwork
{
    private readonly List<NodeEndpoint> _endpoints = [];

    public string HostAddress => "127.0.0.1";

    public Task OpenAsync(int nodes)
    {
        var ports = FreePorts.Find(IPAddress.Loopback, 2 * nodes);
        for (var i = 0; i < nodes; i++)
            _endpoints.Add(new NodeEndpoint(HostAddress, ports[2 * i], ports[(2 * i) + 1], []));

        return Task.CompletedTask;
    }

    public NodeEndpoint EndpointOf(int node) => _endpoints[node];

    public Task CutAsync(int node) => throw new NotSupportedException("loopback cannot be cut");

    public Task HealAsync() => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
