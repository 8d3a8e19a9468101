using System.Net;
using System.Net.Sockets;

namespace Cluster.Lab.Experiments.Nodes;

/// <summary>All nodes on 127.0.0.1, on free ports.</summary>
internal sealed class LoopbackNetwork : INetwork
{
    private readonly List<NodePlace> _places = [];

    public string HostAddress => "127.0.0.1";

    public Task OpenAsync(int nodes)
    {
        // All are held until all are known, so that none is given out twice.
        var held = Enumerable.Range(0, 2 * nodes).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        foreach (var listener in held) listener.Start();
        var ports = held.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port).ToList();
        foreach (var listener in held) listener.Dispose();
        for (var i = 0; i < nodes; i++) _places.Add(new NodePlace(HostAddress, ports[2 * i], ports[(2 * i) + 1], []));
        return Task.CompletedTask;
    }

    public NodePlace PlaceOf(int node) => _places[node];

    public Task CutAsync(int node) => throw new NotSupportedException("loopback cannot be cut");

    public Task HealAsync() => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
