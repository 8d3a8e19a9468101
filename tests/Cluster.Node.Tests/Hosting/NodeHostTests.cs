using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using Cluster.Node.Hosting;
using Cluster.Node.Settings;

namespace Cluster.Node.Tests.Hosting;

/// <summary>How a node ends that is not ready yet.</summary>
public sealed class NodeHostTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly string _data = Directory.CreateTempSubdirectory("ipc-host-").FullName;
    private readonly TcpListener _seed = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();

    public void Dispose()
    {
        _stop.Dispose();
        _seed.Dispose();
        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task A_node_that_is_stopped_while_it_waits_for_its_seeds_ends_in_order()
    {
        _seed.Start();
        var options = Options with { SeedNodes = $"{_seed.LocalEndpoint}" };
        var running = NodeHost.RunAsync(options, Config.Empty, _stop.Token);
        using var asked = await _seed.AcceptTcpClientAsync().WaitAsync(Patience);
        await _stop.CancelAsync();
        Assert.Equal(0, await running.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_node_whose_actors_end_while_it_starts_has_not_been_stopped()
    {
        // The command line refuses this setting, because it leads to this failure.
        var file = ConfigurationFactory.ParseString(
            "akka.cluster.split-brain-resolver.active-strategy = lease-majority");
        await Assert.ThrowsAsync<StartException>(
            () => NodeHost.RunAsync(Options, file, _stop.Token).WaitAsync(Patience));
    }

    [Fact]
    public async Task A_node_whose_actors_end_before_it_has_them_all_has_not_been_stopped()
    {
        var file = ConfigurationFactory.ParseString(
            $"akka.extensions = [\"{typeof(EndedAtOnce).AssemblyQualifiedName}\"]");
        var refused = await Assert.ThrowsAsync<StartException>(
            () => NodeHost.RunAsync(Options, file, _stop.Token).WaitAsync(Patience));
        Assert.Contains("has ended before it was ready", refused.Message, StringComparison.Ordinal);
    }

    private NodeOptions Options => new()
    {
        Data = _data, Listen = "127.0.0.1:0", Web = "none",
    };

    /// <summary>An actor system that ends while it starts.</summary>
    public sealed class EndedAtOnce : ExtensionIdProvider<EndedAtOnce>, IExtension
    {
        public override EndedAtOnce CreateExtension(ExtendedActorSystem system)
        {
            CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.ClusterDowningReason.Instance).Wait(Patience);
            return this;
        }
    }
}
