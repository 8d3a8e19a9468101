using System.Net;
using System.Net.Sockets;
using Cluster.Node.Hosting;

namespace Cluster.Node.Tests.Hosting;

/// <summary>Ports that a node cannot have.</summary>
public sealed class PortsTests
{
    [Fact]
    public void APortInUseIsNamedWithItsSetting()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var address = taken.LocalEndpoint.ToString()!;
        var listen = Assert.Throws<StartException>(() => Ports.Check(new NodeOptions { Listen = address }));
        Assert.Equal(
            $"cannot listen on {address}: address already in use: stop what listens there, or choose another port with "
            + "--listen",
            listen.Message);
        var remote = Assert.Throws<StartException>(
            () => Ports.Check(new NodeOptions { Listen = "127.0.0.1:0", Remote = address }));
        Assert.EndsWith("--remote", remote.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnAddressOfAnotherMachineIsNamed()
    {
        // TEST-NET-1, RFC 5737: nobody has it.
        var refused = Assert.Throws<StartException>(() => Ports.Check(new NodeOptions { Listen = "192.0.2.1:5210" }));
        Assert.StartsWith(
            "cannot listen on 192.0.2.1:5210: this machine has no such address",
            refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OneAddressForBothIsNamed()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var address = taken.LocalEndpoint.ToString()!;
        taken.Stop();
        var refused = Assert.Throws<StartException>(
            () => Ports.Check(new NodeOptions { Listen = address, Remote = address }));
        Assert.Contains("listen and remote are the same address", refused.Message, StringComparison.Ordinal);
        Ports.Check(new NodeOptions { Listen = address, Remote = "127.0.0.1:0" });
    }
}
