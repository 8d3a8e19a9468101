using Cluster.Node.Settings;

namespace Cluster.Node.Tests.Settings;

/// <summary>HOST:PORT, and whether only this machine can reach it.</summary>
public sealed class HostPortTests
{
    [Theory]
    [InlineData("127.0.0.1:0", "127.0.0.1", 0, true)]
    [InlineData("127.8.9.10:1", "127.8.9.10", 1, true)]
    [InlineData("localhost:65535", "localhost", 65535, true)]
    [InlineData("[::1]:5210", "::1", 5210, true)]
    [InlineData("[::]:5210", "::", 5210, false)]
    [InlineData("0.0.0.0:5210", "0.0.0.0", 5210, false)]
    [InlineData("node-1.example.org:5210", "node-1.example.org", 5210, false)]
    public void Parsed(string text, string host, int port, bool isLoopback)
    {
        Assert.True(HostPort.TryParse(text, out var parsed));
        Assert.Equal((new HostPort(host, port), isLoopback), (parsed, parsed.IsLoopback));
    }

    [Theory]
    [InlineData("")]
    [InlineData(":1")]
    [InlineData("host")]
    [InlineData("host:")]
    [InlineData("host:-1")]
    [InlineData("host:65536")]
    [InlineData("host:1x")]
    [InlineData("::1:5210")]
    [InlineData("a b:1")]
    [InlineData("http://host:1")]
    public void Refused(string text) => Assert.False(HostPort.TryParse(text, out _));
}
