using System.Globalization;

namespace Cluster.Lab.Experiments.Nodes;

/// <summary>
/// One network namespace per node, all on a bridge of the host. The clients and the journal are on the host. A cut sets
/// entries in the neighbour tables to a hardware address that does not exist. Packets are then lost silently, as behind
/// a broken switch, and ip(8) is the only tool that this needs.
/// </summary>
internal sealed class NamespaceNetwork : INetwork
{
    private const int GatewayPort = 5210;
    private const int RemotePort = 5211;
    private const string UnusedAddress = "02:00:00:00:00:ff";

    private readonly string _name = $"ipc{Environment.ProcessId.ToString("x", CultureInfo.InvariantCulture)}";
    private readonly string _subnet = $"10.{213 + (Environment.ProcessId % 16)}.{Environment.ProcessId / 16 % 256}";
    private int _nodes;

    public string HostAddress => $"{_subnet}.1";

    private string Bridge => $"{_name}b";

    public async Task OpenAsync(int nodes)
    {
        if (!Environment.IsPrivilegedProcess)
            throw new ExperimentException(
                "network namespaces need root: run it with sudo, or choose another experiment");
        _nodes = nodes;
        await IpAsync($"link add {Bridge} type bridge").ConfigureAwait(false);
        await IpAsync($"addr add {HostAddress}/24 dev {Bridge}").ConfigureAwait(false);
        await IpAsync($"link set {Bridge} up").ConfigureAwait(false);
        for (var i = 0; i < nodes; i++)
        {
            await IpAsync($"netns add {Namespace(i)}").ConfigureAwait(false);
            await IpAsync($"link add {_name}v{i} type veth peer name eth0 netns {Namespace(i)}").ConfigureAwait(false);
            await IpAsync($"link set {_name}v{i} master {Bridge} up").ConfigureAwait(false);
            await IpAsync($"-n {Namespace(i)} addr add {Address(i)}/24 dev eth0").ConfigureAwait(false);
            await IpAsync($"-n {Namespace(i)} link set lo up").ConfigureAwait(false);
            await IpAsync($"-n {Namespace(i)} link set eth0 up").ConfigureAwait(false);
        }
    }

    public NodeEndpoint EndpointOf(int node) =>
        new(Address(node), GatewayPort, RemotePort, ["ip", "netns", "exec", Namespace(node)]);

    public async Task CutAsync(int node)
    {
        for (var other = 0; other < _nodes; other++)
        {
            if (other == node) continue;
            await DropPacketsAsync(node, other).ConfigureAwait(false);
            await DropPacketsAsync(other, node).ConfigureAwait(false);
        }
    }

    public Task CutOneWayAsync(int from, int to) => DropPacketsAsync(from, to);

    public async Task HealAsync()
    {
        for (var i = 0; i < _nodes; i++)
        {
            await ExternalProgram.TryAsync("ip", "-n", Namespace(i), "neigh", "flush", "nud", "permanent")
                .ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        // The kernel removes a veth with the namespace of its other end.
        for (var i = 0; i < _nodes; i++)
        {
            await ExternalProgram.TryAsync("ip", "link", "del", $"{_name}v{i}").ConfigureAwait(false);
            await ExternalProgram.TryAsync("ip", "netns", "del", Namespace(i)).ConfigureAwait(false);
        }

        if (_nodes > 0) await ExternalProgram.TryAsync("ip", "link", "del", Bridge).ConfigureAwait(false);
    }

    private Task DropPacketsAsync(int from, int to) =>
        IpAsync($"-n {Namespace(from)} neigh replace {Address(to)} lladdr {UnusedAddress} dev eth0 nud permanent");

    private static async Task IpAsync(string command)
    {
        var (code, error) = await ExternalProgram.TryAsync("ip", command.Split(' ')).ConfigureAwait(false);
        if (code != 0)
            throw new ExperimentException($"the network cannot be made: ip {command}: {error.Trim()} ({code})");
    }

    private string Address(int node) => $"{_subnet}.{10 + node}";

    private string Namespace(int node) => $"{_name}n{node}";
}
