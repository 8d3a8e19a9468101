using System.Net;
using System.Net.Sockets;
using Cluster.Node.Settings;
using Cluster.Node.Startup;

namespace Cluster.Node.Tests.Startup;

/// <summary>Ports that a node cannot have.</summary>
public sealed class PortsTests
{
    [Fact]
    public void The_error_names_a_port_in_use_and_its_setting()
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
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var line = Assert.Throws<StartException>(
            () => Ports.Check(new NodeOptions { Listen = "127.0.0.1:0", LinePort = port }));
        Assert.StartsWith(
            $"cannot listen on {address}: address already in use", line.Message, StringComparison.Ordinal);
        Assert.EndsWith("--line-port", line.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_error_names_an_address_of_another_machine()
    {
        // TEST-NET-1, RFC 5737: no machine has it.
        var refused = Assert.Throws<StartException>(() => Ports.Check(new NodeOptions { Listen = "192.0.2.1:5210" }));
        Assert.StartsWith(
            "cannot listen on 192.0.2.1:5210: this machine has no such address",
            refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_error_names_one_address_for_both_ports()
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

    [Theory]
    [InlineData("127.0.0.1", "localhost", "127.0.0.1")]
    [InlineData("localhost", "127.0.0.1", "127.0.0.1")]
    [InlineData("localhost", "[::1]", "127.0.0.1")]
    [InlineData("0.0.0.0", "127.0.0.1", "127.0.0.1")]
    [InlineData("[::]", "127.0.0.1", "127.0.0.1")]
    [InlineData("127.0.0.1", "node.example", "127.0.0.1")]
    public void The_error_names_one_address_under_two_names(string listen, string web, string remote)
    {
        // The ports are free: the settings contradict each other.
        var options = new NodeOptions { Listen = $"{listen}:5999", Web = $"{web}:5999", Remote = $"{remote}:0" };
        var refused = Assert.Throws<StartException>(() => Ports.Check(options));
        Assert.Equal(
            $"cannot listen on {web}:5999: listen and web are the same address; give them two", refused.Message);
    }

    [Fact]
    public void The_port_of_the_peer_links_is_checked_too()
    {
        var options = new NodeOptions { Listen = "127.0.0.1:0", Remote = "127.0.0.1:5999", LinePort = 5999 };
        var refused = Assert.Throws<StartException>(() => Ports.Check(options));
        Assert.Equal(
            "cannot listen on 127.0.0.1:5999: remote and line-port are the same address; give them two",
            refused.Message);
    }

    [Fact]
    public void Two_addresses_may_have_one_port()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var port = ((IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();
        Ports.Check(new NodeOptions { Listen = $"127.0.0.1:{port}", Web = $"127.0.0.2:{port}" });
    }
}
