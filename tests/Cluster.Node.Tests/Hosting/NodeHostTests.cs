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
    public async Task ANodeThatIsStoppedWhileItWaitsForItsSeedsEndsInOrder()
    {
        _seed.Start();
        var options = Options with { SeedNodes = $"{_seed.LocalEndpoint}" };
        var running = NodeHost.RunAsync(options, Config.Empty, _stop.Token);
        using var asked = await _seed.AcceptTcpClientAsync().WaitAsync(Patience);
        await _stop.CancelAsync();
        Assert.Equal(0, await running.WaitAsync(Patience));
    }

    [Fact]
    public async Task ANodeWhoseActorsEndWhileItStartsHasNotBeenStopped()
    {
        // A setting that the command line refuses, because this is what becomes of it.
        var file = ConfigurationFactory.ParseString(
            "akka.cluster.split-brain-resolver.active-strategy = lease-majority");
        await Assert.ThrowsAsync<StartException>(
            () => NodeHost.RunAsync(Options, file, _stop.Token).WaitAsync(Patience));
    }

    [Fact]
    public async Task ANodeWhoseActorsEndBeforeItHasThemAllHasNotBeenStopped()
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
